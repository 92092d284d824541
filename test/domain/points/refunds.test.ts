import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOfEntry } from '../../../shared/domain/points/ids.ts';
import type { EarningRule } from '../../../shared/domain/points/settings.ts';
import { type Act, added, booksOf, lotsIn, spent } from './books.ts';
import { ABOUT, Sold } from './order.ts';

const fixed = (ruleId: string, points: number, pendingDays?: number): EarningRule => ({
  ...{ ruleId, event: 'order_placed', points },
  ...(pendingDays !== undefined && { pendingDays }),
});
/** What one refund of the whole sum would take, half up. */
const share = (points: number, part: number, whole: number): number =>
  Number((2n * BigInt(points) * BigInt(part) + BigInt(whole)) / (2n * BigInt(whole)));

const rules = fc
  .array(
    fc.record({
      points: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1_000_000_000 })),
      waits: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((all) => all.map(({ points, waits }, n) => fixed(`r${n}`, points, waits ? 5 : undefined)));
const parts = fc.array(fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 10_000_000_000 })), {
  minLength: 1,
  maxLength: 12,
});
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
const refundsOf = fc
  .tuple(parts, fc.boolean(), fc.integer({ min: 1, max: 1_000_000 }))
  .chain(([refunds, isFull, rest]) =>
    fc.record({
      refunds: fc.constant(refunds),
      again: fc.shuffledSubarray(refunds, { minLength: refunds.length }),
      totalMinor: fc.constant(Math.max(1, sumOf(refunds) + (isFull ? 0 : rest))),
      acceptedAfter: fc.integer({ min: 0, max: refunds.length }),
      byTime: fc.boolean(),
      pending: fc.boolean(),
    }),
  );

describe('partial refunds of an order', () => {
  it('take back exactly what one refund of their sum would have taken, in any order, before and after acceptance', () => {
    fc.assert(
      fc.property(rules, refundsOf, (rules, { refunds, again, totalMinor, acceptedAfter, byTime, pending }) => {
        const sold = new Sold(rules, totalMinor, 'debt', pending);
        const shuffled = new Sold(rules, totalMinor, 'debt', pending);
        const atOnce = new Sold(rules, totalMinor, 'debt', pending);
        for (const [n, part] of refunds.entries()) {
          if (n === acceptedAfter) (byTime ? () => sold.pass() : () => sold.acceptOrder())();
          sold.refund(part);
          expect(sold.taken).toEqual(
            rules.map(({ points = 0 }) => share(points, sold.order.refundedMinor, totalMinor)),
          );
        }
        for (const part of again) shuffled.refund(part);
        atOnce.refund(sumOf(refunds));
        for (const other of [shuffled, atOnce]) expect(other.taken).toEqual(sold.taken);
        for (const one of [sold, shuffled, atOnce]) {
          one.acceptOrder();
          expect(one.balances.score + one.balances.pending).toBe(sumOf(one.awards.map((a) => a.points - a.taken)));
          expect(one.balances.pending).toBe(0);
        }
        const isFull = sumOf(refunds) === totalMinor;
        if (isFull) expect(sold.balances).toMatchObject({ score: 0, available: 0, pending: 0 });
      }),
      { numRuns: 1_000 },
    );
  });

  it.each<[string, number, number, number[], number[]]>([
    ['halves round up', 5, 1_000, [500, 500], [3, 5]],
    ['thirds add up', 10, 900, [300, 300, 300], [3, 7, 10]],
    ['small ones, until they make up a point', 1, 1_000, [100, 100, 100, 100, 99, 1], [0, 0, 0, 0, 0, 1]],
    ['of nothing', 10, 900, [0, 900, 0], [0, 10, 10]],
    ['more than doubles hold', 999_999_999, 1e12, [333_333_333_333, 333_333_333_333], [333_333_333, 666_666_666]],
    ['a trillionth short of a half', 999_999_937, 999_999_999_999, [42_207_019_159], [42_207_016]],
  ])('%s', (_, points, totalMinor, refunds, taken) => {
    const sold = new Sold([fixed('r', points)], totalMinor, 'within_balance');
    const seen = refunds.map((part) => {
      sold.refund(part);
      return sold.taken[0];
    });
    expect(seen).toEqual(taken);
    expect(sold.balances.score).toBe(points - (taken.at(-1) ?? 0));
  });

  it('of a free order take nothing back, rejecting it takes all', () => {
    const sold = new Sold([fixed('r', 10)], 0, 'within_balance');
    sold.refund(0);
    expect(sold.balances.score).toBe(10);
    sold.rejectOrder();
    expect(sold.balances.score).toBe(0);
  });

  it('go by what the award gave, whatever the rules say now', () => {
    const perUnit: EarningRule = { ruleId: 'u', event: 'order_placed', pointsPerMajorUnit: 2, capPerDay: 15 };
    const sold = new Sold([perUnit], 1_000, 'within_balance');
    expect(sold.balances.score).toBe(15);
    sold.refund(500);
    expect(sold.balances.score).toBe(7);
    sold.refund(500);
    expect(sold.balances.score).toBe(0);
  });
});

