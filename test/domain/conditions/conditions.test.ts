import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { areMet, holdsBy, isMet } from '../../../shared/domain/conditions/met.ts';
import { OPERATORS, type Operand, type Operator } from '../../../shared/domain/conditions/operators.ts';
import { sumAt, valuesAt } from '../../../shared/domain/conditions/values.ts';
import { type WhereCondition, whereSchema } from '../../../shared/domain/conditions/where.ts';
import { folded } from '../../../shared/domain/consumer/text.ts';
import type { Json, JsonObject } from '../../../shared/domain/facts.ts';
import { DAY_MS, instantOf, msOf } from '../../../shared/domain/instants.ts';
import { Refusal } from '../../../shared/domain/refusal.ts';
import { parsed } from '../../../shared/edge/input.ts';

const NOW = '2026-06-01T12:00:00.000Z';
const NOTHING: (Json | undefined)[] = [undefined, null, '', [], [null, ''], {}];
const condition = (operator: Operator, value?: Operand): WhereCondition => ({ attribute: 'a', operator, value });
const meets = (value: Json | undefined, operator: Operator, operand?: Operand, now = NOW): boolean =>
  isMet(condition(operator, operand), value, now);

type Row = [
  claim: string,
  value: Json | undefined,
  operator: Operator,
  operand: Operand | undefined,
  expected: boolean,
];

describe('a number', () => {
  it.each<Row>([
    ['equals itself', 5, 'eq', 5, true],
    ['equals no other, however near', 0.1 + 0.2, 'eq', 0.3, false],
    ['differs from another', 5, 'neq', 6, true],
    ['does not differ from itself', 5, 'neq', 5, false],
    ['is not greater than itself', 5, 'gt', 5, false],
    ['is greater than the one below', 5, 'gt', 4.999, true],
    ['is at least itself', 5, 'gte', 5, true],
    ['is not at least the one above', 5, 'gte', 5.001, false],
    ['is not less than itself', 5, 'lt', 5, false],
    ['is less than the one above', 5, 'lt', 5.001, true],
    ['is at most itself', 5, 'lte', 5, true],
    ['is not at most the one below', 5, 'lte', 4.999, false],
    ['is between itself and above', 5, 'between', [5, 9], true],
    ['is between below and itself', 5, 'between', [1, 5], true],
    ['is not between two above', 5, 'between', [6, 9], false],
    ['is not between two below', 5, 'between', [1, 4], false],
    ['is never between ends that are swapped', 5, 'between', [9, 1], false],
    ['is in a list that names it', 5, 'in', [4, 5], true],
    ['is not in a list that does not', 5, 'in', [4, 6], false],
    ['is not in: the complement', 5, 'not_in', [4, 5], false],
    ['is not in: the complement, elsewhere', 5, 'not_in', [4, 6], true],
    ['zero is a number, not missing', 0, 'lt', 1, true],
    ['minus zero is zero', -0, 'eq', 0, true],
    ['in text is no number', '5', 'eq', 5, false],
    ['in text counts as missing to a negative operator', '5', 'neq', 5, true],
    ['is no truth', 1, 'eq', true, false],
  ])('%s', (_, value, operator, operand, expected) => {
    expect(meets(value, operator, operand)).toBe(expected);
  });
});

describe('a text', () => {
  it.each<Row>([
    ['equals itself', 'vinyl', 'eq', 'vinyl', true],
    ['equals itself in another case', 'Vinyl', 'eq', 'vINYL', true],
    ['equals itself with composed accents', 'cafe\u0301', 'eq', 'CAFÉ', true],
    ['does not equal its own part', 'vinyl', 'eq', 'vin', false],
    ['ß is ss, in capitals too', 'Straße', 'eq', 'STRASSE', true],
    ['a capital ß is one too', 'STRAẞE', 'eq', 'strasse', true],
    ['a final sigma is a sigma', 'ΟΔΟΣ', 'eq', 'οδος', true],
    ['accents count', 'café', 'eq', 'cafe', false],
    ['blanks count', 'vinyl ', 'eq', 'vinyl', false],
    ['differs from another', 'vinyl', 'neq', 'cd', true],
    ['does not differ from itself in another case', 'vinyl', 'neq', 'VINYL', false],
    ['contains its part', 'Red Vinyl', 'contains', 'D VI', true],
    ['does not contain half a character', 'cafe\u0301', 'contains', 'cafe', false],
    ['does not contain another', 'Red Vinyl', 'contains', 'blue', false],
    ['not_contains: the complement', 'Red Vinyl', 'not_contains', 'vinyl', false],
    ['not_contains: the complement, elsewhere', 'Red Vinyl', 'not_contains', 'blue', true],
    ['starts with its beginning', 'Red Vinyl', 'starts_with', 'rED', true],
    ['does not start with its end', 'Red Vinyl', 'starts_with', 'vinyl', false],
    ['ends with its end', 'Red Vinyl', 'ends_with', 'VINYL', true],
    ['does not end with its beginning', 'Red Vinyl', 'ends_with', 'red', false],
    ['is in a list that names it in another case', 'GB', 'in', ['fr', 'gb'], true],
    ['is not in a list of longer ones', 'GB', 'in', ['gbr'], false],
    ['not_in: the complement', 'GB', 'not_in', ['fr', 'gb'], false],
    ['of blanks is not missing', ' ', 'exists', undefined, true],
    ['a number is no text', 5, 'contains', '5', false],
    ['a number counts as missing', 5, 'not_contains', '5', true],
    ['is no set', 'vinyl', 'contains_any', ['vinyl'], false],
    ['is no set, and counts as missing', 'vinyl', 'not_contains_any', ['vinyl'], true],
    ['that looks like a pattern is none', 'vinyl', 'contains', '.*', false],
  ])('%s', (_, value, operator, operand, expected) => {
    expect(meets(value, operator, operand)).toBe(expected);
  });

  it('of every single character equals itself in upper and lower case, composed or not', () => {
    for (let code = 0; code < 0x110000; code = code === 0xd7ff ? 0xe000 : code + 1) {
      const one = String.fromCodePoint(code);
      const others = [one.toLowerCase(), one.toUpperCase(), one.normalize('NFD')].filter((other) => other !== one);
      if (others.some((other) => folded(other) !== folded(one))) throw new Error(`U+${code.toString(16)}`);
    }
  });
});

