import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WhereCondition } from '../../../shared/domain/conditions/where.ts';
import type { ConsumerEvent, JsonObject } from '../../../shared/domain/facts.ts';
import { DAY_MS, instantOf, MINUTE_MS, msOf } from '../../../shared/domain/instants.ts';
import {
  newTally,
  nextTallyChangeMs,
  type Tallied,
  type Tally,
  talliedWith,
  tallyKeyOf,
  tallyValueAt,
} from '../../../shared/domain/segments/tally.ts';
import { entriesIn, entriesText } from '../../../shared/domain/segments/tally-text.ts';
import { TALLIES, TOLERATED_AHEAD_MS } from '../../../shared/domain/settings.ts';
import { turns } from '../../support/wrapped-stores.ts';
import { event } from '../metrics/histories.ts';

const HOUR_MS = 60 * MINUTE_MS;
const NOW = '2026-06-01T12:00:00.000Z';
const NOW_MS = msOf(NOW);

const asked = (other: Partial<Tallied> = {}): Tallied => ({
  event: 'order_placed',
  where: [],
  measure: 'count',
  within: null,
  ...other,
});
const SUM = { sum: 'totalMinor' };
const order = (atMs: number, totalMinor: unknown = 100, more: JsonObject = {}): ConsumerEvent =>
  event('order_placed', instantOf(atMs), { totalMinor: totalMinor as number, ...more });
const tallyOf = (tallied: Tallied, events: readonly ConsumerEvent[], mostExact?: number): Tally | undefined =>
  events.reduce<Tally | undefined>((tally, one) => talliedWith(tally, tallied, one, mostExact), undefined);
const worthOf = (tallied: Tallied, events: readonly ConsumerEvent[], nowMs = NOW_MS) =>
  tallyValueAt(tallyOf(tallied, events), tallied, nowMs);

describe('what is asked of events', () => {
  const where: WhereCondition[] = [{ attribute: 'items.category', operator: 'contains', value: 'vinyl' }];

  it.each<[string, Tallied, Tallied]>([
    [
      'the same in another order',
      asked({ where, measure: SUM }),
      { within: null, measure: SUM, where, event: 'order_placed' },
    ],
    ['what is undefined', asked({ within: { days: 7 } }), asked({ within: { days: 7, hours: undefined } })],
    ['the rest of the condition', asked(), { ...asked(), operator: 'gte', value: 2 } as Tallied],
  ])('has one key, whatever %s', (_, one, other) => {
    expect(tallyKeyOf(one)).toMatch(/^[\w-]{16}$/);
    expect(tallyKeyOf(other)).toBe(tallyKeyOf(one));
  });

  it('has another key where anything is another', () => {
    const others = [
      asked(),
      asked({ event: 'visit' }),
      asked({ where }),
      asked({ where: [...where, ...where] }),
      asked({ measure: SUM }),
      asked({ measure: { sum: 'discountMinor' } }),
      asked({ within: { days: 7 } }),
      asked({ within: { hours: 7 } }),
    ];
    expect(new Set(others.map(tallyKeyOf)).size).toBe(others.length);
  });
});

