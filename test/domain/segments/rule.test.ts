import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OPERATORS, type Operator } from '../../../shared/domain/conditions/operators.ts';
import { Refusal } from '../../../shared/domain/refusal.ts';
import { attributeNamed, catalogue } from '../../../shared/domain/segments/attributes.ts';
import { builtInAudiences } from '../../../shared/domain/segments/built-in.ts';
import { cycleIn, evaluationOrder, segmentsIn } from '../../../shared/domain/segments/references.ts';
import {
  MOST_CONDITIONS,
  MOST_LEVELS,
  parsedRule,
  type Rule,
  talliedIn,
} from '../../../shared/domain/segments/rule.ts';
import { tallyKeyOf } from '../../../shared/domain/segments/tally.ts';

const active = { attribute: 'status', operator: 'eq', value: 'active' } as const;
const bought = { event: 'order_placed', measure: 'count', operator: 'gte', value: 2 } as const;

const refusalOf = (input: unknown): Refusal => {
  try {
    parsedRule(input);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error(`it was taken: ${JSON.stringify(input)?.slice(0, 200)}`);
};
const faultsOf = (input: unknown): [string, string][] => refusalOf(input).errors.map(({ path, code }) => [path, code]);

/** So many groups around a rule. */
const nested = (levels: number, inner: unknown, group: 'not' | 'all' = 'not'): unknown => {
  let rule = inner;
  for (let level = 0; level < levels; level++) rule = group === 'not' ? { not: rule } : { all: [rule] };
  return rule;
};

describe('a rule', () => {
  it.each<[claim: string, rule: unknown]>([
    ['is a condition alone', active],
    ['is all, any and not, nested', { all: [active, { any: [active, { not: { all: [bought] } }] }] }],
    ['may exclude what is missing', { attribute: 'gender', operator: 'neq', value: 'f', missing: 'exclude' }],
    ['asks of events', { ...bought, where: [{ attribute: 'items.category', operator: 'contains', value: 'vinyl' }] }],
    ['asks for a sum of events', { ...bought, measure: { sum: 'totalMinor' }, operator: 'between', value: [1, 2] }],
    ['asks in a window of days', { ...bought, within: { days: 30 } }],
    ['asks in a window of hours', { ...bought, within: { hours: 0.5 }, operator: 'in', value: [1, 2] }],
    ['names an attribute nobody carries', { attribute: 'customAttributes.no.such', operator: 'exists' }],
    ['names an answer nobody gave', { attribute: 'answers.q99', operator: 'eq', value: true }],
    ['names attributes like methods', { attribute: 'customAttributes.constructor', operator: 'eq', value: 'x' }],
    ['names a source', { attribute: 'syncSources.klaviyo.status', operator: 'eq', value: 'synced' }],
    ['names a challenge', { attribute: 'challenges.run-10k.completions', operator: 'gte', value: 1 }],
    ['compares closed values in any case', { attribute: 'status', operator: 'in', value: ['ACTIVE', 'inactive'] }],
    ['looks for parts of closed values', { attribute: 'status', operator: 'contains', value: 'act' }],
    ['is deep', nested(MOST_LEVELS, active)],
    ['is deep, in lists', nested(MOST_LEVELS, active, 'all')],
    ['is long', { all: Array.from({ length: MOST_CONDITIONS }, () => active) }],
    ['is long, in groups', { any: Array.from({ length: MOST_CONDITIONS }, () => ({ not: active })) }],
  ])('%s', (_, rule) => {
    expect(parsedRule(rule)).toEqual(rule);
  });

  it.each(builtInAudiences('EUR'))('may be the audience $templateId', ({ rule }) => {
    expect(parsedRule(rule)).toEqual(rule);
  });
});

describe('what is refused, by its path', () => {
  const on = (attribute: string, operator: unknown, value?: unknown) => ({ attribute, operator, value });
  it.each<[claim: string, rule: unknown, path: string, code: string]>([
    ['no rule', undefined, 'rule', 'required'],
    ['null', null, 'rule', 'wrong_type'],
    ['a text', 'status = active', 'rule', 'wrong_type'],
    ['a list', [active], 'rule', 'wrong_type'],
    ['an empty object', {}, 'rule', 'required'],
    ['an empty group', { all: [] }, 'rule.all', 'too_short'],
    ['an empty group in another', { all: [active, { any: [] }] }, 'rule.all.1.any', 'too_short'],
    ['a group of no list', { any: active }, 'rule.any', 'wrong_type'],
    ['a list where one is denied', { not: [active] }, 'rule.not', 'wrong_type'],
    ['two groups in one', { all: [active], any: [active] }, 'rule', 'invalid_value'],
    ['a group and a condition in one', { not: active, ...active }, 'rule', 'invalid_value'],
    ['an event and an attribute in one', { ...bought, ...active }, 'rule', 'invalid_value'],
    ['a field beside a group', { all: [active], name: 'x' }, 'rule.name', 'unknown_field'],
    ['a field in a condition', { ...active, unit: 'x' }, 'rule.unit', 'unknown_field'],
    ['a window of an attribute', { ...active, within: { days: 1 } }, 'rule.within', 'unknown_field'],
    ['missing events', { ...bought, missing: 'exclude' }, 'rule.missing', 'unknown_field'],
    [
      'a deep fault',
      { all: [{ not: { any: [active, active, active, on('status', 'like')] } }] },
      'rule.all.0.not.any.3.operator',
      'invalid_value',
    ],
    ['an attribute that there is not', on('shoeSize', 'eq', 1), 'rule.attribute', 'invalid_value'],
    ['a part that is no attribute', on('points', 'eq', 1), 'rule.attribute', 'invalid_value'],
    ['an attribute of a prototype', on('toString', 'exists'), 'rule.attribute', 'invalid_value'],
    ['a family without a key', on('customAttributes.', 'exists'), 'rule.attribute', 'invalid_value'],
    ['a family by its star alone', on('challenges.*.progress', 'eq', 1), 'rule.attribute', 'invalid_value'],
    ['an id that cannot be', on('challenges.a.b.progress', 'eq', 1), 'rule.attribute', 'invalid_value'],
    ['an endless name', on(`customAttributes.${'x'.repeat(500)}`, 'exists'), 'rule.attribute', 'invalid_value'],
    ['a name that is no text', on(5 as unknown as string, 'exists'), 'rule.attribute', 'wrong_type'],
    ['no operator', on('status', undefined, 'active'), 'rule.operator', 'required'],
    ['an operator that is no text', on('status', 5, 'active'), 'rule.operator', 'wrong_type'],
    ['an operator of a prototype', on('status', 'constructor', 'active'), 'rule.operator', 'invalid_value'],
    ['an operator of another kind', on('points.available', 'contains', '1'), 'rule.operator', 'invalid_value'],
    ['more than on a text', on('email', 'gt', 'a'), 'rule.operator', 'invalid_value'],
    ['equality on a set', on('tags', 'eq', 'vip'), 'rule.operator', 'invalid_value'],
    ['a number where a text is compared', on('email', 'eq', 5), 'rule.value', 'wrong_type'],
    ['a text where a number is compared', on('points.available', 'gte', '5'), 'rule.value', 'wrong_type'],
    ['a truth in text', on('emailVerified', 'eq', 'true'), 'rule.value', 'wrong_type'],
    ['no value', on('points.available', 'gte'), 'rule.value', 'required'],
    ['a value too many', on('points.available', 'exists', 5), 'rule.value', 'unknown_field'],
    ['one end alone', on('points.available', 'between', [1]), 'rule.value', 'too_short'],
    ['an empty list', on('email', 'in', []), 'rule.value', 'too_short'],
    ['one bad one in a list', on('email', 'in', ['a', 5]), 'rule.value.1', 'wrong_type'],
    ['a date that is none', on('createdAt', 'after', 'yesterday'), 'rule.value', 'invalid_format'],
    ['a window of no length', on('createdAt', 'within_last', { days: 0 }), 'rule.value.days', 'too_small'],
    [
      'a window of days and hours',
      on('createdAt', 'within_last', { days: 1, hours: 1 }),
      'rule.value',
      'invalid_value',
    ],
    ['a window of weeks', on('createdAt', 'within_last', { weeks: 1 }), 'rule.value.weeks', 'unknown_field'],
    ['a mixture of kinds', on('customAttributes.a', 'in', [1, 'a']), 'rule.value.1', 'wrong_type'],
    ['a value that cannot be', on('status', 'eq', 'asleep'), 'rule.value', 'invalid_value'],
    ['one value that cannot be', on('membership', 'not_in', ['none', 'gone']), 'rule.value.1', 'invalid_value'],
    ['missing values included', { ...active, missing: 'include' }, 'rule.missing', 'invalid_value'],
    ['whether there is any segment', on('segments', 'exists'), 'rule.operator', 'invalid_value'],
    [
      'whether there is no segment',
      { ...on('segments', 'not_contains_any', ['s']), missing: 'exclude' },
      'rule.missing',
      'invalid_value',
    ],
    ['an event that is no type', { ...bought, event: 'Order Placed' }, 'rule.event', 'invalid_format'],
    ['an event by number', { ...bought, event: 5 }, 'rule.event', 'wrong_type'],
    ['no measure', { ...bought, measure: undefined }, 'rule.measure', 'required'],
    ['another measure', { ...bought, measure: 'average' }, 'rule.measure', 'wrong_type'],
    ['a sum of nothing', { ...bought, measure: { sum: '' } }, 'rule.measure.sum', 'too_short'],
    ['no operator of an event', { ...bought, operator: undefined }, 'rule.operator', 'required'],
    ['an event that exists', { ...bought, operator: 'exists', value: undefined }, 'rule.operator', 'invalid_value'],
    ['an event compared with a text', { ...bought, value: '2' }, 'rule.value', 'wrong_type'],
    ['no value of an event', { ...bought, value: undefined }, 'rule.value', 'required'],
    ['an endless window', { ...bought, within: { days: 100_000 } }, 'rule.within.days', 'too_big'],
    [
      'a bad condition on the event',
      { ...bought, where: [{ attribute: 'a', operator: 'like' }] },
      'rule.where.0.operator',
      'invalid_value',
    ],
    [
      'too many conditions on the event',
      { ...bought, where: Array(11).fill({ attribute: 'a', operator: 'exists' }) },
      'rule.where',
      'too_long',
    ],
    ['no list of conditions on the event', { ...bought, where: {} }, 'rule.where', 'wrong_type'],
    ['one level too many', nested(MOST_LEVELS + 1, active), `rule${'.not'.repeat(MOST_LEVELS + 1)}`, 'too_big'],
    [
      'one level too many, in lists',
      nested(MOST_LEVELS + 1, active, 'all'),
      `rule${'.all.0'.repeat(MOST_LEVELS)}.all`,
      'too_big',
    ],
    ['one condition too many', { all: Array(MOST_CONDITIONS + 1).fill(active) }, 'rule.all', 'too_long'],
    [
      'one condition too many, behind two groups',
      { all: [{ any: Array(500).fill(active) }, { any: Array(500).fill(active) }, active] },
      'rule.all.2',
      'too_long',
    ],
    [
      'one condition too many, in groups',
      { all: Array(MOST_CONDITIONS).fill({ all: [active, active] }) },
      'rule.all.500.all',
      'too_long',
    ],
  ])('%s', (_, rule, path, code) => {
    expect(faultsOf(rule)).toContainEqual([path, code]);
    expect(refusalOf(rule).code).toBe('invalid_request');
  });

  it('every fault is told, up to fifty', () => {
    const bad = { attribute: 'status', operator: 'gt', value: 1 };
    expect(faultsOf({ all: [bad, active, { not: bad }] }).map(([path]) => path)).toEqual([
      'rule.all.0.operator',
      'rule.all.2.not.operator',
    ]);
    expect(faultsOf({ all: Array(900).fill(bad) })).toHaveLength(50);
  });

  it('a path begins as the caller calls the rule', () => {
    expect(() => parsedRule({ all: [] }, 'body.rule')).toThrow('body.rule.all: A group has at least one rule in it.');
  });

  it('names of the caller’s own are told no further than anybody reads', () => {
    const [[path = ''] = []] = faultsOf({ ...active, ['\u{1F600}'.repeat(10_000)]: 1 });
    expect(path.length).toBeLessThan(200);
    expect(path.isWellFormed()).toBe(true);
  });
});

describe('what is enormous is refused at once', () => {
  const enormous: [claim: string, make: () => unknown][] = [
    ['ten thousand levels', () => nested(10_000, active)],
    ['a million levels', () => nested(1_000_000, active)],
    ['ten thousand levels of lists', () => nested(10_000, active, 'all')],
    ['a million conditions', () => ({ all: Array(1_000_000).fill(active) })],
    ['a million conditions in groups of ten', () => ({ any: Array(100_000).fill({ all: Array(10).fill(active) }) })],
    ['groups of 1,000 in groups of 1,000', () => ({ any: Array(1_000).fill({ all: Array(1_000).fill(active) }) })],
    ['a million empty groups', () => ({ all: Array(1_000_000).fill({ all: [] }) })],
    [
      'a thousand million faults',
      () => ({ all: Array(1_000).fill({ any: Array(1_000).fill({ all: Array(1_000).fill({}) }) }) }),
    ],
    ['a million texts', () => ({ attribute: 'email', operator: 'in', value: Array(1_000_000).fill('x') })],
    ['a million closed values', () => ({ attribute: 'status', operator: 'in', value: Array(1_000_000).fill('x') })],
    ['a million stored values', () => ({ attribute: 'answers.q', operator: 'in', value: Array(1_000_000).fill('x') })],
    [
      'a million fields',
      () => Object.assign({ ...active }, ...Array.from({ length: 200 }, (_, i) => ({ [`f${i}`]: 1 }))),
    ],
    [
      'a million conditions on an event',
      () => ({ ...bought, where: Array(1_000_000).fill({ attribute: 'a', operator: 'exists' }) }),
    ],
  ];
  it.each(enormous)('%s', (_, make) => {
    const input = make();
    const startedMs = performance.now();
    expect(refusalOf(input).errors.length).toBeLessThanOrEqual(50);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });

  it('whatever it is, it is taken or refused', () => {
    const key = fc.constantFrom(
      'all',
      'any',
      'not',
      'attribute',
      'event',
      'operator',
      'value',
      'missing',
      'where',
      'measure',
      'within',
    );
    const leaf = fc.oneof(
      fc.constantFrom('status', 'eq', 'active', 'count', 'order_placed', 'exclude', 1, null, true),
      fc.anything(),
    );
    const { input } = fc.letrec((tie) => ({
      input: fc.oneof(
        { depthSize: 'medium' },
        leaf,
        fc.array(tie('input'), { maxLength: 3 }),
        fc.dictionary(key, tie('input'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(input as fc.Arbitrary<unknown>, (value) => {
        try {
          expect(parsedRule(value)).toBeTruthy();
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          expect(error.errors.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('the catalogue', () => {
  const rows = catalogue();
  const named = (name: string) => name.replace('*', 'some-id');

  it.each(rows)('$name takes the operators of its kind, and no other', ({ name, kind, operators }) => {
    const ofKind =
      kind === 'any' ? Object.values(OPERATORS).flatMap((own) => Object.keys(own)) : Object.keys(OPERATORS[kind]);
    const always = name === 'segments' ? [] : Object.keys(OPERATORS.any);
    expect([...operators].sort()).toEqual([...new Set([...ofKind, ...always])].sort());
    const all = new Set(Object.values(OPERATORS).flatMap((own) => Object.keys(own)) as Operator[]);
    for (const operator of all) {
      const faults = faultsOf({ attribute: named(name), operator, value: Symbol('no operand') });
      expect(faults.some(([path]) => path === 'rule.operator')).toBe(!operators.includes(operator));
    }
  });

  it('names each attribute once, and finds it', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { name, kind } of rows) expect(attributeNamed(named(name))?.attribute.kind).toBe(kind);
  });
});

describe('segments that rules name', () => {
  const within = (...ids: string[]): Rule => ({ attribute: 'segments', operator: 'contains_any', value: ids });

  it('are found however deep', () => {
    const rule: Rule = {
      all: [within('a', 'b'), { not: { any: [active, { ...within('c'), operator: 'contains', value: 'c' } as Rule] } }],
    };
    expect(segmentsIn(rule)).toEqual(new Set(['a', 'b', 'c']));
    expect(segmentsIn({ attribute: 'lists', operator: 'contains', value: 'a' })).toEqual(new Set());
  });

  it.each<[claim: string, rules: Record<string, Rule>, circle: string[] | null]>([
    ['nothing', { a: active }, null],
    ['another one', { a: within('b'), b: active }, null],
    ['one that there is not', { a: within('gone') }, null],
    ['itself', { a: within('a') }, ['a']],
    ['one that names it', { a: within('b'), b: within('a') }, ['a', 'b']],
    ['a circle farther on', { a: within('b'), b: within('c'), c: { not: within('d', 'b') }, d: active }, ['b', 'c']],
    ['one by two ways', { a: within('b', 'c'), b: within('d'), c: within('d'), d: active }, null],
    ['an id that differs in case', { a: within('A') }, null],
  ])('a segment may name %s', (_, rules, circle) => {
    expect(cycleIn(new Map(Object.entries(rules)))).toEqual(circle);
  });

  it('come before those that name them', () => {
    const rules = new Map(Object.entries({ a: within('c'), b: within('a'), c: active }));
    expect(evaluationOrder(rules)).toEqual(['c', 'a', 'b']);
  });

  it('may follow each other in thousands', () => {
    const rules = new Map(Array.from({ length: 20_000 }, (_, index) => [`s${index}`, within(`s${index + 1}`)]));
    expect(cycleIn(rules)).toBeNull();
    rules.set('s20000', within('s0'));
    expect(cycleIn(rules)).toHaveLength(20_001);
  });
});

describe('what conditions count', () => {
  it('is kept once, whatever it is compared with', () => {
    const key = (rule: Rule) => ('event' in rule ? tallyKeyOf(talliedIn(rule)) : '');
    const one: Rule = { ...bought, within: { days: 30 }, where: [] };
    expect(key(one)).toBe(key({ ...bought, operator: 'lt', value: 9, within: { days: 30 } }));
    expect(key(one)).toMatch(/^[\w-]{16}$/);
    const others: Rule[] = [
      bought,
      { ...bought, within: { days: 31 } },
      { ...one, event: 'visit' },
      { ...one, measure: { sum: 'a' } },
      { ...one, where: [{ attribute: 'a', operator: 'exists' }] },
    ];
    expect(new Set([one, ...others].map(key)).size).toBe(6);
  });
});
