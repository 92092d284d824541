import { describe, expect, it } from '@jest/globals';
import { compileFilters, compilePattern } from '../../../../../infra/local/runtime/events/filter.ts';

const event = {
  source: 'regulars',
  'detail-type': 'segment.entered',
  detail: { segmentId: 'vip', count: 3, ratio: 0.5, label: 'Gold Card', empty: '', nothing: null, tags: ['a', 'b'] },
  lines: [
    { sku: 'x', price: 5 },
    { sku: 'y', price: 50 },
  ],
};
const detail = (matcher: unknown, field = 'segmentId') => ({ detail: { [field]: [matcher] } });

describe('an event pattern', () => {
  it.each<[string, Record<string, unknown>, boolean]>([
    ['an exact text', { source: ['regulars'] }, true],
    ['another text', { source: ['other'] }, false],
    ['any of several', { source: ['other', 'regulars'] }, true],
    ['all fields', { source: ['regulars'], 'detail-type': ['points.changed'] }, false],
    ['a number as a number only', detail('3', 'count'), false],
    ['null', detail(null, 'nothing'), true],
    ['null is not missing', detail(null, 'absent'), false],
    ['an empty text', detail('', 'empty'), true],
    ['one member of a list', detail('b', 'tags'), true],
    ['prefix', detail({ prefix: 'vi' }), true],
    ['prefix of a number', detail({ prefix: '3' }, 'count'), false],
    ['prefix without case', detail({ prefix: { 'equals-ignore-case': 'GOLD' } }, 'label'), true],
    ['suffix', detail({ suffix: 'ip' }), true],
    ['suffix, no', detail({ suffix: 'vi' }), false],
    ['equals-ignore-case', detail({ 'equals-ignore-case': 'gold card' }, 'label'), true],
    ['wildcard', detail({ wildcard: 'G*d C*' }, 'label'), true],
    ['wildcard takes dots literally', detail({ wildcard: 'v.p' }), false],
    ['numeric range', detail({ numeric: ['>', 2, '<=', 3] }, 'count'), true],
    ['numeric beyond', detail({ numeric: ['>', 3] }, 'count'), false],
    ['numeric of a text', detail({ numeric: ['=', 3] }, 'segmentId'), false],
    ['exists', detail({ exists: true }), true],
    ['exists, no', detail({ exists: true }, 'absent'), false],
    ['not exists', detail({ exists: false }, 'absent'), true],
    ['not exists below a missing object', { other: { field: [{ exists: false }] } }, true],
    ['anything-but', detail({ 'anything-but': ['x', 'y'] }), true],
    ['anything-but, no', detail({ 'anything-but': 'vip' }), false],
    ['anything-but a prefix', detail({ 'anything-but': { prefix: ['vi', 'xx'] } }), false],
    ['anything-but needs the field', detail({ 'anything-but': 'x' }, 'absent'), false],
    ['an object in a list', { lines: { sku: ['y'], price: [50] } }, true],
    ['$or, the second', { $or: [{ source: ['x'] }, { detail: { count: [3] } }] }, true],
    ['$or, none', { $or: [{ source: ['x'] }, { detail: { count: [4] } }] }, false],
    ['$or beside a field', { source: ['x'], $or: [{ detail: { count: [3] } }, { source: ['regulars'] }] }, false],
    ['a name from the prototype', { detail: { toString: [{ exists: true }] } }, false],
  ])('matches by %s', (_, pattern, expected) => {
    expect(compilePattern(pattern)(event)).toBe(expected);
  });

  it.each<[string, Record<string, unknown>]>([
    ['an unknown operator', detail({ cidr: '10.0.0.0/8' })],
    ['two operators in one', detail({ prefix: 'a', suffix: 'b' })],
    ['an unknown comparison', detail({ numeric: ['~', 1] })],
    ['a text in place of a list', { source: 'regulars' }],
    ['an empty list', { source: [] }],
  ])('is refused with %s', (_, pattern) => {
    expect(() => compilePattern(pattern)).toThrow();
  });

  it('is one of several filters, and none at all admits everything', () => {
    expect(compileFilters([{ source: ['x'] }, { source: ['regulars'] }])(event)).toBe(true);
    expect(compileFilters([{ source: ['x'] }])(event)).toBe(false);
    expect(compileFilters([])(event)).toBe(true);
  });
});
