/** What each positive operator says of a value and its operands. A single operand is a list of one. */
import { hasAnniversaryWithinNext, isMoreThanAgo, isWithinLast, isWithinNext } from './dates.ts';
import type { Operator } from './operators.ts';

type Table<F> = { readonly [O in Operator]?: F };

const isAmong = <T>(own: T, operands: readonly T[]): boolean => operands.includes(own);
const isBelow = (own: number, [bound = Number.NaN]: readonly number[]): boolean => own < bound;
const isAbove = (own: number, [bound = Number.NaN]: readonly number[]): boolean => own > bound;
const hasAny = (own: readonly string[], operands: readonly string[]): boolean =>
  operands.some((one) => own.includes(one));

/** Of numbers, and of dates in milliseconds. */
export const NUMBERS: Table<(own: number, operands: readonly number[]) => boolean> = {
  eq: isAmong,
  in: isAmong,
  lt: isBelow,
  lte: (own, [bound = Number.NaN]) => own <= bound,
  gt: isAbove,
  gte: (own, [bound = Number.NaN]) => own >= bound,
  between: (own, [from = Number.NaN, to = Number.NaN]) => from <= own && own <= to,
  before: isBelow,
  after: isAbove,
};

/** Of folded texts. */
export const TEXTS: Table<(own: string, operands: readonly string[]) => boolean> = {
  eq: isAmong,
  in: isAmong,
  contains: (own, parts) => parts.some((part) => own.includes(part)),
  starts_with: (own, parts) => parts.some((part) => own.startsWith(part)),
  ends_with: (own, parts) => parts.some((part) => own.endsWith(part)),
};

/** Of all the folded texts of a set at once. */
export const SETS: Table<(own: readonly string[], operands: readonly string[]) => boolean> = {
  contains: hasAny,
  contains_any: hasAny,
  contains_all: (own, operands) => operands.every((one) => own.includes(one)),
};

/** Of dates and a span before or after now. */
export const WINDOWS: Table<(dateMs: number, spanMs: number, nowMs: number) => boolean> = {
  within_last: isWithinLast,
  more_than_ago: isMoreThanAgo,
  within_next: isWithinNext,
  anniversary_within_next: hasAnniversaryWithinNext,
};

/** Negative operators are the complements of these. */
export const POSITIVE_OF: Table<Operator> = {
  neq: 'eq',
  not_in: 'in',
  not_contains: 'contains',
  not_contains_any: 'contains_any',
  not_exists: 'exists',
};
