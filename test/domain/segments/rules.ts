/** Generators of rules, with values that the generated consumers have. */
import fc from 'fast-check';
import { OPERATORS, type Operand, type Operator } from '../../../shared/domain/conditions/operators.ts';
import { instantOf } from '../../../shared/domain/instants.ts';
import { catalogue } from '../../../shared/domain/segments/attributes.ts';
import type { AttributeCondition, Condition, EventCondition, Rule } from '../../../shared/domain/segments/rule.ts';
import { DATES, nearMs, segmentId, TALLIED, WORDS } from './pictures.ts';

const number = fc.oneof(
  fc.integer({ min: -3, max: 5 }),
  fc.constantFrom(
    0,
    -0,
    0.5,
    1,
    7,
    8,
    19,
    25,
    30,
    50,
    100,
    120,
    150,
    200,
    1_000,
    2_500,
    1_250,
    -30,
    0.1,
    0.3,
    0.7,
    0.9,
  ),
);
const word = fc.oneof(
  fc.constantFrom(...WORDS, 'VIN', 'af\u00e9', 'ss', 'gb', 'England', 'London', 'ana', '@EXAMPLE', 'klaviyo', 'K1'),
  fc.constantFrom('l1', 'R1', 'ch1', 'silver', 'gold', 'vip', 'new', 'regular', 'fresh', 'at_risk', 'low', 'evening'),
);
const date = fc.oneof(fc.constantFrom(...DATES), nearMs.map(instantOf));
const span = fc.oneof(
  fc.constantFrom(1, 7, 10, 30, 60, 366, 0.5, 1 / 3).map((days) => ({ days })),
  fc.constantFrom(1, 12, 24, 36).map((hours) => ({ hours })),
);
const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 3 });
const two = <T>(each: fc.Arbitrary<T>) => fc.tuple(each, each).map(([a, b]) => [a, b]);

const operandsOf = (operator: Operator, each: fc.Arbitrary<string | number>): fc.Arbitrary<Operand> => {
  if (operator === 'between') return two(each);
  return /^(in|not_in|.*_any|.*_all)$/.test(operator) ? few(each) : each;
};
const windows = new Set(['within_last', 'more_than_ago', 'within_next', 'anniversary_within_next']);

type Own = keyof typeof OPERATORS;
const operand = (kind: Own, operator: Operator, values?: readonly string[]): fc.Arbitrary<Operand | undefined> => {
  if (kind === 'any') return fc.constant(undefined);
  if (kind === 'boolean') return fc.boolean();
  if (kind === 'number') return operandsOf(operator, number);
  if (kind === 'date') return windows.has(operator) ? span : operandsOf(operator, date);
  return operandsOf(operator, values ? fc.constantFrom(...values) : word);
};

const ownKinds = Object.keys(OPERATORS) as Own[];
const conditionOn = (name: string, kind: Own, values?: readonly string[]): fc.Arbitrary<AttributeCondition> =>
  fc.constantFrom(...(Object.keys(OPERATORS[kind]) as Operator[])).chain((operator) =>
    fc.record({ value: operand(kind, operator, values), excludes: fc.boolean() }).map(({ value, excludes }) => ({
      attribute: name,
      operator,
      ...(value !== undefined && { value }),
      ...(excludes && { missing: 'exclude' as const }),
    })),
  );

const starred = (name: string): fc.Arbitrary<string> => {
  if (!name.includes('*')) return fc.constant(name);
  const keys: Record<string, string[]> = { challenges: ['ch1', 'ch9'], syncSources: ['klaviyo', 'shopify'] };
  const [family = ''] = name.split('.');
  return fc
    .constantFrom(...(keys[family] ?? ['a', 'b', 'c.d', 'toString', 'constructor']))
    .map((key) => name.replace('*', key));
};

/** Every attribute with every operator that suits it. */
const attributeCondition: fc.Arbitrary<AttributeCondition> = fc
  .constantFrom(...catalogue().filter(({ name }) => name !== 'segments'))
  .chain(({ name, kind, values }) =>
    fc
      .tuple(starred(name), kind === 'any' ? fc.constantFrom(...ownKinds) : fc.constantFrom<Own>(kind, kind, 'any'))
      .chain(([full, own]) => conditionOn(full, own, values)),
  );

const segmentCondition: fc.Arbitrary<AttributeCondition> = fc
  .constantFrom<Operator>('contains', 'contains_any', 'contains_all', 'not_contains_any')
  .chain((operator) => operandsOf(operator, segmentId).map((value) => ({ attribute: 'segments', operator, value })));

const eventCondition: fc.Arbitrary<EventCondition> = fc
  .tuple(fc.constantFrom(...TALLIED), fc.constantFrom(...(Object.keys(OPERATORS.number) as Operator[])))
  .chain(([{ event, measure, within }, operator]) =>
    operandsOf(operator, fc.constantFrom(0, 1, 2, 3, 1_000, 2_500)).map((value) => ({
      event,
      measure,
      operator,
      value: value as number | number[],
      ...(within && { within }),
    })),
  );

export const anyCondition: fc.Arbitrary<Condition> = fc.oneof(
  { arbitrary: attributeCondition, weight: 8 },
  { arbitrary: eventCondition, weight: 1 },
);

const treeOf = (condition: fc.Arbitrary<Condition>): fc.Arbitrary<Rule> =>
  fc.letrec<{ rule: Rule }>((tie) => ({
    rule: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      condition as fc.Arbitrary<Rule>,
      few(tie('rule')).map((all) => ({ all })),
      few(tie('rule')).map((any) => ({ any })),
      tie('rule').map((not) => ({ not })),
    ),
  })).rule;

/** Without segments that are named. */
export const anyRule: fc.Arbitrary<Rule> = treeOf(anyCondition);
/** With them. */
export const anyNamingRule: fc.Arbitrary<Rule> = treeOf(
  fc.oneof({ arbitrary: anyCondition, weight: 3 }, { arbitrary: segmentCondition, weight: 1 }),
);