describe('a set', () => {
  const set = ['Vinyl', 'CD'];
  it.each<Row>([
    ['contains its member, in any case', set, 'contains', 'vinyl', true],
    ['does not contain a part of a member', set, 'contains', 'vin', false],
    ['not_contains: the complement', set, 'not_contains', 'cd', false],
    ['not_contains: the complement, elsewhere', set, 'not_contains', 'vin', true],
    ['contains any of several', set, 'contains_any', ['tape', 'cd'], true],
    ['contains none of others', set, 'contains_any', ['tape', 'mp3'], false],
    ['contains all where none lacks', set, 'contains_all', ['cd', 'vinyl', 'CD'], true],
    ['does not contain all where one lacks', set, 'contains_all', ['cd', 'tape'], false],
    ['not_contains_any: the complement', set, 'not_contains_any', ['tape', 'cd'], false],
    ['not_contains_any: the complement, elsewhere', set, 'not_contains_any', ['tape'], true],
    ['equals what any member equals', set, 'eq', 'cd', true],
    ['differs where no member equals', set, 'neq', 'tape', true],
    ['does not differ where one member equals', set, 'neq', 'cd', false],
    ['starts with what any member starts with', set, 'starts_with', 'vin', true],
    ['is in a list that names any member', set, 'in', ['cd'], true],
    ['is not in a list only where it names none', set, 'not_in', ['cd'], false],
    ['of numbers is above where any is', [1, 9], 'gt', 8, true],
    ['of numbers is between where any is', [1, 9], 'between', [2, 8], false],
    ['of dates is before where any is', ['2026-01-01', '2027-01-01'], 'before', '2026-06-01', true],
    ['of truths equals what any is', [false, true], 'eq', true, true],
    ['within a set is the same set', [['Vinyl'], ['CD']], 'contains_all', ['vinyl', 'cd'], true],
    ['is compared by the members of the kind', [1, 'cd', null], 'eq', 'cd', true],
    ['of numbers holds no texts', [1, 2], 'contains', '1', false],
    ['of numbers counts as missing', [1, 2], 'not_contains', '1', true],
    ['of one is a set', ['vinyl'], 'contains', 'vin', false],
  ])('%s', (_, value, operator, operand, expected) => {
    expect(meets(value, operator, operand)).toBe(expected);
  });
});

