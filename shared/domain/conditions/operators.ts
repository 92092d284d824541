/** The operators of conditions: which kinds of values each compares, and with what. The table of the API as a table. */
import * as z from 'zod/mini';
import { dateMsOf, type Span } from './dates.ts';

export const MOST_OPERANDS = 100;
const MOST_DAYS = 36_500;

const text = z.string().check(z.maxLength(1024));
const number = z.number();
const boolean = z.boolean();
const date = z.string().check(
  z.refine((value) => dateMsOf(value) !== null, {
    error: 'An ISO 8601 instant with its offset, or a date.',
    params: { code: 'invalid_format' },
  }),
);
const several = (each: z.ZodMiniType) => z.array(each).check(z.minLength(1), z.maxLength(MOST_OPERANDS));
const fromTo = (each: z.ZodMiniType) => z.array(each).check(z.length(2, 'Both ends: [from, to].'));
const upTo = (most: number) => z.optional(z.number().check(z.gt(0), z.lte(most)));
const span = z
  .strictObject({ days: upTo(MOST_DAYS), hours: upTo(24 * MOST_DAYS) })
  .check(z.refine(({ days, hours }) => (days === undefined) !== (hours === undefined), 'Either days or hours.'));
const nothing = z.custom<undefined>((value) => value === undefined, {
  error: 'This operator takes no value.',
  params: { code: 'unknown_field' },
});

/** By kind of value: its operators, each with the shape of what it compares with. */
export const OPERATORS = {
  number: {
    eq: number,
    neq: number,
    gt: number,
    gte: number,
    lt: number,
    lte: number,
    between: fromTo(number),
    in: several(number),
    not_in: several(number),
  },
  string: {
    eq: text,
    neq: text,
    contains: text,
    not_contains: text,
    starts_with: text,
    ends_with: text,
    in: several(text),
    not_in: several(text),
  },
  date: {
    before: date,
    after: date,
    between: fromTo(date),
    within_last: span,
    more_than_ago: span,
    within_next: span,
    anniversary_within_next: span,
  },
  set: { contains: text, contains_any: several(text), contains_all: several(text), not_contains_any: several(text) },
  boolean: { eq: boolean },
  any: { exists: nothing, not_exists: nothing },
} as const satisfies Record<string, Record<string, z.ZodMiniType>>;

export type Kind = keyof typeof OPERATORS;
export type Operator = { [K in Kind]: keyof (typeof OPERATORS)[K] }[Kind];
/** What an operator compares with; which of these is the operator's affair. */
export type Operand = string | number | boolean | (string | number)[] | Span;

const shapesByKind: readonly { [O in Operator]?: z.ZodMiniType }[] = Object.values(OPERATORS);

export const operatorSchema = z.enum([...new Set(shapesByKind.flatMap(Object.keys))] as Operator[]);

/** What is wrong with an operand: nothing where it suits one of the operator's kinds, else what the nearest one says. */
export function operandFaults(operator: Operator, operand: unknown): readonly z.core.$ZodIssue[] {
  const faults = shapesByKind
    .flatMap((shapes) => shapes[operator] ?? [])
    .map((shape) => shape.safeParse(operand).error?.issues ?? []);
  return faults.toSorted((one, other) => nearness(other) - nearness(one))[0] ?? [];
}

/** The later the first fault, the nearer; another type of value is farther than one with other bounds. */
function nearness([first]: readonly z.core.$ZodIssue[]): number {
  if (first === undefined) return Number.POSITIVE_INFINITY;
  const [index = -1] = first.path;
  return 2 * Number(index) + (first.code === 'invalid_type' ? 0 : 1);
}
