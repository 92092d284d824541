import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decaying, plus } from '../../shared/domain/decay.ts';
import type { MetricsState } from '../../shared/domain/facts.ts';
import { instantOf, plusDays } from '../../shared/domain/instants.ts';
import { emptyMetrics } from '../../shared/domain/metrics/fold.ts';
import {
  type Change,
  counted,
  decodedSummary,
  emptySummary,
  encodedSummary,
  errorBoundOf,
  needsRebuild,
  type PopulationSummary,
  populationOf,
  type Ranked,
  rankedOf,
  rebuiltFrom,
  rfmOf,
} from '../../shared/domain/summary.ts';
import { settings } from './metrics/histories.ts';

const NOW = '2026-06-01T12:00:00.000Z';
const ranked = fc.record({
  activity: fc.integer({ min: -1, max: 2 ** 40 }),
  frequency: fc.integer({ min: 0, max: 9 }),
  monetary: fc.integer({ min: 0, max: 100_000 }),
});
const joined = (after: Ranked, id: string): Change => ({ id, before: null, after });
const joinedAll = (everyone: readonly Ranked[]) =>
  counted(
    emptySummary(),
    everyone.map((one, index) => joined(one, `join-${index}`)),
  );

/** Who joins, moves and leaves, and where that leaves everyone. */
const lives = fc
  .array(fc.record({ who: fc.integer({ min: 0, max: 9 }), place: fc.option(ranked) }), { maxLength: 60 })
  .map((steps) => {
    const places = new Map<number, Ranked | null>();
    const all = steps.map(({ who, place }, index): Change => {
      const before = places.get(who) ?? null;
      places.set(who, place);
      return { id: `change-${index}`, before, after: place };
    });
    return { all, everyone: [...places.values()].filter((place) => place !== null) };
  });
const changes = lives.map(({ all }) => all);
const placesIn = ({ activity, frequency, monetary }: PopulationSummary) =>
  [activity, frequency, monetary].map((histogram) => histogram.encoded());
const leftBy = (all: readonly Change[]) => all.reduce((summary, change) => counted(summary, [change]), emptySummary());

describe('counting changes', () => {
  it('one by one, in batches or anew gives the same places', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const oneByOne = leftBy(all);
        expect(encodedSummary(counted(emptySummary(), all))).toBe(encodedSummary(oneByOne));
      }),
    );
  });

  it('twice counts once', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: 60 }), (all, from) => {
        const once = counted(emptySummary(), all);
        expect(encodedSummary(counted(once, all.slice(from)))).toBe(encodedSummary(once));
        expect(encodedSummary(counted(decodedSummary(encodedSummary(once)), all))).toBe(encodedSummary(once));
        expect(encodedSummary(counted(emptySummary(), [...all, ...all]))).toBe(encodedSummary(once));
      }),
    );
  });

  it('remembers the last 2,048 changes, and tells them from others', () => {
    const place = { activity: 1, frequency: 1, monetary: 1 };
    const many = Array.from({ length: 3_000 }, (_, index) => joined(place, `shardId-0001:${10_000_000 + index}`));
    const summary = many.reduce((so, change) => counted(so, [change]), emptySummary());
    expect(populationOf(summary)).toBe(3_000);
    expect(populationOf(counted(summary, many.slice(-2_048)))).toBe(3_000);
    expect(encodedSummary(summary).length).toBeLessThan(15_000);
  });

  it('leaves what it was given as it was', () => {
    const before = joinedAll([{ activity: 1, frequency: 2, monetary: 3 }]);
    const text = encodedSummary(before);
    counted(before, [joined({ activity: 4, frequency: 5, monetary: 6 }, 'x')]);
    rebuiltFrom([], before);
    expect(encodedSummary(before)).toBe(text);
  });
});