describe('a date', () => {
  it.each<Row>([
    ['is before a later one', '2026-01-31T09:30:00Z', 'before', '2026-01-31T09:30:00.001Z', true],
    ['is not before itself', '2026-01-31T09:30:00Z', 'before', '2026-01-31T10:30:00+01:00', false],
    ['is after an earlier one', '2026-01-31T09:30:00Z', 'after', '2026-01-31T10:29:59+01:00', true],
    ['is not after itself', '2026-01-31T09:30:00Z', 'after', '2026-01-31T09:30:00Z', false],
    ['alone is its midnight in UTC', '2026-01-31', 'between', ['2026-01-31T00:00Z', '2026-01-31T00:00Z'], true],
    ['between includes both ends', '2026-01-31', 'between', ['2026-01-31', '2026-02-01'], true],
    ['between includes both ends, the later too', '2026-02-01', 'between', ['2026-01-31', '2026-02-01'], true],
    ['between ends with the instant', '2026-02-01T00:00:00.001Z', 'between', ['2026-01-31', '2026-02-01'], false],
    ['long ago is a date', '1955-03-03', 'before', '1955-03-04', true],
    ['long ago is a date, the day before a leap day', '1960-02-28', 'after', '1960-02-27T23:59:59.999Z', true],
    ['long ago is a date, an instant too', '1955-03-03T12:00:00+02:00', 'before', '1955-03-03T10:00:00.001Z', true],
    ['that does not exist is none', '2026-02-30', 'before', '2027-01-01', false],
    ['that does not exist is none, long ago', '1900-02-29', 'before', '2027-01-01', false],
    ['without an offset is none', '2026-01-31T09:30:00', 'before', '2027-01-01', false],
    ['in milliseconds is none', 1_769_851_800_000, 'before', '2027-01-01', false],
    ['is a text as well', '2026-01-31', 'starts_with', '2026-01', true],
    ['is no other text for the same instant', '2026-01-31', 'eq', '2026-01-31T00:00:00Z', false],
    ['now is within the last day', NOW, 'within_last', { days: 1 }, true],
    ['a day ago is not', '2026-05-31T12:00:00Z', 'within_last', { days: 1 }, false],
    ['a day ago, less a millisecond, is', '2026-05-31T12:00:00.001Z', 'within_last', { hours: 24 }, true],
    ['of the future is not within the last day', '2026-06-01T12:00:00.001Z', 'within_last', { days: 1 }, false],
    ['a day ago is as long ago', '2026-05-31T12:00:00Z', 'more_than_ago', { days: 1 }, true],
    ['a day ago, less a millisecond, is not', '2026-05-31T12:00:00.001Z', 'more_than_ago', { days: 1 }, false],
    ['of the future is not long ago', '2027-06-01', 'more_than_ago', { days: 1 }, false],
    ['now is within the next day', NOW, 'within_next', { days: 1 }, true],
    ['in a day is not', '2026-06-02T12:00:00Z', 'within_next', { days: 1 }, false],
    ['in a day, less a millisecond, is', '2026-06-02T11:59:59.999Z', 'within_next', { hours: 24 }, true],
    ['past is not within the next day', '2026-06-01T11:59:59.999Z', 'within_next', { days: 1 }, false],
    ['in half a day is not within the next third', '2026-06-02T00:00Z', 'within_next', { days: 0.3 }, false],
    ['that is missing is not long ago', null, 'more_than_ago', { days: 1 }, false],
  ])('%s', (_, value, operator, operand, expected) => {
    expect(meets(value, operator, operand)).toBe(expected);
  });
});

describe('an anniversary', () => {
  it.each<[claim: string, date: string, now: string, span: Operand, expected: boolean]>([
    ['of today counts to its last instant', '1990-05-01', '2026-05-01T23:59:59.999Z', { hours: 1 }, true],
    ['of yesterday is over', '1990-05-01', '2026-05-02T00:00:00.000Z', { days: 30 }, false],
    [
      'of tomorrow is near where the window passes midnight',
      '1990-05-02',
      '2026-05-01T23:30:00.000Z',
      { hours: 1 },
      true,
    ],
    ['of tomorrow is not yet near', '1990-05-02', '2026-05-01T23:00:00.000Z', { hours: 1 }, false],
    ['of today began at midnight', '1990-05-01', '2026-05-01T00:00:00.000Z', { hours: 1 }, true],
    ['of January is near in December', '1990-01-02', '2026-12-30T00:00:00.000Z', { days: 4 }, true],
    ['of January is not near a day too early', '1990-01-02', '2026-12-29T00:00:00.000Z', { days: 4 }, false],
    ['comes back within a year, just over', '1990-05-01', '2026-05-02T00:00:00.000Z', { days: 365 }, true],
    ['does not come back within a day less', '1990-05-01', '2026-05-02T00:00:00.000Z', { days: 364 }, false],
    ['of long ago counts', '1932-05-01', '2026-05-01T00:00:00.000Z', { days: 1 }, true],
    ['of a leap day is Feb 28', '1992-02-29', '2026-02-28T23:00:00.000Z', { hours: 1 }, true],
    ['of a leap day is not Mar 1', '1992-02-29', '2026-03-01T00:00:00.000Z', { days: 1 }, false],
    ['of a leap day is Feb 29 where there is one', '1992-02-29', '2028-02-29T23:00:00.000Z', { hours: 1 }, true],
    ['of a leap day is not Feb 28 where there is Feb 29', '1992-02-29', '2028-02-28T00:00:00.000Z', { days: 1 }, false],
    ['of Feb 28 is Feb 28 in leap years', '1990-02-28', '2028-02-29T00:00:00.000Z', { days: 1 }, false],
    ['of an instant is on its day in UTC', '1990-05-01T23:00:00-02:00', '2026-05-02T05:00:00.000Z', { hours: 1 }, true],
    ['of no date never comes', 'May 1', '2026-05-01T00:00:00.000Z', { days: 400 }, false],
  ])('%s', (_, date, now, span, expected) => {
    expect(meets(date, 'anniversary_within_next', span, now)).toBe(expected);
  });
});

describe('a truth', () => {
  it.each<Row>([
    ['equals itself', true, 'eq', true, true],
    ['does not equal the other', true, 'eq', false, false],
    ['false is not missing', false, 'exists', undefined, true],
    ['false equals false', false, 'eq', false, true],
    ['in text is none', 'true', 'eq', true, false],
  ])('%s', (_, value, operator, operand, expected) => {
    expect(meets(value, operator, operand)).toBe(expected);
  });
});