describe('an event counts', () => {
  it.each<[string, Partial<Tallied>, ConsumerEvent[], number]>([
    ['of the type', {}, [order(0), event('visit', NOW)], 1],
    ['as often as there is one at the same instant', {}, [order(5), order(5), order(5), order(6)], 4],
    ['with what is at the path', { measure: SUM }, [order(0, 250), order(1, 49)], 299],
    [
      'with all that is at the path',
      { measure: { sum: 'a.b' } },
      [order(0, 0, { a: [{ b: 2 }, { b: 0.5 }, {}] })],
      2.5,
    ],
    ['for nothing where there is no number', { measure: SUM }, [order(0, '250'), order(1, null)], 0],
    ['below nothing', { measure: SUM }, [order(0, 100), order(1, -250)], -150],
    ['in full, then all taken back', { measure: SUM }, [order(7, 0.1), order(7, -0.1)], 0],
    [
      'where all conditions hold',
      { where: [{ attribute: 'totalMinor', operator: 'gte', value: 100 }] },
      [order(0, 100), order(1, 99)],
      1,
    ],
    [
      'where a negative one holds',
      { where: [{ attribute: 'coupon', operator: 'neq', value: 'x' }] },
      [order(0), order(1, 1, { coupon: 'X' })],
      1,
    ],
  ])('%s', (_, tallied, events, value) => {
    expect(worthOf(asked(tallied), events)).toBe(value);
    expect(worthOf(asked({ ...tallied, within: { days: 36_500 } }), events)).toBe(value);
  });

  it('by conditions on dates as of its own instant', () => {
    const tallied = asked({ where: [{ attribute: 'releasedAt', operator: 'within_last', value: { days: 2 } }] });
    const bought = (daysAfter: number) => order(daysAfter * DAY_MS, 1, { releasedAt: '1970-01-01T00:00:00.000Z' });
    expect(worthOf(tallied, [bought(0), bought(1), bought(2), bought(3)])).toBe(2);
  });

  it('leaves no tally where none does', () => {
    expect(tallyOf(asked({ measure: SUM }), [event('visit', NOW), order(NOW_MS, 0)])).toBeUndefined();
    expect(tallyValueAt(undefined, asked(), NOW_MS)).toBe(0);
    expect(nextTallyChangeMs(undefined, asked(), NOW_MS)).toBeNull();
  });
});

describe('a sum is exact', () => {
  it.each<[string, unknown[], number]>([
    ['of tenths', Array(10).fill(0.1), 1],
    ['of thirds, each rounded once', [1 / 3, 1 / 3, 1 / 3], 0.999999],
    ['of millionths', [0.000001, 0.000002], 0.000003],
    ['of less than half of one', [0.0000004, 0.0000004], 0],
    ['of the most that an order may be', [1e12, 1, 1e12], 2_000_000_000_001],
    ['of more millionths than numbers hold', [9_007_199_254.740_99, 0.25], 9_007_199_254.990_99],
    ['of great and small', [1e15, 0.5, -1e15], 0.5],
    ['of what is beyond all measure', [1e300, 7], 1e15 + 7],
    ['of what is beyond all numbers', [[1e308, 1e308]], 1e15],
  ])('%s', (_, values, sum) => {
    const events = values.map((value, n) => order(n, value));
    expect(worthOf(asked({ measure: SUM }), events)).toBe(sum);
    expect(worthOf(asked({ measure: SUM }), events.toReversed())).toBe(sum);
    expect(worthOf(asked({ measure: SUM, within: { hours: 1 } }), events, 1_000)).toBe(sum);
  });
});

describe('a window is (now − n, now]', () => {
  it.each<[string, Tallied['within'], number, number]>([
    ['6.8 days ago, of 7 days', { days: 7 }, -6.8 * DAY_MS, 1],
    ['a millisecond less than 7 days ago', { days: 7 }, -7 * DAY_MS + 1, 1],
    ['exactly 7 days ago', { days: 7 }, -7 * DAY_MS, 0],
    ['7.2 days ago', { days: 7 }, -7.2 * DAY_MS, 0],
    ['now', { days: 7 }, 0, 1],
    ['a millisecond from now', { days: 7 }, 1, 0],
    ['five minutes from now', { days: 7 }, 5 * MINUTE_MS, 0],
    ['exactly 36 hours ago', { hours: 36 }, -36 * HOUR_MS, 0],
    ['a millisecond less', { hours: 36 }, -36 * HOUR_MS + 1, 1],
    ['exactly half a day ago', { days: 0.5 }, -12 * HOUR_MS, 0],
    ['long ago, of all time', null, -20_000 * DAY_MS, 1],
    ['a millisecond from now, of all time', null, 1, 0],
  ])('%s', (_, within, agoMs, value) => {
    expect(worthOf(asked({ within }), [order(NOW_MS + agoMs)])).toBe(value);
    expect(worthOf(asked({ within }), [order(NOW_MS + agoMs), order(NOW_MS), order(NOW_MS - 1)])).toBe(value + 2);
  });

  it('where the newest event is five minutes ahead of now, those still in the window are known', () => {
    const week = asked({ within: { days: 7 } });
    const events = [order(NOW_MS - 7 * DAY_MS + 1), order(NOW_MS + TOLERATED_AHEAD_MS)];
    expect(worthOf(week, events)).toBe(1);
    expect(worthOf(week, events, NOW_MS + TOLERATED_AHEAD_MS)).toBe(1);
    expect(worthOf(asked(), events)).toBe(1);
    expect(worthOf(asked(), events, NOW_MS + TOLERATED_AHEAD_MS)).toBe(2);
  });
});

