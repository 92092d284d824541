import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Group, Movement } from '../../../shared/domain/segments/counts.ts';
import { counted, countOf, decodedCounts, emptyCounts, encodedCounts } from '../../../shared/domain/segments/counts.ts';

const AT = '2026-03-01T12:00:00.000Z';
const LATER = '2026-03-01T12:00:00.001Z';
const FRIENDS: Group = { listId: 'friends' };
const move = (consumerId: string, isGone: boolean, other: Partial<Movement> = {}): Movement => ({
  ...{ consumerId, group: FRIENDS, since: AT, isGone },
  ...other,
});

describe('the number of members', () => {
  it('is 0 before the first one', () => {
    expect(countOf(emptyCounts(), FRIENDS)).toBe(0);
  });

  it('is kept for each group alone', () => {
    const counts = counted(emptyCounts(), [
      move('c1', false),
      move('c2', false),
      move('c1', false, { group: { ruleVersion: 7 } }),
      move('c1', false, { group: { listId: '7' } }),
    ]);
    const groups: Group[] = [FRIENDS, { ruleVersion: 7 }, { listId: '7' }, { ruleVersion: 8 }];
    expect(groups.map((group) => countOf(counts, group))).toEqual([2, 1, 1, 0]);
  });

  it('counts who comes again after having gone', () => {
    const counts = counted(emptyCounts(), [move('c1', false), move('c1', true), move('c1', false, { since: LATER })]);
    expect(countOf(counts, FRIENDS)).toBe(1);
  });

  it('leaves nothing of a group whose last member has gone', () => {
    expect(counted(emptyCounts(), [move('c1', false), move('c1', true)]).counts).toEqual({});
  });

  it('is the same however often a movement is delivered, and whatever it is stored as', () =>
    fc.assert(
      fc.property(
        fc.array(fc.nat(5), { maxLength: 60 }),
        fc.array(fc.tuple(fc.nat(59), fc.nat(20)), { maxLength: 20 }),
        (toggles, again) => {
          const isIn = new Set<string>();
          const movements = toggles.map((n, at): Movement => {
            const consumerId = `c${n}`;
            const isGone = isIn.delete(consumerId);
            if (!isGone) isIn.add(consumerId);
            return move(consumerId, isGone, { since: `${AT}${isGone ? toggles.lastIndexOf(n, at - 1) : at}` });
          });
          let counts = emptyCounts();
          let start = 0;
          for (const [from, size] of again) {
            counts = decodedCounts(encodedCounts(counted(counts, movements.slice(start, start + size))));
            start = Math.min(movements.length, start + size);
            counts = counted(counts, movements.slice(Math.min(from, start), start));
          }
          counts = counted(counts, movements.slice(start));
          expect(countOf(counts, FRIENDS)).toBe(isIn.size);
        },
      ),
    ));
});