describe('rejecting an order', () => {
  it('takes the rest, whatever was refunded, accepted or rejected by hand before', () => {
    const act = fc.oneof(
      fc.record({ what: fc.constant('refund' as const), n: fc.integer({ min: 0, max: 300 }) }),
      fc.record({ what: fc.constantFrom('accept' as const, 'reject' as const), n: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ what: fc.constantFrom('acceptOrder' as const, 'pass' as const), n: fc.constant(0) }),
    );
    fc.assert(
      fc.property(rules, fc.array(act, { maxLength: 8 }), fc.boolean(), (rules, acts, pending) => {
        const sold = new Sold(rules, 1_000, 'debt', pending);
        for (const { what, n } of acts) {
          if (what === 'refund') sold.refund(Math.min(n, 1_000 - sold.order.refundedMinor));
          else if (what === 'acceptOrder') sold.acceptOrder();
          else if (what === 'pass') sold.pass();
          else sold.settleByHand(what, n);
          const left = sumOf(sold.awards.map(({ points, taken }) => points - taken));
          expect(sold.balances.score + sold.balances.pending).toBe(left);
          for (const { points, taken } of sold.awards) {
            expect(taken).toBeLessThanOrEqual(points);
            if (what === 'refund') expect(taken).toBeGreaterThanOrEqual(share(points, sold.order.refundedMinor, 1_000));
          }
        }
        sold.rejectOrder();
        expect(sold.balances).toMatchObject({ available: 0, score: 0, pending: 0 });
        expect(sold.taken).toEqual(sold.awards.map(({ points }) => points));
        expect(sold.books.account.holds).toEqual([]);
        const before = sold.books;
        sold.rejectOrder();
        expect(sold.books).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  it('by hand in part is not taken back once more by a refund', () => {
    const sold = new Sold([fixed('r', 100)], 1_000, 'debt', true);
    sold.settleByHand('reject', 30);
    sold.refund(200);
    expect(sold.balances.pending).toBe(70);
    sold.refund(300);
    expect(sold.balances.pending).toBe(50);
  });
});

describe('points that were spent already', () => {
  const scenario = fc.array(
    fc.record({ what: fc.constantFrom('refund' as const, 'spend' as const, 'add' as const), n: fc.nat({ max: 40 }) }),
    { maxLength: 12 },
  );

  it('within the balance are left, and later refunds make good what was short', () => {
    fc.assert(
      fc.property(rules, scenario, (rules, acts) => {
        const sold = new Sold(rules, 100, 'within_balance');
        sold.acceptOrder();
        let others = 0;
        for (const { what, n } of acts) {
          if (what === 'spend') sold.spend(n * 1_000_000);
          if (what === 'refund') sold.refund(Math.min(n, 100 - sold.order.refundedMinor));
          if (what === 'add' && n > 0) {
            sold.add(n);
            others += n;
          }
          const { available, score } = sold.balances;
          const due = sold.awards.map(({ points }) => share(points, sold.order.refundedMinor, 100));
          expect(available).toBeGreaterThanOrEqual(0);
          expect(score).toBe(others + sumOf(sold.awards.map(({ points, taken }) => points - taken)));
          for (const [n, taken] of sold.taken.entries()) expect(taken).toBeLessThanOrEqual(due[n] ?? 0);
          if (what === 'refund' && available > 0) expect(sold.taken).toEqual(due);
        }
        sold.add(3_000_000_000);
        sold.refund(100 - sold.order.refundedMinor);
        expect(sold.taken).toEqual(sold.awards.map(({ points }) => points));
      }),
      { numRuns: 500 },
    );
  });

  it('become a debt by the other policy, repaid by the next earning', () => {
    const sold = new Sold([fixed('r', 100)], 1_000, 'debt');
    sold.spend(80);
    sold.refund(1_000);
    expect(sold.balances).toMatchObject({ available: -80, score: 0 });
    sold.add(100);
    expect(sold.balances).toMatchObject({ available: 20, score: 100 });
    expect(lotsIn(sold.books)).toEqual(['12:00 20/100']);
  });
});

describe('what a refund takes', () => {
  const others: Act[] = [added('09:00', 5, '18:00'), added('10:00', 5)];
  it.each<[string, EarningRule, boolean, (sold: Sold) => void, string]>([
    ['at once', fixed('r', 10), false, () => {}, '12:00'],
    ['accepted with the order', fixed('r', 10), true, (sold) => sold.acceptOrder(), '12:00'],
    ['accepted by time', fixed('r', 10, 1), false, (sold) => sold.pass('2026-03-02T12:00:00.000Z'), '12:00'],
    ['accepted by hand', fixed('r', 10), true, (sold) => sold.settleByHand('accept', 10), '12:00'],
  ])('is the award itself, where it is still there: %s', (_, rule, pending, settle, earnedAt) => {
    const sold = new Sold([rule], 1_000, 'within_balance', pending, booksOf(...others));
    settle(sold);
    for (const { lotId, earnedAt: at } of sold.books.account.lots) expect(instantOfEntry(lotId)).toBe(at);
    const untouched = lotsIn(sold.books).filter((lot) => !lot.startsWith(earnedAt));
    sold.refund(400);
    expect(lotsIn(sold.books)).toEqual([...untouched, `${earnedAt} 6/10`]);
    sold.refund(600);
    expect(lotsIn(sold.books)).toEqual(untouched);
  });

  it('is first what waits, then what is there', () => {
    const sold = new Sold([fixed('r', 10)], 1_000, 'within_balance', true, booksOf(...others));
    sold.settleByHand('accept', 4);
    sold.refund(800);
    expect(sold.books.entries.slice(-2).map(({ type, points }) => [type, points])).toEqual([
      ['reject', 6],
      ['reverse', 2],
    ]);
    expect(sold.taken).toEqual([8]);
  });

  it('is other points, in the order of taking, where not enough of the award is left', () => {
    const sold = new Sold([fixed('r', 10)], 1_000, 'within_balance', false, booksOf(added('09:00', 5)));
    sold.books = spent('12:30', 12)(sold.books);
    sold.books = added('13:30', 4)(added('13:00', 4, '18:00')(sold.books));
    expect(lotsIn(sold.books)).toEqual(['13:00 4/4 until 18:00', '12:00 3/10', '13:30 4/4']);
    sold.refund(500);
    expect(sold.taken).toEqual([5]);
    expect(lotsIn(sold.books)).toEqual(['13:00 2/4 until 18:00', '13:30 4/4']);
  });

  it('says which event and which order took it', () => {
    const sold = new Sold([fixed('r', 10)], 1_000, 'within_balance');
    sold.refund(400);
    expect(sold.books.entries.at(-1)).toMatchObject({ type: 'reverse', points: 4, textKey: 'point_sub', about: ABOUT });
  });
});