describe('time alone changes the value', () => {
  it.each<[string, Partial<Tallied>, [number, number?][], number | null]>([
    ['when the oldest leaves the window', { within: { days: 7 } }, [[-6 * DAY_MS], [-DAY_MS]], DAY_MS],
    ['when one that is ahead comes in', { within: { days: 7 } }, [[-DAY_MS], [MINUTE_MS]], MINUTE_MS],
    ['when one that is ahead comes in, of all time', {}, [[-DAY_MS], [MINUTE_MS], [MINUTE_MS + 1]], MINUTE_MS],
    ['never, of all time', {}, [[-DAY_MS], [0]], null],
    ['never, when all have left', { within: { days: 7 } }, [[-7 * DAY_MS]], null],
    [
      'not when what leaves is nothing',
      { within: { days: 7 }, measure: SUM },
      [
        [-6 * DAY_MS, 5],
        [-6 * DAY_MS, -5],
        [-DAY_MS, 1],
      ],
      6 * DAY_MS,
    ],
  ])('%s', (_, tallied, events, next) => {
    const tally = tallyOf(
      asked(tallied),
      events.map(([ms, amount]) => order(NOW_MS + ms, amount)),
    );
    expect(nextTallyChangeMs(tally, asked(tallied), NOW_MS)).toBe(next === null ? null : NOW_MS + next);
  });
});

/** Instants that meet each other, and the ends of each other's windows, often. */
const steps = fc.oneof(
  fc.integer({ min: 0, max: 60 }).map((n) => n * HOUR_MS),
  fc.integer({ min: 0, max: 60 * HOUR_MS }),
);
const spread = fc.oneof(
  { weight: 3, arbitrary: steps },
  steps.map((step) => 59 * HOUR_MS + Math.floor(step / 600)),
);
/** Many within minutes: what is put together leaves while what was close to it stays. */
const dense = fc.integer({ min: 0, max: 900 }).map((seconds) => seconds * 1_000);
const amounts = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -5, max: 60_000 }) },
  fc.double({ min: -2, max: 2, noNaN: true }),
  fc.constantFrom(1e12, 9e14, 0.1, 0),
);
const world = fc.record({
  events: fc.oneof(...[spread, dense].map((instant) => fc.array(fc.tuple(instant, amounts), { maxLength: 40 }))),
  measure: fc.constantFrom<Tallied['measure']>('count', SUM),
  within: fc.constantFrom<Tallied['within']>(null, { hours: 12 }, { days: 1 }, { hours: 0.1 }, { days: 365 }),
});
const START_MS = Date.UTC(2026, 0, 1);
const eventsOf = (events: [number, number][]) => events.map(([ms, amount]) => order(START_MS + ms, amount));
const millionths = (amount: number) => Math.trunc(amount) * 1e6 + Math.round((amount - Math.trunc(amount)) * 1e6);

