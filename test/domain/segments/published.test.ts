/** Against what others wrote: a published suite of constraints, and a library of queries where it means the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Query } from 'mingo';
import type { AttributeValue } from '../../../shared/domain/facts.ts';
import { compiled, evaluate } from '../../../shared/domain/segments/evaluator.ts';
import { parsedRule, type Rule } from '../../../shared/domain/segments/rule.ts';
import { context, NOW, pictureOf } from './pictures.ts';

const holds = (rule: Rule, customAttributes: Record<string, AttributeValue>): boolean => {
  const evaluator = compiled([{ versionId: 'u', segmentId: 's', rule: parsedRule(rule) }]);
  return evaluate(evaluator, pictureOf({ profile: { customAttributes } }), context, NOW).members.has(0);
};

const FOLDER = 'node_modules/@unleash/client-specification/specifications';
interface Constraint {
  contextName: string;
  operator: string;
  values?: string[];
  value?: string;
  inverted?: boolean;
}
interface Feature {
  name: string;
  enabled: boolean;
  strategies?: { name: string; constraints?: Constraint[]; segments?: number[] }[];
  dependencies?: unknown[];
}
interface Suite {
  state: { features?: Feature[]; segments?: { id: number; constraints: Constraint[] }[] };
  tests?: {
    description: string;
    toggleName: string;
    expectedResult: boolean;
    context: Record<string, unknown> & { properties?: Record<string, unknown> };
  }[];
}

/** Null where there is no such operator here. */
const conditionOf = ({ contextName, operator, values = [], value = '', inverted }: Constraint): Rule | null => {
  const attribute = `customAttributes.${contextName}`;
  const any = (one: 'starts_with' | 'ends_with' | 'contains'): Rule => ({
    any: values.map((text) => ({ attribute, operator: one, value: text })),
  });
  const rules: Record<string, () => Rule> = {
    IN: () => ({ attribute, operator: 'in', value: values }),
    NOT_IN: () => ({ attribute, operator: 'not_in', value: values }),
    STR_STARTS_WITH: () => any('starts_with'),
    STR_ENDS_WITH: () => any('ends_with'),
    STR_CONTAINS: () => any('contains'),
    NUM_EQ: () => ({ attribute, operator: 'eq', value: Number(value) }),
    NUM_GT: () => ({ attribute, operator: 'gt', value: Number(value) }),
    NUM_GTE: () => ({ attribute, operator: 'gte', value: Number(value) }),
    NUM_LT: () => ({ attribute, operator: 'lt', value: Number(value) }),
    NUM_LTE: () => ({ attribute, operator: 'lte', value: Number(value) }),
    DATE_AFTER: () => ({ attribute, operator: 'after', value }),
    DATE_BEFORE: () => ({ attribute, operator: 'before', value }),
  };
  const isList = operator === 'IN' || operator === 'NOT_IN' || operator.startsWith('STR_');
  const rule = isList && values.length === 0 ? undefined : rules[operator]?.();
  return rule === undefined ? null : inverted ? { not: rule } : rule;
};

type Mapped = [description: string, rule: Rule, attributes: Record<string, AttributeValue>, expected: boolean];

const mappedIn = ({ state, tests = [] }: Suite): Mapped[] =>
  tests.flatMap(({ description, toggleName, expectedResult, context: { properties, ...given } }) => {
    const feature = state.features?.find(({ name }) => name === toggleName);
    const strategies = feature?.strategies ?? [];
    const constraints = strategies.map(({ constraints: own = [], segments = [] }) => [
      ...own,
      ...segments.flatMap((id) => state.segments?.find((segment) => segment.id === id)?.constraints ?? []),
    ]);
    const all = constraints.map((each) => each.map(conditionOf));
    const isOurs = feature?.enabled && !feature.dependencies && strategies.every(({ name }) => name === 'default');
    const isMapped = all.length > 0 && all.every((each) => each.length > 0 && each.every((one) => one !== null));
    // Texts are compared whatever their case.
    if (!isOurs || !isMapped || description.includes('casing is incorrect')) return [];
    const numeric = new Set(
      constraints.flat().flatMap((one) => (one.operator.startsWith('NUM_') ? one.contextName : [])),
    );
    const attributes = Object.entries({ ...given, ...properties }).flatMap(([name, value]) =>
      value === null ? [] : [[name, numeric.has(name) ? Number(value) : String(value)] as const],
    );
    const rule: Rule = { any: all.map((each) => ({ all: each.filter((one) => one !== null) })) };
    return [[`${toggleName}: ${description}`, rule, Object.fromEntries(attributes), expectedResult]];
  });

