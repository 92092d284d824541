import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newUlid } from '../../../shared/data/ids.ts';
import { instantOf, msOf } from '../../../shared/domain/instants.ts';
import {
  entriesFrom,
  entryIdOf,
  instantOfEntry,
  isEntryId,
  markFrom,
  markOf,
} from '../../../shared/domain/points/ids.ts';

const instants = fc
  .oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }))
  .map((ms) => instantOf(ms));
const numbers = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 40 - 1 }));
const marks = fc.constantFrom(
  '00000000',
  'ZZZZZZZZ',
  markOf(newUlid('2026-03-01T12:00:00.000Z')),
  markFrom('c1', 'e1'),
);

describe('ids of entries', () => {
  it('sort as the ledger does: by instant, then by number, whatever the mark', () => {
    fc.assert(
      fc.property(instants, numbers, marks, instants, numbers, marks, (at, n, mark, otherAt, otherN, otherMark) => {
        const isBefore = at < otherAt || (at === otherAt && n < otherN);
        fc.pre(at !== otherAt || n !== otherN);
        expect(entryIdOf(at, n, mark) < entryIdOf(otherAt, otherN, otherMark)).toBe(isBefore);
      }),
      { numRuns: 2_000 },
    );
  });

  it('tell their instant, and look like what they are', () => {
    fc.assert(
      fc.property(instants, numbers, marks, (at, n, mark) => {
        const entryId = entryIdOf(at, n, mark);
        expect(instantOfEntry(entryId)).toBe(at);
        expect(isEntryId(entryId)).toBe(true);
      }),
    );
  });

  it('of an instant and later are all at or behind its text, the earlier ones all before', () => {
    fc.assert(
      fc.property(instants, numbers, marks, instants, (at, n, mark, from) => {
        expect(entryIdOf(at, n, mark) >= entriesFrom(from)).toBe(at >= from);
      }),
      { numRuns: 1_000 },
    );
    const at = '2026-03-01T12:00:00.000Z';
    expect(entryIdOf(at, 1, '00000000') > entriesFrom(at)).toBe(true);
    expect(entryIdOf(instantOf(msOf(at) - 1), 2 ** 40 - 1, 'ZZZZZZZZ') < entriesFrom(at)).toBe(true);
  });

  it.each([
    ['01KJM5D9R00000000001MARK0000', false],
    ['01KJM5D9R0000000017V3K9QZM', true],
    ['81KJM5D9R0000000017V3K9QZM', false],
    ['01kjm5d9r0000000017v3k9qzm', false],
    ['01KJM5D9R0000000017V3K9QZU', false],
    ['my-hold', false],
    ['', false],
  ])('%s is one: %s', (text, isOne) => {
    expect(isEntryId(text)).toBe(isOne);
  });
});

describe('marks', () => {
  it('of new ids are their last, random characters', () => {
    expect(markOf('01KJM5D9R0ABCDEFGH7V3K9QZM')).toBe('7V3K9QZM');
    expect(markOf('abc')).toBe('00000abc');
  });

  it('of texts are the same for the same texts, others for others', () => {
    expect(markFrom('c1', 'e1')).toBe(markFrom('c1', 'e1'));
    expect(new Set([markFrom('c1', 'e1'), markFrom('c1', 'e2'), markFrom('c1e1'), markFrom('c', '1e1')]).size).toBe(4);
    expect(markFrom('c1', 'e1')).toMatch(/^[0-9A-F]{8}$/);
  });
});