const OPERANDS: [Operator, Operand | undefined][] = [
  ['eq', 1],
  ['eq', 'x'],
  ['eq', false],
  ['neq', 1],
  ['neq', 'x'],
  ['gt', -1],
  ['gte', 0],
  ['lt', 1],
  ['lte', 0],
  ['between', [-1, 1]],
  ['between', ['1950-01-01', '2050-01-01']],
  ['in', [0]],
  ['in', ['']],
  ['not_in', [0]],
  ['not_in', ['']],
  ['contains', ''],
  ['not_contains', ''],
  ['starts_with', ''],
  ['ends_with', ''],
  ['before', '2050-01-01'],
  ['after', '1950-01-01'],
  ['within_last', { days: 9_999 }],
  ['more_than_ago', { days: 1 }],
  ['within_next', { days: 9_999 }],
  ['anniversary_within_next', { days: 400 }],
  ['contains_any', ['']],
  ['contains_all', ['']],
  ['not_contains_any', ['']],
  ['exists', undefined],
  ['not_exists', undefined],
];
const NEGATIVE: ReadonlySet<string> = new Set(['neq', 'not_in', 'not_contains', 'not_contains_any', 'not_exists']);

describe('a missing value', () => {
  it('is known to every operator of the table', () => {
    const named = Object.values(OPERATORS).flatMap(Object.keys);
    expect(new Set(OPERANDS.map(([operator]) => operator))).toEqual(new Set(named));
  });

  it.each(OPERANDS)('meets %s %j only if that is negative', (operator, operand) => {
    for (const value of NOTHING) expect(meets(value, operator, operand)).toBe(NEGATIVE.has(operator));
  });

  it.each(OPERANDS)('that is excluded does not meet %s %j, unless that is not_exists', (operator, operand) => {
    for (const value of NOTHING) {
      const excluding: WhereCondition = { ...condition(operator, operand), missing: 'exclude' };
      expect(isMet(excluding, value, NOW)).toBe(operator === 'not_exists');
    }
  });

  it.each<[string, Json, Operator, Operand]>([
    ['a text where a number is asked for', '5', 'neq', 6],
    ['a number where a text is asked for', 5, 'not_contains', '6'],
    ['a text where a set is asked for', 'a', 'not_contains_any', ['b']],
    ['a set without a number', ['a', true], 'not_in', [1]],
    ['an object', { a: 1 }, 'neq', 1],
  ])('is also %s, and excluded as such', (_, value, operator, operand) => {
    expect(isMet(condition(operator, operand), value, NOW)).toBe(true);
    expect(isMet({ ...condition(operator, operand), missing: 'exclude' }, value, NOW)).toBe(false);
  });

  it('excluded leaves what is there as it was', () => {
    expect(isMet({ ...condition('neq', 'a'), missing: 'exclude' }, 'b', NOW)).toBe(true);
    expect(isMet({ ...condition('neq', 'a'), missing: 'exclude' }, ['b', 'A'], NOW)).toBe(false);
  });

  it('is not an object with something in it', () => {
    expect(meets({ a: null }, 'exists')).toBe(true);
    expect(meets([{ a: null }], 'not_exists')).toBe(false);
  });
});

const order: JsonObject = {
  totalMinor: 2_933,
  items: [
    { sku: 'a', category: 'Vinyl', quantity: 2, tags: ['new', 'sale'] },
    { sku: 'b', quantity: 1, category: null },
    { sku: 'c', category: 'CD', quantity: 4, tags: ['sale'], price: { minor: 7 } },
  ],
  geo: { city: 'Leeds', 'lat.long': [53.8, -1.5] },
  'utm.source': 'mail',
  utm: { source: 'search', campaign: { 'x.y': { z: 1 } } },
  'utm.campaign': { 'x.y': {} },
  nested: [[{ n: 1 }], [{ n: [2, [3]] }]],
};

describe('a path', () => {
  it.each<[claim: string, path: string, value: Json | undefined]>([
    ['names an attribute', 'totalMinor', 2_933],
    ['names an attribute of an object', 'geo.city', 'Leeds'],
    ['gathers from a list', 'items.sku', ['a', 'b', 'c']],
    ['gathers lists from a list', 'items.tags', ['new', 'sale', 'sale']],
    ['gathers from objects in a list, where there are any', 'items.price.minor', [7]],
    ['gathers null too', 'items.category', ['Vinyl', null, 'CD']],
    ['ends at a key with dots', 'geo.lat.long', [53.8, -1.5]],
    ['prefers the longer key', 'utm.source', 'mail'],
    ['takes the shorter key where the longer leads nowhere', 'utm.campaign.x.y.z', 1],
    ['names nothing', 'colour', undefined],
    ['names nothing in an object', 'geo.country', undefined],
    ['names nothing in a list', 'items.colour', undefined],
    ['goes into no text', 'geo.city.length', undefined],
    ['counts no list', 'items.length', undefined],
    ['knows no place in a list', 'items.0.sku', undefined],
    ['reaches no prototype', '__proto__.constructor.name', undefined],
    ['reaches no prototype of an object', 'geo.constructor', undefined],
    ['may be empty', '', undefined],
    ['may be dots alone', '...', undefined],
  ])('%s: %s', (_, path, value) => {
    expect(valuesAt(order, path)).toEqual(value);
  });

  it('finds keys of dots alone', () => {
    expect(valuesAt({ '': { '.': 1 } }, '..')).toBe(1);
  });

  it('finds every value that is there, in lists or not', () => {
    const { tree } = fc.letrec<{ tree: Json; object: JsonObject }>((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, fc.integer(), fc.array(tie('tree'), { maxLength: 3 }), tie('object')),
      object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('tree')),
    }));
    const leavesOf = (value: Json, path: string[] = []): [string, Json][] => {
      if (Array.isArray(value)) return value.flatMap((member) => leavesOf(member, path));
      if (typeof value !== 'object' || value === null) return [[path.join('.'), value]];
      return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
    };
    fc.assert(
      fc.property(tree, (value) => {
        const leaves = leavesOf(value, ['it']);
        for (const [path] of leaves) {
          const found = ([valuesAt({ it: value }, path)] as unknown[]).flat(99);
          const expected = leaves.filter(([other]) => other === path).map(([, leaf]) => leaf);
          expect(found.filter((one) => typeof one !== 'object')).toEqual(expected);
        }
      }),
    );
  });
});

