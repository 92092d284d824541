import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf, msOf } from '../../../shared/domain/instants.ts';
import { balancesOf, EFFECT, LOT_DIRECTION, type Lot } from '../../../shared/domain/points/account.ts';
import { instantOfEntry } from '../../../shared/domain/points/ids.ts';
import { caughtUp, isBehind, nextChangeAt } from '../../../shared/domain/points/passing-of-time.ts';
import { opened } from '../../../shared/domain/points/posting.ts';
import { tierAt } from '../../../shared/domain/points/tiers.ts';
import { FLOW, replay, replayed, SIGNS, shown, shownAgain } from './replay.ts';
import { clerk, LADDER, Ledger, type Step, steps } from './steps.ts';

const lived = (history: readonly Step[]): Ledger => {
  const ledger = new Ledger();
  for (const step of history) ledger.take(step);
  return ledger;
};

describe('any history of an account', () => {
  it('leaves after every step what the model says: balances, lots in the order of taking, holds', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const ledger = new Ledger();
        for (const step of history) {
          ledger.take(step);
          const { account } = ledger.books;
          const seen = {
            balances: balancesOf(account),
            lots: account.lots.map(lotSeen),
            holds: account.holds.map(({ holdId, kind, points }) => ({ holdId, kind, points })),
          };
          const { model } = ledger;
          const right = { balances: model.balances(), lots: model.openLots(), holds: model.openHolds() };
          if (!isDeepStrictEqual(seen, right)) expect(seen).toEqual(right);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('keeps available = score − spent − reserved − expired, all of it in open lots, below 0 only by a debt', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const ledger = new Ledger();
        for (const step of history) {
          ledger.take(step);
          const { available, score, spent, reserved, expired } = balancesOf(ledger.books.account);
          const inLots = ledger.books.account.lots.reduce((sum, { remaining }) => sum + remaining, 0);
          if (available !== score - spent - reserved - expired) throw new Error('the sum is not right');
          if (inLots !== Math.max(0, available)) throw new Error(`${available} available, ${inLots} in lots`);
        }
        const least = Math.min(0, ...ledger.books.entries.map(({ balances }) => balances.available));
        if (!ledger.mayOwe) expect(least).toBe(0);
      }),
      { numRuns: 700 },
    );
  });

  it('is told by its entries alone: each follows from the one before, and together they are the account', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const { account, entries } = lived(history).books;
        const again = replayed();
        for (const entry of entries) replay(again, entry);
        expect(again.faults).toEqual([]);
        expect(balancesOf(account)).toEqual(again.balances);
        expect(shown(account)).toEqual(shownAgain(again));
        expect(account).toMatchObject({ entries: entries.length, at: again.last?.at ?? null });
        expect(entries.map(({ entryId }) => instantOfEntry(entryId))).toEqual(entries.map(({ at }) => at));
      }),
      { numRuns: 700 },
    );
  });

  it('leaves the tier that the score has earned', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const { account } = lived(history).books;
        expect(account.tier.tierId).toBe(tierAt(account.score, LADDER)?.tierId ?? null);
      }),
      { numRuns: 300 },
    );
  });

  it('caught up at once is what it is caught up in many steps, and again it changes nothing', () => {
    const pauses = fc.array(fc.constantFrom(1, 3_600_000, 12 * 3_600_000, 13 * 3_600_000), { maxLength: 12 });
    fc.assert(
      fc.property(steps, pauses, fc.integer({ min: 1, max: 3 }), (history, pauses, most) => {
        const { books, nowMs } = lived(history);
        const before = opened(books.account);
        const instants = [nowMs, ...pauses.map((_, n) => pauses.slice(0, n + 1).reduce((a, b) => a + b, nowMs))];
        const end = instantOf(instants.at(-1) ?? nowMs);
        const atOnce = caughtUp(before, clerk, end);
        expect(instants.reduce((caught, ms) => caughtUp(caught, clerk, instantOf(ms)), before)).toEqual(atOnce);
        let inPortions = before;
        while (isBehind(inPortions.account, end)) inPortions = caughtUp(inPortions, clerk, end, most);
        expect(inPortions).toEqual(atOnce);
        expect(caughtUp(atOnce, clerk, end)).toBe(atOnce);
        expect((nextChangeAt(atOnce.account) ?? '~') > end).toBe(true);
      }),
      { numRuns: 700 },
    );
  });

  it('books what time did in nobody’s name, and nothing else so', () => {
    fc.assert(
      fc.property(steps, (history) => {
        for (const { cause, actor, type } of lived(history).books.entries) {
          expect(actor).toBe(cause === 'time' ? 'system' : 'staff');
          if (type === 'expire') expect(cause).toBe('time');
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the table of operations', () => {
  it.each(Object.entries(EFFECT))('%s does to the balances what the product page says', (type, effect) => {
    const [score, available, spent, pending, reserved, expired] = SIGNS[type as keyof typeof SIGNS];
    expect({ ...effect }).toEqual({ score, spent, pending, reserved, expired });
    expect(effect.score - effect.spent - effect.reserved - effect.expired + 0).toBe(available);
    expect(LOT_DIRECTION[type as keyof typeof SIGNS]).toBe(FLOW[type as keyof typeof FLOW]);
  });
});

const lotSeen = ({ earnedAt, expiresAt, size, remaining }: Lot) => ({
  earnedMs: msOf(earnedAt),
  expiresMs: expiresAt === null ? Number.POSITIVE_INFINITY : msOf(expiresAt),
  size,
  remaining,
});