const mapped = readdirSync(FOLDER)
  .filter((file) => /^\d/.test(file))
  .flatMap((file) => mappedIn(JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Suite));

describe('a published suite of constraints', () => {
  it('has cases that our operators can say', () => {
    expect(mapped.length).toBeGreaterThanOrEqual(56);
  });

  it.each(mapped)('%s', (_, rule, attributes, expected) => {
    expect(holds(rule, attributes)).toBe(expected);
    expect(holds({ not: rule }, attributes)).toBe(!expected);
  });
});

const number = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(0.5, -0));
const word = fc.constantFrom('ab', 'b', 'abc');
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  number,
  fc.boolean(),
  word,
  fc.array(word, { minLength: 1, maxLength: 3 }),
);
const name = fc.constantFrom('a', 'b');

/** The same question twice. */
interface Asked {
  rule: Rule;
  query: Record<string, unknown>;
}
const asked = (attribute: string, operator: string, value: unknown, query: unknown): Asked => ({
  rule: { attribute: `customAttributes.${attribute}`, operator, ...(value !== undefined && { value }) } as Rule,
  query: { [attribute]: query },
});
const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 3 });

const condition: fc.Arbitrary<Asked> = fc.oneof(
  fc
    .tuple(name, fc.constantFrom('eq', 'gt', 'gte', 'lt', 'lte'), number)
    .map(([at, operator, one]) => asked(at, operator, one, { [`$${operator}`]: one })),
  fc.tuple(name, fc.oneof(number, word)).map(([at, one]) => asked(at, 'neq', one, { $ne: one })),
  fc.tuple(name, fc.oneof(word, fc.boolean())).map(([at, one]) => asked(at, 'eq', one, { $eq: one })),
  fc.tuple(name, fc.oneof(few(number), few(word))).map(([at, some]) => asked(at, 'in', some, { $in: some })),
  fc.tuple(name, fc.oneof(few(number), few(word))).map(([at, some]) => asked(at, 'not_in', some, { $nin: some })),
  fc.tuple(name, number, number).map(([at, from, to]) => asked(at, 'between', [from, to], { $gte: from, $lte: to })),
  fc.tuple(name, word).map(([at, part]) => asked(at, 'starts_with', part, { $regex: `^${part}` })),
  fc.tuple(name, word).map(([at, part]) => asked(at, 'ends_with', part, { $regex: `${part}$` })),
  fc.tuple(name, fc.boolean()).map(([at, is]) => asked(at, is ? 'exists' : 'not_exists', undefined, { $exists: is })),
);
const tree: fc.Arbitrary<Asked> = fc.letrec<{ tree: Asked }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    condition,
    few(tie('tree')).map((of) => ({
      rule: { all: of.map(({ rule }) => rule) },
      query: { $and: of.map(({ query }) => query) },
    })),
    few(tie('tree')).map((of) => ({
      rule: { any: of.map(({ rule }) => rule) },
      query: { $or: of.map(({ query }) => query) },
    })),
    tie('tree').map(({ rule, query }) => ({ rule: { not: rule }, query: { $nor: [query] } })),
  ),
})).tree;

describe('mingo', () => {
  it('says the same of numbers, truths and texts in any groups', () => {
    fc.assert(
      fc.property(tree, fc.dictionary(name, value, { maxKeys: 2 }), ({ rule, query }, attributes) => {
        expect(holds(rule, attributes)).toBe(new Query(query).test({ ...attributes }));
      }),
      { numRuns: 3_000 },
    );
  });
});