describe('a sum', () => {
  it.each<[claim: string, path: string, sum: number]>([
    ['of one number is that', 'totalMinor', 2_933],
    ['gathers from a list', 'items.quantity', 7],
    ['gathers from lists in lists', 'nested.n', 6],
    ['of a list of numbers', 'geo.lat.long', 53.8 - 1.5],
    ['of texts is 0', 'items.sku', 0],
    ['of nothing is 0', 'colour', 0],
  ])('%s: %s', (_, path, sum) => {
    expect(sumAt(order, path)).toBe(sum);
  });

  it('leaves out what is no number', () => {
    expect(sumAt({ n: [1, '2', true, null, { n: 4 }, Number.POSITIVE_INFINITY, 0.5] }, 'n')).toBe(1.5);
  });
});

describe('several conditions', () => {
  const vinyl: WhereCondition = { attribute: 'items.category', operator: 'contains', value: 'vinyl' };
  const large: WhereCondition = { attribute: 'totalMinor', operator: 'gte', value: 5_000 };

  it.each<[claim: string, where: WhereCondition[], expected: boolean]>([
    ['hold where there are none', [], true],
    ['hold where each does', [vinyl, { ...large, value: 2_933 }], true],
    ['do not hold where one does not', [vinyl, large], false],
    ['may look at different members', [vinyl, { ...vinyl, value: 'cd' }], true],
    ['look at now', [{ attribute: 'at', operator: 'within_last', value: { days: 1 } }], true],
  ])('%s', (_, where, expected) => {
    expect(areMet(where, { ...order, at: '2026-06-01' }, NOW)).toBe(expected);
  });

  it('change their answer with now', () => {
    const where: WhereCondition[] = [{ attribute: 'at', operator: 'within_last', value: { hours: 12 } }];
    expect(areMet(where, { at: '2026-06-01' }, '2026-06-01T11:59:59.999Z')).toBe(true);
    expect(areMet(where, { at: '2026-06-01' }, NOW)).toBe(false);
  });
});

