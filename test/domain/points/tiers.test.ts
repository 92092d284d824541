import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TierState } from '../../../shared/domain/points/account.ts';
import {
  type Ladder,
  ladderOf,
  nextTier,
  tierAfter,
  tierAt,
  tierInForce,
  tierNamed,
} from '../../../shared/domain/points/tiers.ts';
import { added, booksBy, booksOf, clerk, debited, noBooks, on, spent, until, waiting } from './books.ts';

const tier = (tierId: string, threshold: number) => ({ tierId, name: tierId.toUpperCase(), threshold });
const [bronze, silver, gold] = [tier('bronze', 10), tier('silver', 100), tier('gold', 500)];
const ladder = ladderOf([gold, bronze, silver], true);
const AT = '2026-03-01T12:00:00.000Z';
const since = '2026-01-01T00:00:00.000Z';
const state = (tierId: string | null, manual = false): TierState => ({ tierId, since, manual, cause: 'change' });

describe('the ladder', () => {
  it('stands lowest first, however it was written, and is none while the module is off', () => {
    expect(ladder).toEqual([bronze, silver, gold]);
    expect(ladderOf([gold, bronze], false)).toBeNull();
  });

  it.each<[number, string | null]>([
    [-1, null],
    [0, null],
    [9, null],
    [10, 'bronze'],
    [99, 'bronze'],
    [100, 'silver'],
    [499, 'silver'],
    [500, 'gold'],
    [1e12, 'gold'],
  ])('a score of %d stands at %s', (score, tierId) => {
    expect(tierAt(score, ladder)?.tierId ?? null).toBe(tierId);
  });

  it.each<[string, Ladder]>([
    ['that is empty', []],
    ['of a module that is off', null],
  ])('%s has no tier for anybody', (_, none) => {
    expect(tierAt(1e9, none)).toBeNull();
    expect(tierNamed('gold', none)).toBeNull();
    expect(tierInForce(state('gold', true), 1e9, none)).toEqual({ tier: null, manual: false });
    expect(nextTier(null, 0, none)).toBeNull();
  });

  it('may begin at 0, and leaves who is below it without a tier', () => {
    const fromZero = ladderOf([tier('member', 0), silver], true);
    expect(tierAt(0, fromZero)?.tierId).toBe('member');
    expect(tierAt(-1, fromZero)).toBeNull();
    expect(nextTier(null, -5, fromZero)).toMatchObject({ tier: { tierId: 'member' }, pointsNeeded: 5 });
  });
});

describe('the tier in force', () => {
  const changed = ladderOf([bronze, tier('silver', 50), tier('platinum', 900)], true);
  it.each<[string, TierState, number, Ladder, string | null, boolean]>([
    ['earned', state('bronze'), 120, ladder, 'silver', false],
    ['lost, as the score sinks', state('gold'), 120, ladder, 'silver', false],
    ['given by hand, while the score is below', state('gold', true), 120, ladder, 'gold', true],
    ['given by hand, though nothing was earned', state('gold', true), 0, ladder, 'gold', true],
    ['given by hand, 1 point before it is earned', state('gold', true), 499, ladder, 'gold', true],
    ['earned, as the score reaches what was given', state('gold', true), 500, ladder, 'gold', false],
    ['earned, beyond what was given', state('silver', true), 500, ladder, 'gold', false],
    ['the score’s, where the ladder lost what was given', state('gold', true), 60, changed, 'silver', false],
    ['still given, where the ladder moved it but not to the score', state('silver', true), 40, changed, 'silver', true],
    ['earned, where the ladder brought it to the score', state('silver', true), 60, changed, 'silver', false],
    ['none', state(null), 9, ladder, null, false],
  ])('is %s', (_, before, score, on, tierId, manual) => {
    const inForce = tierInForce(before, score, on);
    expect([inForce.tier?.tierId ?? null, inForce.manual]).toEqual([tierId, manual]);
  });
});

describe('the state after a change', () => {
  const moved = { at: AT, cause: 'time' as const };
  it.each<[string, TierState, number, Ladder, TierState]>([
    ['moves up', state('bronze'), 100, ladder, { tierId: 'silver', since: AT, manual: false, cause: 'time' }],
    ['moves down', state('gold'), 9, ladder, { tierId: null, since: AT, manual: false, cause: 'time' }],
    ['stays while given by hand', state('gold', true), 100, ladder, state('gold', true)],
    ['stays since then, once what was given is earned', state('gold', true), 500, ladder, state('gold')],
    ['stays where it was while the module is off', state('gold', true), 9, null, state('gold', true)],
  ])('%s', (_, before, score, on, expected) => {
    expect(tierAfter(before, score, on, moved)).toEqual(expected);
  });

  it('is the very same where nothing moved', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(null, 'bronze', 'silver', 'gold', 'gone'),
        fc.boolean(),
        fc.nat(600),
        (tierId, manual, score) => {
          const once = tierAfter(state(tierId, manual), score, ladder, moved);
          expect(tierAfter(once, score, ladder, moved)).toBe(once);
          const { tier, manual: byHand } = tierInForce(once, score, ladder);
          expect([once.tierId, once.manual]).toEqual([tier?.tierId ?? null, byHand]);
        },
      ),
    );
  });
});

describe('the next tier', () => {
  it.each<[number, string | null, [string, number] | null]>([
    [0, null, ['bronze', 10]],
    [9, null, ['bronze', 1]],
    [10, 'bronze', ['silver', 90]],
    [499, 'silver', ['gold', 1]],
    [500, 'gold', null],
    [20, 'silver', ['gold', 480]],
    [20, 'gold', null],
  ])('of a score of %d in tier %s is %j', (score, tierId, expected) => {
    const next = nextTier(tierNamed(tierId, ladder), score, ladder);
    expect(next && [next.tier.tierId, next.pointsNeeded]).toEqual(expected);
  });
});

describe('an entry of the ledger', () => {
  const onLadder = (...acts: Parameters<typeof booksOf>) => booksBy({ ...clerk, ladder }, ...acts).account.tier;

  it.each<[string, Parameters<typeof booksOf>, Partial<TierState>]>([
    ['earning moves it', [added('09:00', 100)], { tierId: 'silver', since: on('09:00'), cause: 'change' }],
    ['spending never does', [added('09:00', 100), spent('10:00', 100)], { tierId: 'silver', since: on('09:00') }],
    ['expiry never does', [added('09:00', 100, '10:00'), until('11:00')], { tierId: 'silver', since: on('09:00') }],
    [
      'subtracting does',
      [added('09:00', 100), debited('10:00', 'subtract', 1)],
      { tierId: 'bronze', since: on('10:00') },
    ],
    ['pending points don’t', [waiting('09:00', 100)], { tierId: null, since: null }],
    [
      'time that accepts them does',
      [waiting('09:00', 100, { settles: '12:00' }), until('15:00')],
      { tierId: 'silver', since: on('12:00'), cause: 'time' },
    ],
  ])('%s', (_, acts, expected) => {
    expect(onLadder(...acts)).toMatchObject(expected);
  });

  it('that leaves the score alone moves nobody to what an edited ladder would say', () => {
    const edited = { ...clerk, ladder: ladderOf([tier('silver', 1)], true) };
    const before = booksOf(added('09:00', 100));
    expect(spent('10:00', 40)(before, edited).account.tier.tierId).toBeNull();
    expect(debited('10:00', 'subtract', 40)(before, edited).account.tier.tierId).toBe('silver');
  });

  it('moves nobody while the module is off', () => {
    expect(booksOf(added('09:00', 1_000)).account.tier).toEqual(noBooks.account.tier);
  });
});
