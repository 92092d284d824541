/** The same rules as libraries take them. Dates become their age in milliseconds, sets lists; what is missing is left out. */
import { createRequire } from 'node:module';
import { Engine } from 'json-rules-engine';
import { Query } from 'mingo';
import { spanMs } from '../../shared/domain/conditions/dates.ts';
import { attributeNamed } from '../../shared/domain/segments/attributes.ts';
import type { Picture, RuleContext } from '../../shared/domain/segments/picture.ts';
import { Reading } from '../../shared/domain/segments/reading.ts';
import { conditionsIn } from '../../shared/domain/segments/references.ts';
import type { AttributeCondition, Rule } from '../../shared/domain/segments/rule.ts';
import { NOW } from './shoppers.ts';

/** Typed as what they are when they are loaded. */
const require = createRequire(import.meta.url);
const sift = require('sift') as (query: object) => (facts: Facts) => boolean;
const jsonLogic = require('json-logic-js') as { apply(rule: unknown, data: unknown): unknown };

export type Facts = Record<string, unknown>;
/** Made ready; tells which of the rules hold. */
export type Asked = (facts: Facts) => boolean[] | Promise<boolean[]>;

export const factsOf = (picture: Picture, context: RuleContext, rules: readonly Rule[]): Facts => {
  const reading = new Reading(picture, context, NOW);
  const names = new Set(rules.flatMap(conditionsIn).map((one) => ('attribute' in one ? one.attribute : '')));
  return Object.fromEntries([...names].map((name) => [factName(name), factOf(reading, name)]));
};
const factOf = (reading: Reading, name: string): unknown => {
  const named = attributeNamed(name);
  if (named === null) return undefined;
  const value = named.attribute.value(reading, named.key);
  const { kind } = named.attribute;
  if (value === null) return undefined;
  return kind === 'date' ? reading.nowMs - Number(value) : value;
};
const factName = (attribute: string): string => attribute.replaceAll('.', '_');

type Compared = { fact: string; operator: 'eq' | 'in' | 'has' | 'gt' | 'gte' | 'lt' | 'lte'; value: unknown };
type Tree = { all: Tree[] } | { any: Tree[] } | { not: Tree } | Compared;

/** With comparisons that every library has. */
const plain = (rule: Rule): Tree => {
  if ('all' in rule) return { all: rule.all.map(plain) };
  if ('any' in rule) return { any: rule.any.map(plain) };
  if ('not' in rule) return { not: plain(rule.not) };
  if ('event' in rule) throw new TypeError('events are not compared');
  return plainCondition(rule);
};
const plainCondition = ({ attribute, operator, value }: AttributeCondition): Tree => {
  const fact = factName(attribute);
  const span = typeof value === 'object' && !Array.isArray(value) ? spanMs(value) : 0;
  if (operator === 'within_last') {
    return {
      all: [
        { fact, operator: 'gte', value: 0 },
        { fact, operator: 'lt', value: span },
      ],
    };
  }
  if (operator === 'more_than_ago') return { fact, operator: 'gte', value: span };
  if (operator === 'between' && Array.isArray(value)) {
    return {
      all: [
        { fact, operator: 'gte', value: value[0] },
        { fact, operator: 'lte', value: value[1] },
      ],
    };
  }
  return { fact, operator: operator === 'contains' ? 'has' : (operator as Compared['operator']), value };
};

const mongo = (tree: Tree): Record<string, unknown> => {
  if ('all' in tree) return { $and: tree.all.map(mongo) };
  if ('any' in tree) return { $or: tree.any.map(mongo) };
  if ('not' in tree) return { $nor: [mongo(tree.not)] };
  return { [tree.fact]: { [tree.operator === 'has' ? '$eq' : `$${tree.operator}`]: tree.value } };
};

const LOGIC = { eq: '===', in: 'in', has: 'in', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
const logic = (tree: Tree): unknown => {
  if ('all' in tree) return { and: tree.all.map(logic) };
  if ('any' in tree) return { or: tree.any.map(logic) };
  if ('not' in tree) return { '!': logic(tree.not) };
  // Nothing is less than what is not a number, nor more.
  const value = { var: [tree.fact, Number.NaN] };
  return { [LOGIC[tree.operator]]: tree.operator === 'has' ? [tree.value, value] : [value, tree.value] };
};

const ENGINE = {
  eq: 'equal',
  in: 'in',
  has: 'contains',
  gt: 'greaterThan',
  gte: 'greaterThanInclusive',
  lt: 'lessThan',
  lte: 'lessThanInclusive',
} as const;
type EngineCondition = ConstructorParameters<typeof Engine>[0] extends (infer R)[] | undefined
  ? R extends { conditions: infer C }
    ? C
    : never
  : never;
const engineTree = (tree: Tree): object => {
  if ('all' in tree) return { all: tree.all.map(engineTree) };
  if ('any' in tree) return { any: tree.any.map(engineTree) };
  if ('not' in tree) return { not: engineTree(tree.not) };
  return { fact: tree.fact, operator: ENGINE[tree.operator], value: tree.value };
};

const asEngine = (trees: readonly Tree[]): Asked => {
  const engine = new Engine(
    trees.map((tree, index) => ({
      conditions: engineTree(
        'all' in tree || 'any' in tree || 'not' in tree ? tree : { all: [tree] },
      ) as EngineCondition,
      event: { type: String(index) },
    })),
    { allowUndefinedFacts: true },
  );
  return async (facts) => {
    const { events } = await engine.run(facts);
    const held = new Set(events.map(({ type }) => Number(type)));
    return trees.map((_, index) => held.has(index));
  };
};

/** Each library with rules made ready, as far as it can. */
export const LIBRARIES: Readonly<Record<string, (rules: readonly Rule[]) => Asked>> = {
  mingo: (rules) => {
    const queries = rules.map((rule) => new Query(mongo(plain(rule))));
    return (facts) => queries.map((query) => query.test(facts));
  },
  sift: (rules) => {
    const queries = rules.map((rule) => sift(mongo(plain(rule))));
    return (facts) => queries.map((query) => query(facts));
  },
  'json-logic-js': (rules) => {
    const trees = rules.map((rule) => logic(plain(rule)));
    return (facts) => trees.map((tree) => Boolean(jsonLogic.apply(tree, facts)));
  },
  'json-rules-engine': (rules) => asEngine(rules.map(plain)),
};