describe('what is written', () => {
  it.each(OPERANDS)('may say %s %j', (operator, value) => {
    const where = [{ attribute: 'a.b', operator, ...(value !== undefined && { value }), missing: 'exclude' }];
    expect(parsed(whereSchema, where)).toEqual(where);
  });

  const longText = 'x'.repeat(1_025);
  it.each<[claim: string, condition: unknown, path: string, code: string]>([
    ['an operator that there is not', { operator: 'like', value: 1 }, 'operator', 'invalid_value'],
    ['an operator of a prototype', { operator: 'toString', value: 1 }, 'operator', 'invalid_value'],
    ['no operator', { value: 1 }, 'operator', 'required'],
    ['no attribute', { attribute: undefined, operator: 'eq', value: 1 }, 'attribute', 'required'],
    ['an empty attribute', { attribute: '', operator: 'eq', value: 1 }, 'attribute', 'too_short'],
    ['a long attribute', { attribute: 'x'.repeat(201), operator: 'eq', value: 1 }, 'attribute', 'too_long'],
    ['a field that there is not', { operator: 'eq', value: 1, unit: 'kg' }, 'unit', 'unknown_field'],
    ['missing values included', { operator: 'eq', value: 1, missing: 'include' }, 'missing', 'invalid_value'],
    ['no value', { operator: 'eq' }, 'value', 'required'],
    ['no value, of several kinds', { operator: 'between' }, 'value', 'required'],
    ['no value of a span', { operator: 'within_last' }, 'value', 'required'],
    ['a value of null', { operator: 'eq', value: null }, 'value', 'wrong_type'],
    ['a value too many', { operator: 'exists', value: true }, 'value', 'unknown_field'],
    ['a value too many, on the complement', { operator: 'not_exists', value: 'x' }, 'value', 'unknown_field'],
    ['a list where one is asked for', { operator: 'eq', value: [1] }, 'value', 'wrong_type'],
    ['a span where a number is asked for', { operator: 'gt', value: { days: 1 } }, 'value', 'wrong_type'],
    ['a text where a number is asked for', { operator: 'gt', value: '1' }, 'value', 'wrong_type'],
    ['a date where a number is asked for', { operator: 'lte', value: '2026-01-01' }, 'value', 'wrong_type'],
    ['a number where a text is asked for', { operator: 'starts_with', value: 1 }, 'value', 'wrong_type'],
    ['a number where a member is asked for', { operator: 'contains', value: 1 }, 'value', 'wrong_type'],
    ['a truth for neq', { operator: 'neq', value: true }, 'value', 'wrong_type'],
    ['a long text', { operator: 'eq', value: longText }, 'value', 'too_long'],
    ['a long text to contain', { operator: 'not_contains', value: longText }, 'value', 'too_long'],
    ['a long text in a list', { operator: 'in', value: ['x', longText] }, 'value.1', 'too_long'],
    ['a long text in a list, first', { operator: 'in', value: [longText] }, 'value.0', 'too_long'],
    ['an empty list', { operator: 'in', value: [] }, 'value', 'too_short'],
    ['an empty list of members', { operator: 'contains_all', value: [] }, 'value', 'too_short'],
    ['a list of 101', { operator: 'not_in', value: Array(101).fill('x') }, 'value', 'too_long'],
    ['one where a list is asked for', { operator: 'in', value: 'x' }, 'value', 'wrong_type'],
    ['a list of both kinds', { operator: 'in', value: ['x', 1] }, 'value.1', 'wrong_type'],
    ['a list of both kinds, numbers first', { operator: 'in', value: [1, 2, 'x'] }, 'value.2', 'wrong_type'],
    ['a list of truths', { operator: 'in', value: [true] }, 'value.0', 'wrong_type'],
    ['a list of numbers as members', { operator: 'contains_any', value: [1] }, 'value.0', 'wrong_type'],
    ['one end', { operator: 'between', value: [1] }, 'value', 'too_short'],
    ['three ends', { operator: 'between', value: ['2026-01-01', '2026-01-01', '2026-01-01'] }, 'value', 'too_long'],
    ['ends of both kinds', { operator: 'between', value: [1, '2026-01-01'] }, 'value.1', 'wrong_type'],
    [
      'an end that is no date',
      { operator: 'between', value: ['2026-01-01', '2026-02-30'] },
      'value.1',
      'invalid_format',
    ],
    [
      'a first end that is no date',
      { operator: 'between', value: ['soon', '2026-02-28'] },
      'value.0',
      'invalid_format',
    ],
    ['no date', { operator: 'before', value: 'tomorrow' }, 'value', 'invalid_format'],
    ['a date in milliseconds', { operator: 'after', value: 1_769_851_800_000 }, 'value', 'wrong_type'],
    ['a number of days', { operator: 'within_last', value: 30 }, 'value', 'wrong_type'],
    ['an empty span', { operator: 'within_last', value: {} }, 'value', 'invalid_value'],
    ['both days and hours', { operator: 'within_next', value: { days: 1, hours: 1 } }, 'value', 'invalid_value'],
    ['weeks', { operator: 'more_than_ago', value: { weeks: 1 } }, 'value.weeks', 'unknown_field'],
    ['no days at all', { operator: 'within_last', value: { days: 0 } }, 'value.days', 'too_small'],
    ['days before now', { operator: 'within_last', value: { days: -1 } }, 'value.days', 'too_small'],
    ['more than a century', { operator: 'anniversary_within_next', value: { hours: 1e9 } }, 'value.hours', 'too_big'],
    ['days in text', { operator: 'within_last', value: { days: '30' } }, 'value.days', 'wrong_type'],
  ])('is refused with the path to the fault: %s', (_, given, path, code) => {
    const fault = refusalOf([
      { attribute: 'a', operator: 'exists' },
      { attribute: 'a', ...(given as JsonObject) },
    ]);
    expect(fault.errors).toContainEqual(expect.objectContaining({ path: `1.${path}`, code }));
  });

  it('is refused where it is no list, or one of more than ten', () => {
    expect(refusalOf({}).errors).toMatchObject([{ path: '', code: 'wrong_type' }]);
    const eleven = Array.from({ length: 11 }, () => ({ attribute: 'a', operator: 'exists' }));
    expect(refusalOf(eleven).errors).toMatchObject([{ path: '', code: 'too_long' }]);
    expect(parsed(whereSchema, eleven.slice(1))).toHaveLength(10);
  });

  it('is refused or can be asked of anything, whatever it is', () => {
    const operator = fc.constantFrom(...OPERANDS.map(([name]) => name));
    fc.assert(
      fc.property(operator, fc.jsonValue(), fc.jsonValue(), (name, operand, value) => {
        const result = whereSchema.safeParse([{ attribute: 'a', operator: name, value: operand }]);
        if (result.success) expect(typeof areMet(result.data, { a: value as Json }, NOW)).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});

function refusalOf(where: unknown): Refusal {
  try {
    parsed(whereSchema, where);
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal;
    throw refusal;
  }
  throw new Error('nothing is refused');
}

/** Few letters, so that texts are often equal, or parts of each other. */
const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', 'é', 'É', 'e\u0301', 'e', ' '), maxLength: 3 });
const number = fc.oneof(fc.integer({ min: -2, max: 3 }), fc.constantFrom(0.5, -0, 1e300));
/** Near now and its anniversaries, often exactly at the edge of a window; long ago as well. */
const day = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(-366, -365, 365, 1_000, -22_000, -31_000, -34_700),
);
const dateMs = fc
  .tuple(day, fc.constantFrom(0, 0, 1, -1, 43_200_000, -43_200_000))
  .map(([days, ms]) => msOf(NOW) + days * DAY_MS + ms);
const leapDay = fc.constantFrom('1952-02-29', '2024-02-29T23:59:59.999Z');
const date = fc.oneof(
  dateMs.map(instantOf),
  dateMs.map((ms) => instantOf(ms).slice(0, 10)),
  leapDay,
);
const scalar = fc.oneof(text, number, fc.boolean(), date, fc.constantFrom(null, ''));
const anyValue: fc.Arbitrary<Json | undefined> = fc.oneof(
  scalar,
  fc.array(fc.oneof(text, scalar), { maxLength: 3 }),
  fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxLength: 2 }),
  fc.constantFrom<(Json | undefined)[]>(undefined, {}, { a: 1 }),
);
const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 3 });
const span = fc.oneof(
  fc.record({ days: fc.constantFrom(0.5, 1, 2, 3, 365, 366, 22_000) }),
  fc.record({ hours: fc.constantFrom(1, 12, 24, 48) }),
);
const of = <O extends Operator>(operators: O[], operand: fc.Arbitrary<Operand>) =>
  fc.tuple(fc.constantFrom(...operators), operand);