describe('whatever happens', () => {
  it('any order of the same events leaves the same text, one by one or many in turn', () => {
    const shuffled = world.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all.events, { minLength: all.events.length }),
        fc.constantFrom(3, 10, 1_000),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([{ events, measure, within }, others, mostExact]) => {
        const tallied = asked({ measure, within });
        const tally = tallyOf(tallied, eventsOf(events), mostExact);
        expect(tallyOf(tallied, eventsOf(others), mostExact)).toBe(tally);
        const inTurn = newTally(tallied, undefined, mostExact);
        for (const one of eventsOf(events.toSorted(([a], [b]) => a - b))) inTurn.add(one);
        expect(inTurn.tally()).toBe(tally);
      }),
      { numRuns: 1_000 },
    );
  });

  it('the value is what counting all events gives, at every instant no earlier than five minutes before the newest', () => {
    fc.assert(
      fc.property(world, fc.array(steps, { minLength: 1 }), ({ events, measure, within }, laters) => {
        const tallied = asked({ measure, within });
        const tally = tallyOf(tallied, eventsOf(events));
        const earliest = START_MS + Math.max(0, ...events.map(([ms]) => ms)) - TOLERATED_AHEAD_MS;
        const windowMs = (within?.days ?? 0) * DAY_MS + (within?.hours ?? 0) * HOUR_MS;
        for (const later of [0, 1, TOLERATED_AHEAD_MS, ...laters]) {
          const nowMs = earliest + later;
          const counted = events.filter(([ms]) => {
            const atMs = START_MS + ms;
            return atMs <= nowMs && (within === null || nowMs - atMs < windowMs);
          });
          const sum = counted.reduce((all, [, amount]) => all + BigInt(millionths(amount)), 0n);
          const expected = measure === 'count' ? counted.length : Number(`${sum}e-6`);
          expect(tallyValueAt(tally, tallied, nowMs)).toBe(expected);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('between now and the next change nothing changes, and at it something does', () => {
    const positive = world.map(({ events, ...other }) => ({
      ...other,
      events: events.map(([ms, amount]): [number, number] => [ms, 2 ** (Math.abs(Math.round(amount)) % 20)]),
    }));
    fc.assert(
      fc.property(positive, steps, fc.double({ min: 0, max: 1, noNaN: true }), ({ events, ...other }, later, share) => {
        const tallied = asked(other);
        const tally = tallyOf(tallied, eventsOf(events));
        const newest = START_MS + Math.max(0, ...events.map(([ms]) => ms));
        let nowMs = newest - TOLERATED_AHEAD_MS + Math.floor(later / 100);
        for (let changes = 0; changes < 100; changes++) {
          const value = tallyValueAt(tally, tallied, nowMs);
          const next = nextTallyChangeMs(tally, tallied, nowMs);
          const until = next ?? nowMs + 400 * DAY_MS;
          expect(until).toBeGreaterThan(nowMs);
          expect(tallyValueAt(tally, tallied, nowMs + Math.floor(share * (until - 1 - nowMs)))).toBe(value);
          expect(tallyValueAt(tally, tallied, until - 1)).toBe(value);
          if (next === null) return;
          nowMs = next;
        }
        throw new Error('it never ends');
      }),
      { numRuns: 500 },
    );
  });

  it('the newest events of many are exact, the others by a part of the window', () => {
    const tallied = asked({ within: { days: 64 } });
    const many = Array.from({ length: 900 }, (_, n) => order(NOW_MS - n * HOUR_MS));
    const tally = tallyOf(tallied, many, 100);
    expect(entriesIn(tally ?? '').length).toBeLessThanOrEqual(100 + 65);
    for (let hour = 0; hour < 64 * 24; hour++) {
      const nowMs = NOW_MS + hour * HOUR_MS + 1;
      const count = Math.min(900, Math.max(0, 64 * 24 - hour));
      const value = tallyValueAt(tally, tallied, nowMs);
      if (count <= 100) expect(value).toBe(count);
      expect(value).toBeGreaterThanOrEqual(Math.min(count, 100));
      expect(value).toBeLessThanOrEqual(count);
      expect(value).toBeGreaterThan(count - 26);
    }
  });

  it.each<[string, Tallied['within'], number[], number]>([
    ['as long as somebody may see it', { hours: 1 }, [-HOUR_MS - TOLERATED_AHEAD_MS + 1, 0], 2],
    ['no longer', { hours: 1 }, [-HOUR_MS - TOLERATED_AHEAD_MS, 0], 1],
    ['apart as long as it may lie ahead, of all time', null, [-2 * DAY_MS, -TOLERATED_AHEAD_MS + 1, 0], 3],
    ['together with all before, of all time', null, [-2 * DAY_MS, -TOLERATED_AHEAD_MS, 0], 2],
  ])('an event is kept %s', (_, within, events, kept) => {
    const tally = tallyOf(
      asked({ within }),
      events.map((ms) => order(NOW_MS + ms)),
    );
    expect(entriesIn(tally ?? '')).toHaveLength(kept);
  });

  it('what was put together at an instant that nobody sees any more is gone at once, whichever came last', () => {
    const tallied = asked({ within: { hours: 0.1 } });
    const stepMs = Math.ceil((6 * MINUTE_MS + TOLERATED_AHEAD_MS) / TALLIES.coarseSteps);
    const goneMs = 20 * stepMs + 5_000;
    const newestMs = goneMs + 6 * MINUTE_MS + TOLERATED_AHEAD_MS;
    const older = [1_000, 2_000, 3_000].map((after) => order(goneMs + after));
    const newest = [order(newestMs), order(newestMs)];
    for (const events of [
      [...older, ...newest],
      [...newest, ...older],
      [...newest, ...older.toReversed()],
    ]) {
      const kept = entriesIn(tallyOf(tallied, events, 3) ?? '').map(({ ms }) => ms - goneMs);
      expect(kept).toEqual([2_000, 3_000, newestMs - goneMs]);
    }
  });

  it('of all time, many at once are a sum that loses none', () => {
    const burst = Array.from({ length: 500 }, (_, n) => order(NOW_MS + n * 10, n));
    const tally = tallyOf(asked({ measure: SUM }), burst, 20);
    expect(entriesIn(tally ?? '').length).toBeLessThanOrEqual(21 + 65);
    expect(tallyValueAt(tally, asked({ measure: SUM }), NOW_MS + DAY_MS)).toBe((500 * 499) / 2);
    expect(tallyValueAt(tally, asked({ measure: SUM }), NOW_MS - 5_000)).toBe(0);
  });
});

describe('the text', () => {
  const entries = fc
    .uniqueArray(fc.oneof(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })))
    .chain((instants) =>
      fc
        .array(
          fc.oneof(fc.constant(1_000_000n), fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt(-99n, 99n)),
          {
            minLength: instants.length,
            maxLength: instants.length,
          },
        )
        .map((all) => instants.sort((a, b) => a - b).map((ms, n) => ({ ms, amount: all[n] ?? 0n }))),
    );

  it('reads as it was written, is one for one list, and needs no escape in JSON', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const text = entriesText(list);
        expect(entriesIn(text)).toEqual(list);
        expect(entriesText(entriesIn(text))).toBe(text);
        expect(JSON.stringify(text)).toBe(`"${text}"`);
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['a count each few days', 'count', 3 * DAY_MS, 6.1],
    ['a count each few hours', 'count', 4 * HOUR_MS, 5.5],
    ['a count each few minutes', 'count', 10 * MINUTE_MS, 4.7],
    ['an order each few days', SUM, 3 * DAY_MS, 9.9],
  ] as const)('takes few bytes an entry: %s', (_, measure, gapMs, most) => {
    const turn = turns(7);
    const next = () => Array.from({ length: 12 }, turn).reduce((sum, digit) => (sum + digit) / 5, 0);
    let ms = NOW_MS;
    const events = Array.from({ length: 300 }, () => {
      ms += Math.round(2 * gapMs * next());
      return order(ms, 500 + Math.round(20_000 * next()));
    });
    const tally = tallyOf(asked({ measure, within: { days: 36_500 } }), events) ?? '';
    expect(tally.length / 300).toBeLessThan(most);
  });
});