describe('a summary', () => {
  it('survives being written as text', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const summary = leftBy(all);
        const again = decodedSummary(encodedSummary(summary));
        expect(encodedSummary(again)).toBe(encodedSummary(summary));
        expect(again.recent).toEqual(summary.recent);
      }),
    );
  });

  it('made anew is the one that changes led to', () => {
    fc.assert(
      fc.property(lives, ({ all, everyone }) => {
        const live = leftBy(all);
        expect(placesIn(rebuiltFrom(everyone))).toEqual(placesIn(live));
        expect(populationOf(live)).toBe(everyone.length);
      }),
    );
  });

  it('is made anew when a percentile may be off by 0.08 points, or when it is a day old and changed', () => {
    const crowd = Array.from({ length: 5_000 }, (_, index) => ({ activity: index, frequency: 1, monetary: index * 7 }));
    const fresh = rebuiltFrom(crowd);
    const [aMinuteAgo, aDayAgo] = [instantOf(Date.parse(NOW) - 60_000), plusDays(NOW, -1)];
    expect(needsRebuild(fresh, aMinuteAgo, NOW)).toBe(false);
    expect(needsRebuild(fresh, aDayAgo, NOW)).toBe(false);
    const stayed = { activity: 1, frequency: 1, monetary: 7 };
    expect(needsRebuild(counted(fresh, [{ id: 'x', before: stayed, after: stayed }]), aDayAgo, NOW)).toBe(false);
    const changed = counted(fresh, [joined({ activity: 1, frequency: 1, monetary: 1 }, 'x')]);
    expect(needsRebuild(changed, aMinuteAgo, NOW)).toBe(false);
    expect(needsRebuild(changed, aDayAgo, NOW)).toBe(true);
    expect(needsRebuild(changed, null, NOW)).toBe(true);
    const crowded = counted(
      fresh,
      Array.from({ length: 20 }, (_, index) =>
        joined({ activity: 1, frequency: 1, monetary: 12_340 + index }, `y${index}`),
      ),
    );
    expect(errorBoundOf(crowded)).toBeGreaterThan(0.08);
    expect(needsRebuild(crowded, aMinuteAgo, NOW)).toBe(true);
    expect(needsRebuild(emptySummary(), null, NOW)).toBe(false);
  });
});

const metrics = (some: Partial<MetricsState>): MetricsState => ({ ...emptyMetrics(), ...some });

describe('the population', () => {
  it.each([
    ['with an order', { orders: 1 }, true, true],
    ['with an engaged message', { messagesEngaged: 1 }, true, true],
    ['with a visit only', { activitySum: decaying(1, NOW, 30) }, true, false],
    ['with a message that was only sent', { messagesSent: 1 }, true, false],
    ['inactive or archived', { orders: 9 }, false, false],
  ])('someone %s: %j, eligible %s, belongs: %s', (_, some, eligible, belongs) => {
    expect(rankedOf(metrics(some), eligible) !== null).toBe(belongs);
  });

  it('is ordered in activity as the decayed sums are, now and later', () => {
    const sums = fc
      .array(fc.integer({ min: 0, max: Date.UTC(2026, 0, 1) }), { minLength: 1, maxLength: 20 })
      .map((instants) => instants.reduce((sum, at) => plus(sum, decaying(1, instantOf(at), 30)), '0'));
    fc.assert(
      fc.property(sums, sums, (one, other) => {
        const place = (activitySum: string) => rankedOf(metrics({ orders: 1, activitySum }), true)?.activity ?? 0;
        if (one === other) expect(place(one)).toBe(place(other));
        expect(place('0')).toBeLessThan(place(one));
        const later = place(plus(one, decaying(1, NOW, 30)));
        expect(later).toBeGreaterThan(place(one));
      }),
    );
  });
});

describe('rfm', () => {
  const everyone = Array.from({ length: 10 }, (_, index) =>
    metrics({
      orders: index + 1,
      paidMinor: 1_000 * (index + 1),
      refundedMinor: 500,
      activitySum: index < 5 ? '0' : decaying(index, NOW, 30),
    }),
  );
  const content = rebuiltFrom(everyone.flatMap((one) => rankedOf(one, true) ?? []));
  const summary = { content, asOf: '2026-06-01T00:00:00.000Z' };

  it('is values now, with percentiles and ranks by the mean rule', () => {
    expect(rfmOf(summary, everyone[9] ?? emptyMetrics(), true, settings.loyalty, plusDays(NOW, 30))).toEqual({
      activity: { value: 4.5, percentile: 95, rank: 5 },
      frequency: { value: 10, percentile: 95, rank: 5 },
      monetary: { value: 9_500, percentile: 95, rank: 5 },
      population: 10,
      asOf: '2026-06-01T00:00:00.000Z',
    });
    expect(rfmOf(summary, everyone[0] ?? emptyMetrics(), true, settings.loyalty, NOW)).toMatchObject({
      activity: { value: 0, percentile: 25, rank: 2 },
      frequency: { value: 1, percentile: 5, rank: 1 },
    });
  });

  it('has values, but no place, for who is outside the population or before the first summary', () => {
    const outside = { value: 3, percentile: null, rank: null };
    expect(rfmOf(summary, everyone[2] ?? emptyMetrics(), false, settings.loyalty, NOW)).toMatchObject({
      frequency: outside,
      population: 10,
    });
    expect(rfmOf(null, everyone[2] ?? emptyMetrics(), true, settings.loyalty, NOW)).toMatchObject({
      frequency: outside,
      population: 0,
      asOf: null,
    });
  });
});