const anyCondition: fc.Arbitrary<WhereCondition> = fc
  .tuple(
    fc.oneof(
      of(['eq', 'neq'], fc.oneof(number, text)),
      of(['eq'], fc.boolean()),
      of(['gt', 'gte', 'lt', 'lte'], number),
      of(['between'], fc.oneof(fc.tuple(number, number), fc.tuple(date, date))),
      of(['in', 'not_in'], fc.oneof(few(number), few(text))),
      of(['contains', 'not_contains', 'starts_with', 'ends_with'], text),
      of(['contains_any', 'contains_all', 'not_contains_any'], few(text)),
      of(['before', 'after'], date),
      of(['within_last', 'more_than_ago', 'within_next', 'anniversary_within_next'], span),
      fc.constantFrom<[Operator]>(['exists'], ['not_exists']),
    ),
    fc.constantFrom(undefined, undefined, 'exclude' as const),
  )
  .map(([[operator, value], missing]) => ({ attribute: 'a', operator, value, missing }));
const instant = fc.oneof(fc.constant(NOW), fc.constantFrom('2026-02-28T12:00:00.000Z', '2028-02-28T12:00:00.000Z'));

/** The same as the product page says it, one sentence after the other, without any thought of speed. */
function naive({ operator, value: operand, missing }: WhereCondition, value: Json | undefined, now: string): boolean {
  const isSet = Array.isArray(value);
  const there = ([value] as unknown[]).flat(9).filter((one) => !(one === undefined || one === null || one === ''));
  const own = there.filter((one) => typeof one !== 'object' || Object.keys(one ?? {}).length > 0);
  if (operator === 'exists') return own.length > 0;
  if (operator === 'not_exists') return own.length === 0;
  const operands = [operand].flat();
  const first = operands[0];
  const fold = (one: unknown) => String(one).normalize('NFC').toLowerCase();
  const isDate =
    /^(before|after|within|more|anniversary)/.test(operator) || (operator === 'between' && typeof first === 'string');
  const isOfSet = /contains_/.test(operator);
  const comparable = own.filter((one) => {
    if (isDate) return typeof one === 'string' && !Number.isNaN(Date.parse(one));
    return typeof one === typeof first;
  });
  if (comparable.length === 0 || (isOfSet && !isSet)) return /^(neq|not_)/.test(operator) && missing !== 'exclude';
  const holds = (name: string, one: unknown, other: unknown): boolean => {
    const [a, b] = typeof one === 'string' ? [fold(one), fold(other)] : [Number(one), Number(other)];
    if (name === 'eq') return a === b;
    if (name === 'contains') return isSet ? a === b : String(a).indexOf(String(b)) >= 0;
    if (name === 'starts_with') return String(a).slice(0, String(b).length) === b;
    if (name === 'ends_with') return String(b) === '' || String(a).slice(-String(b).length) === b;
    return { gt: a > b, gte: a >= b, lt: a < b, lte: a <= b }[name] ?? false;
  };
  const any = (name: string, others: unknown[] = operands) =>
    comparable.some((one) => others.some((other) => holds(name, one, other)));
  switch (operator) {
    case 'in':
      return any('eq');
    case 'neq':
    case 'not_in':
      return !any('eq');
    case 'not_contains':
    case 'not_contains_any':
      return !any('contains');
    case 'contains_any':
      return any('contains');
    case 'contains_all':
      return operands.every((other) => any('contains', [other]));
    case 'between':
      if (!isDate) return comparable.some((one) => holds('gte', one, operands[0]) && holds('lte', one, operands[1]));
  }
  if (!isDate) return any(operator);
  return comparable.some((one) => naiveDate(operator, Date.parse(String(one)), operands, Date.parse(now)));
}

