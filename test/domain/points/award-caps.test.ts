import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf } from '../../../shared/domain/instants.ts';
import { balancesOf } from '../../../shared/domain/points/account.ts';
import type { EarningRule } from '../../../shared/domain/points/settings.ts';
import { event } from '../metrics/histories.ts';
import { earnt, termsOf } from './terms.ts';

const rule: EarningRule = { ruleId: 'r', event: 'review_written', points: 4 };
const given = (caps: Partial<EarningRule>, timezone: string, ...times: string[]): number[] =>
  earnt(
    termsOf([{ ...rule, ...caps }], { timezone }),
    times.map((at) => event('review_written', at)),
    '2027-01-01T00:00:00.000Z',
  ).earned.map((one) => one?.awarded ?? Number.NaN);

describe('a cap per day', () => {
  it.each<[string, number, number[]]>([
    ['in full below it', 12, [4, 4, 4]],
    ['in part as it is reached', 10, [4, 4, 2]],
    ['nothing beyond it', 5, [4, 1, 0]],
    ['in part from the first', 3, [3, 0, 0]],
  ])('gives %s', (_, capPerDay, expected) => {
    expect(given({ capPerDay }, 'UTC', '2026-03-01', '2026-03-01', '2026-03-01')).toEqual(expected);
  });

  const [justBefore, at] = [
    (instant: string) => instantOf(Date.parse(instant) - 1),
    (instant: string) => instantOf(Date.parse(instant)),
  ];
  it.each<[string, string, string, string]>([
    ['UTC', 'UTC', '2026-03-01T00:00Z', '2026-03-02T00:00Z'],
    ['London in winter', 'Europe/London', '2026-01-10T00:00Z', '2026-01-11T00:00Z'],
    ['London in summer', 'Europe/London', '2026-06-09T23:00Z', '2026-06-10T23:00Z'],
    ['London as clocks go forward: 23 hours', 'Europe/London', '2026-03-29T00:00Z', '2026-03-29T23:00Z'],
    ['New York as clocks go back: 25 hours', 'America/New_York', '2026-11-01T04:00Z', '2026-11-02T05:00Z'],
    ['New York as clocks go forward: 23 hours', 'America/New_York', '2026-03-08T05:00Z', '2026-03-09T04:00Z'],
    ['Kathmandu', 'Asia/Kathmandu', '2026-03-01T18:15Z', '2026-03-02T18:15Z'],
    ['Auckland, a day ahead', 'Pacific/Auckland', '2026-01-09T11:00Z', '2026-01-10T11:00Z'],
  ])('begins anew with the day of the organization: %s', (_, timezone, begins, ends) => {
    const times = [justBefore(begins), at(begins), justBefore(ends), at(ends)];
    expect(given({ capPerDay: 5 }, timezone, ...times)).toEqual([4, 4, 1, 4]);
  });

  it('counts by when things happened, in whatever order they arrive', () => {
    expect(given({ capPerDay: 5 }, 'UTC', '2026-03-02', '2026-03-01', '2026-03-02', '2026-03-01')).toEqual([
      4, 4, 1, 1,
    ]);
  });
});

describe('a cap per month', () => {
  it.each<[string, string, string, string]>([
    ['UTC', 'UTC', '2026-02-28T23:59:59.999Z', '2026-03-01T00:00:00.000Z'],
    ['London in summer', 'Europe/London', '2026-06-30T22:59:59.999Z', '2026-06-30T23:00:00.000Z'],
    ['New York', 'America/New_York', '2026-03-01T04:59:59.999Z', '2026-03-01T05:00:00.000Z'],
    ['a year later', 'UTC', '2025-03-31T23:59:59.999Z', '2026-03-01T00:00:00.000Z'],
    ['the turn of the year', 'UTC', '2025-12-31T23:59:59.999Z', '2026-01-01T00:00:00.000Z'],
  ])('begins anew with the month of the organization: %s', (_, timezone, last, next) => {
    expect(given({ capPerMonth: 6 }, timezone, last, last, next, last, next)).toEqual([4, 2, 4, 0, 2]);
  });

  it('and one per day hold both', () => {
    const days = ['2026-03-01', '2026-03-01', '2026-03-02', '2026-03-03', '2026-04-01'];
    expect(given({ capPerDay: 5, capPerMonth: 11 }, 'UTC', ...days)).toEqual([4, 1, 4, 2, 4]);
  });
});

describe('a cap', () => {
  it.each<[Partial<EarningRule>, string]>([
    [{ capPerDay: 4 }, 'cap_per_day'],
    [{ capPerMonth: 4 }, 'cap_per_month'],
    [{ capPerDay: 4, capPerMonth: 4 }, 'cap_per_day'],
  ])('%j that leaves nothing says so: %s', (caps, reason) => {
    const { earned, books } = earnt(termsOf([{ ...rule, ...caps }]), [
      event('review_written', '2026-03-01'),
      event('review_written', '2026-03-01'),
    ]);
    expect(earned[0]).toEqual({ awarded: 4, pending: 0 });
    expect(earned[1]).toEqual({ awarded: 0, pending: 0, skipped: [{ ruleId: 'r', reason }] });
    expect(books.entries).toHaveLength(1);
  });

  it('is each rule’s own, and counts what waits', () => {
    const rules = [
      { ...rule, capPerDay: 5 },
      { ...rule, ruleId: 's', capPerDay: 6, pendingDays: 1 },
      { ...rule, ruleId: 't' },
    ];
    const twice = [event('review_written', '2026-03-01'), event('review_written', '2026-03-01')];
    const { earned, books } = earnt(termsOf(rules), twice);
    expect(earned).toEqual([
      { awarded: 8, pending: 4 },
      { awarded: 5, pending: 2 },
    ]);
    expect(balancesOf(books.account)).toMatchObject({ score: 13, pending: 6 });
  });

  it('never gives more in any day or month, over years, in any order', () => {
    const dayNumbers = fc.array(fc.integer({ min: 0, max: 2_500 }), { minLength: 400, maxLength: 1_200, size: 'max' });
    fc.assert(
      fc.property(dayNumbers, (numbers) => {
        const days = numbers.map((n) => instantOf(Date.UTC(2019, 0, 1) + n * 86_400_000));
        const all = given({ capPerDay: 6, capPerMonth: 30 }, 'UTC', ...days);
        for (const [length, cap] of [
          [10, 6],
          [7, 30],
        ] as const) {
          const sums = new Map<string, number>();
          for (const [n, day] of days.entries()) {
            const period = day.slice(0, length);
            sums.set(period, (sums.get(period) ?? 0) + (all[n] ?? Number.NaN));
          }
          expect(Math.max(...sums.values())).toBeLessThanOrEqual(cap);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('remembers what it gave on the newest 400 days: what is older than all of them earns nothing more', () => {
    const days = Array.from({ length: 401 }, (_, n) => instantOf(Date.UTC(2024, 0, 1) + n * 86_400_000));
    const [oldest = '', second = ''] = days;
    const all = given({ capPerDay: 8 }, 'UTC', ...days, oldest, second, second);
    expect(all.slice(0, 401)).toEqual(days.map(() => 4));
    expect(all.slice(401)).toEqual([0, 4, 0]);
  });
});
