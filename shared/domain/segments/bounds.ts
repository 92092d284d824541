/** What operators on numbers and dates ask for, as ranges: `from` or more, and less than `to`. */
import { dateMsOf, type Span, spanMs } from '../conditions/dates.ts';
import type { Operator } from '../conditions/operators.ts';
import type { Aspect } from './ordered-channel.ts';

export interface Bounds {
  from: number;
  to: number;
}
export type DateBounds = Bounds & { aspect: Aspect };

const LEAST = Number.NEGATIVE_INFINITY;
const MOST = Number.POSITIVE_INFINITY;

type Table<F> = { readonly [O in Operator]?: F };

const equal = (value: number): Bounds => ({ from: value, to: above(value) });

/** Positive operators of numbers; any of the ranges will do. */
const NUMBERS: Table<(operands: readonly number[]) => Bounds[]> = {
  eq: (operands) => operands.map(equal),
  in: (operands) => operands.map(equal),
  gt: ([bound = MOST]) => [{ from: above(bound), to: MOST }],
  gte: ([bound = MOST]) => [{ from: bound, to: MOST }],
  lt: ([bound = LEAST]) => [{ from: LEAST, to: bound }],
  lte: ([bound = LEAST]) => [{ from: LEAST, to: above(bound) }],
  between: ([from = MOST, to = LEAST]) => [{ from, to: above(to) }],
};

/** Whole milliseconds lie one apart. Of ages: 0 is now, what is to come is below. */
const INSTANTS: Table<(operands: readonly number[]) => DateBounds> = {
  before: ([bound = LEAST]) => ({ aspect: 'value', from: LEAST, to: bound }),
  after: ([bound = MOST]) => ({ aspect: 'value', from: bound + 1, to: MOST }),
  between: ([from = MOST, to = LEAST]) => ({ aspect: 'value', from, to: to + 1 }),
};
const SPANS: Table<(span: number) => DateBounds> = {
  within_last: (span) => ({ aspect: 'age', from: 0, to: span }),
  more_than_ago: (span) => ({ aspect: 'age', from: span, to: MOST }),
  within_next: (span) => ({ aspect: 'age', from: 1 - span, to: 1 }),
  anniversary_within_next: (span) => ({ aspect: 'anniversary', from: 1 - span, to: MOST }),
};

export const numberBounds = (operator: Operator, operands: readonly number[]): Bounds[] =>
  NUMBERS[operator]?.(operands) ?? [];

export const dateBounds = (operator: Operator, operands: readonly string[] | Span): DateBounds | null =>
  isSpan(operands)
    ? (SPANS[operator]?.(spanMs(operands)) ?? null)
    : (INSTANTS[operator]?.(operands.map((text) => dateMsOf(text) ?? Number.NaN)) ?? null);

const isSpan = (operands: readonly string[] | Span): operands is Span => !Array.isArray(operands);

const BITS = new DataView(new ArrayBuffer(8));

/** The next number above: nothing lies between. */
export function above(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  if (!Number.isFinite(value)) return value;
  BITS.setFloat64(0, value);
  BITS.setBigInt64(0, BITS.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return BITS.getFloat64(0);
}