function naiveDate(operator: string, ms: number, operands: unknown[], now: number): boolean {
  if (operator === 'before') return ms < Date.parse(String(operands[0]));
  if (operator === 'after') return ms > Date.parse(String(operands[0]));
  if (operator === 'between') return Date.parse(String(operands[0])) <= ms && ms <= Date.parse(String(operands[1]));
  const { days, hours } = operands[0] as { days?: number; hours?: number };
  const length = days === undefined ? Number(hours) * 3_600_000 : days * 86_400_000;
  if (operator === 'within_last') return now - length < ms && ms <= now;
  if (operator === 'within_next') return now <= ms && ms < now + length;
  if (operator === 'more_than_ago') return ms <= now && !(now - length < ms);
  const dayOf = (at: number) => new Date(at).toISOString().slice(5, 10);
  const lastDay = Math.min(now + length - 1, now + 400 * 86_400_000);
  for (let at = Math.floor(now / 86_400_000) * 86_400_000; at <= lastDay; at += 86_400_000) {
    const isEve = dayOf(at) === '02-28' && dayOf(at + 86_400_000) === '03-01';
    if (dayOf(at) === dayOf(ms) || (isEve && dayOf(ms) === '02-29')) return true;
  }
  return false;
}

describe('of any value at any time', () => {
  it('a condition says the same as a naive reading of the product page', () => {
    fc.assert(
      fc.property(anyCondition, anyValue, instant, (one, value, now) => {
        expect(isMet(one, value, now)).toBe(naive(one, value, now));
      }),
      { numRuns: 20_000 },
    );
  });

  it('a condition of these is one that may be written', () => {
    fc.assert(
      fc.property(anyCondition, (one) => {
        expect(whereSchema.safeParse([one]).success).toBe(true);
      }),
    );
  });

  it('a negative operator is the exact complement of its positive one', () => {
    const pairs = fc.oneof(
      fc.tuple(fc.constant(['eq', 'neq'] as const), fc.oneof(number, text)),
      fc.tuple(fc.constant(['in', 'not_in'] as const), fc.oneof(few(number), few(text))),
      fc.tuple(fc.constant(['contains', 'not_contains'] as const), text),
      fc.tuple(fc.constant(['contains_any', 'not_contains_any'] as const), few(text)),
      fc.tuple(fc.constant(['exists', 'not_exists'] as const), fc.constant(undefined)),
    );
    fc.assert(
      fc.property(pairs, fc.oneof(anyValue, fc.jsonValue() as fc.Arbitrary<Json>), ([pair, operand], value) => {
        expect(meets(value, pair[1], operand)).toBe(!meets(value, pair[0], operand));
      }),
      { numRuns: 2_000 },
    );
  });

  it('neither case nor how accents are composed makes a difference', () => {
    const ofTexts = fc.tuple(
      fc.constantFrom<Operator>('eq', 'neq', 'contains', 'not_contains', 'starts_with', 'ends_with'),
      fc.string({ unit: fc.constantFrom(...'aAbßẞsSéÉσΣς', 'e\u0301'), maxLength: 4 }),
      fc.string({ unit: fc.constantFrom(...'aAbßẞsSéÉσΣς', 'e\u0301'), minLength: 1, maxLength: 6 }),
    );
    const disguise = fc.constantFrom<(plain: string) => string>(
      (plain) => plain.toUpperCase(),
      (plain) => plain.toLowerCase(),
      (plain) => plain.normalize('NFD'),
      (plain) => plain.normalize('NFC'),
    );
    fc.assert(
      fc.property(ofTexts, disguise, disguise, ([operator, operand, value], one, other) => {
        expect(meets(one(value), operator, other(operand))).toBe(meets(value, operator, operand));
        expect(meets([one(value)], operator, other(operand))).toBe(meets([value], operator, operand));
      }),
      { numRuns: 2_000 },
    );
  });

  it('a date that is not in the future is either within the last days or more than that ago', () => {
    fc.assert(
      fc.property(dateMs, span, (ms, length) => {
        const [recent, old] = [
          meets(instantOf(ms), 'within_last', length),
          meets(instantOf(ms), 'more_than_ago', length),
        ];
        expect([recent, old]).toEqual(ms > msOf(NOW) ? [false, false] : [recent, !recent]);
      }),
    );
  });

  it('a condition made ready says the same each time', () => {
    fc.assert(
      fc.property(anyCondition, few(anyValue), (one, values) => {
        const holds = holdsBy(one);
        for (const value of [...values, ...values]) {
          expect(holds(value, msOf(NOW))).toBe(isMet(one, value, NOW));
        }
      }),
    );
  });
});
