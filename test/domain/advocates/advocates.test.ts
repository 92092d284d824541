import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Advocacy, advocacyWith, doneIn, newAdvocacy } from '../../../shared/domain/advocates/activities.ts';
import { influenceOf, influenceRulesOf } from '../../../shared/domain/advocates/influence.ts';
import { type Candidate, newRanking } from '../../../shared/domain/advocates/ranking.ts';
import { ACTIVITIES, type Activity } from '../../../shared/domain/advocates/settings.ts';
import type { ConsumerEvent, JsonObject } from '../../../shared/domain/facts.ts';
import { DAY_MS, instantOf, msOf } from '../../../shared/domain/instants.ts';
import { settingsOf } from '../../../shared/domain/settings.ts';
import { event } from '../metrics/histories.ts';

const NOW = '2026-06-15T12:00:00.000Z';
const rulesOf = (documents: Record<string, JsonObject> = {}) =>
  influenceRulesOf(settingsOf(Object.fromEntries(Object.entries(documents).map(([name, value]) => [name, { value }]))));
const RULES = rulesOf();

const advocacyOf = (events: readonly ConsumerEvent[], mostExact?: number): Advocacy =>
  events.reduce<Advocacy>((advocacy, one) => advocacyWith(advocacy, one, mostExact), {});
const foldedOf = (events: readonly ConsumerEvent[], mostExact?: number): Advocacy => {
  const fold = newAdvocacy(mostExact);
  for (const one of events) fold.add(one);
  return fold.advocacy();
};
const influence = (events: readonly ConsumerEvent[], now = NOW, rules = RULES) =>
  influenceOf(advocacyOf(events), rules, now);
const scoreOf = (events: readonly ConsumerEvent[], now = NOW, rules = RULES) =>
  influence(events, now, rules)?.score ?? 0;

/** The score as the product page says it, event by event, with a calendar of its own: no shared code. */
const WEIGHTS: Record<string, number> = {
  friend_referred: 20,
  review_written: 5,
  share_impression: 5,
  content_shared: 3,
};
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number, month: number) =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
/** Month by month, until the next anniversary would be later than now. */
function monthsSince(at: string, now: string): number {
  const [day, time] = [Number(at.slice(8, 10)), at.slice(10)];
  let [year, month] = [Number(at.slice(0, 4)), Number(at.slice(5, 7))];
  for (let months = 0; ; months++) {
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
    const clamped = String(Math.min(day, daysIn(year, month))).padStart(2, '0');
    if (`${year}-${String(month).padStart(2, '0')}-${clamped}${time}` > now) return months;
  }
}
function bruteForce(events: readonly ConsumerEvent[], now: string): number {
  let score = 0;
  for (const { type, occurredAt } of events) {
    if (occurredAt > now) continue;
    let points = WEIGHTS[type] ?? 0;
    for (let months = monthsSince(occurredAt, now); months > 0; months--) points *= 0.95;
    score += points;
  }
  return score;
}

const types = fc.constantFrom(...ACTIVITIES, 'visit', 'order_placed');
/** Ten years; the ends of months and the very time of day of `now` are common. */
const instants = fc.oneof(
  fc.integer({ min: Date.UTC(2016, 5, 15), max: Date.UTC(2026, 6, 1) }),
  fc
    .record({
      month: fc.integer({ min: 0, max: 120 }),
      day: fc.integer({ min: 28, max: 31 }),
      ms: fc.integer({ min: -1, max: 1 }),
    })
    .map(({ month, day, ms }) => Date.UTC(2016, 5 + month, day, 12) + ms),
);
const histories = fc
  .array(fc.tuple(types, instants), { maxLength: 120 })
  .map((all) => all.map(([type, ms]) => event(type, instantOf(ms))));
const nows = fc
  .oneof(
    fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2027, 0, 1) }),
    fc
      .record({ month: fc.integer({ min: 0, max: 80 }), day: fc.integer({ min: 28, max: 31 }) })
      .map(({ month, day }) => Date.UTC(2020, month, day, 12)),
  )
  .map(instantOf);

describe('the influencer score', () => {
  it.each<[Activity, number]>([
    ['friend_referred', 20],
    ['review_written', 5],
    ['share_impression', 5],
    ['content_shared', 3],
  ])('gives a %s %d points', (type, points) => {
    expect(influence([event(type, NOW)])).toEqual({
      score: points,
      activities: [{ type, count: 1, points }],
      latestMs: msOf(NOW),
    });
  });

  it.each([
    ['2026-06-15T12:00:00.000Z', 0],
    ['2026-05-15T12:00:00.001Z', 0],
    ['2026-05-15T12:00:00.000Z', 1],
    ['2026-04-15T12:00:00.001Z', 1],
    ['2026-04-15T12:00:00.000Z', 2],
    ['2025-06-15T12:00:00.000Z', 12],
    ['2016-06-15T12:00:00.000Z', 120],
    ['1970-01-01T00:00:00.000Z', 677],
  ])('of what happened at %s keeps 95 %% over each of %d whole months', (at, months) => {
    expect(scoreOf([event('friend_referred', at)])).toBeCloseTo(20 * 0.95 ** months, 12);
  });

  it.each([
    ['2026-01-31', '2026-02-28', 1],
    ['2024-02-29', '2025-02-28', 12],
    ['2025-08-31', '2025-09-30', 1],
    ['2026-01-31', '2026-03-30', 1],
    ['2026-01-15', '2026-04-15', 3],
  ])('counts from %s to %s %d months', (from, to, months) => {
    expect(scoreOf([event('review_written', from)], `${to}T12:00:00.000Z`)).toBeCloseTo(5 * 0.95 ** months, 12);
  });

  it('is what brute force gives, for any history over ten years at any instant', () => {
    fc.assert(
      fc.property(histories, nows, (events, now) => {
        const expected = bruteForce(events, now);
        expect(Math.abs(scoreOf(events, now) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected));
      }),
      { numRuns: 500 },
    );
  });

  it('is the sum of its activities, each with its count and its points; it knows the latest', () => {
    fc.assert(
      fc.property(histories, nows, (events, now) => {
        const found = influence(events, now);
        const points = found?.activities.reduce((sum, activity) => sum + activity.points, 0) ?? 0;
        expect(points).toBeCloseTo(bruteForce(events, now), 9);
        const counting = events.filter((one) => one.type in WEIGHTS && one.occurredAt <= now);
        expect(found?.latestMs).toBe(counting.map((one) => msOf(one.occurredAt)).sort((one, other) => other - one)[0]);
        for (const { type, count, points } of found?.activities ?? []) {
          const own = events.filter((one) => one.type === type && one.occurredAt <= now);
          expect(count).toBe(own.length);
          expect(points).toBeCloseTo(bruteForce(own, now), 9);
        }
        expect(found?.activities.map(({ type }) => type) ?? []).toEqual(
          ACTIVITIES.filter((type) => events.some((one) => one.type === type && one.occurredAt <= now)),
        );
      }),
    );
  });

  it('counts what happens now, and nothing that is still to come', () => {
    const [now, later] = [event('review_written', NOW), event('friend_referred', '2026-06-15T12:00:00.001Z')];
    expect(influence([now, later])).toEqual(influence([now]));
    expect(influence([later])).toBeNull();
    expect(scoreOf([now, later], '2026-06-15T12:00:00.001Z')).toBe(25);
  });

  it.each([
    ['friend_referral', 'friend_referred'],
    ['gamified_review', 'review_written'],
    ['social_share', 'content_shared'],
  ])('counts nothing of the module %s where it is off', (module, type) => {
    const all = ACTIVITIES.map((one) => event(one, one === type ? NOW : '2026-06-01'));
    const rules = rulesOf({ modules: { [module]: false } });
    const found = influence(all, NOW, rules);
    expect(found).toEqual(influence(all.filter((one) => one.type !== type)));
    expect(found?.score).toBe(33 - (WEIGHTS[type] ?? 0));
  });

  it.each(['tiers', 'social_follow', 'segment_import'])('is the same whether the module %s is on or off', (module) => {
    const all = ACTIVITIES.map((type) => event(type, NOW));
    expect(influence(all, NOW, rulesOf({ modules: { [module]: false } }))).toEqual(influence(all));
  });

  it('goes by the weights and the share in force; what weighs nothing is not shown', () => {
    const weights = { friend_referred: 0, content_shared: 0.5 };
    const rules = rulesOf({ influence: { weights, keptPerMonth: 0.5 } });
    const all = ACTIVITIES.map((type) => event(type, type === 'friend_referred' ? NOW : '2026-04-15'));
    expect(influence(all, NOW, rules)).toEqual({
      score: 2.625,
      activities: [
        { type: 'review_written', count: 1, points: 1.25 },
        { type: 'share_impression', count: 1, points: 1.25 },
        { type: 'content_shared', count: 1, points: 0.125 },
      ],
      latestMs: Date.UTC(2026, 3, 15, 12),
    });
    expect(scoreOf(all, '2036-06-15T12:00:00.000Z', rulesOf({ influence: { keptPerMonth: 1 } }))).toBe(33);
  });

  it('is nobody’s who did nothing that counts', () => {
    expect(influence([])).toBeNull();
    expect(influence([event('visit', NOW), event('order_placed', NOW)])).toBeNull();
    const weights = Object.fromEntries(ACTIVITIES.map((type) => [type, 0]));
    expect(influence([event('review_written', NOW)], NOW, rulesOf({ influence: { weights } }))).toBeNull();
  });
});

describe('what is kept of a consumer’s activities', () => {
  const shuffledTwice = histories.chain((events) =>
    fc.tuple(
      fc.shuffledSubarray(events, { minLength: events.length }),
      fc.shuffledSubarray(events, { minLength: events.length }),
    ),
  );

  it.each([[1_000], [3], [1]])('is the same in any order, one by one or folded, to the text: %d exact', (mostExact) => {
    fc.assert(
      fc.property(shuffledTwice, ([one, other]) => {
        const text = JSON.stringify(advocacyOf(one, mostExact));
        expect(JSON.stringify(advocacyOf(other, mostExact))).toBe(text);
        expect(JSON.stringify(foldedOf(one, mostExact))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('is every instant, and how often', () => {
    fc.assert(
      fc.property(histories, (events) => {
        for (const type of ACTIVITIES) {
          const counts = new Map<number, number>();
          for (const one of events.filter((one) => one.type === type)) {
            counts.set(msOf(one.occurredAt), (counts.get(msOf(one.occurredAt)) ?? 0) + 1);
          }
          const expected = [...counts].sort(([one], [other]) => one - other).map(([ms, count]) => ({ ms, count }));
          expect(doneIn(advocacyOf(events), type)).toEqual(expected);
        }
      }),
    );
  });

  it('is nothing, and costs nothing, for other events', () => {
    const advocacy = advocacyOf([event('review_written', NOW)]);
    expect(Object.keys(advocacy)).toEqual(['review_written']);
    expect(advocacyWith(advocacy, event('visit', NOW))).toBe(advocacy);
    expect(foldedOf([event('visit', NOW)])).toEqual({});
  });

  it('beyond the newest instants is how often on each day', () => {
    const at = (day: number, hour: number) => event('content_shared', instantOf(Date.UTC(2026, 0, day, hour)));
    const events = [at(1, 3), at(1, 5), at(2, 0), at(2, 23), at(3, 1), at(3, 2), at(3, 2)];
    const done = (day: number, hour: number, count = 1) => ({ ms: Date.UTC(2026, 0, day, hour), count });
    expect(doneIn(advocacyOf(events, 3), 'content_shared')).toEqual([
      done(1, 0, 2),
      done(2, 0),
      done(2, 23),
      done(3, 1),
      done(3, 2, 2),
    ]);
    expect(doneIn(advocacyOf(events, 1), 'content_shared')).toEqual([
      done(1, 0, 2),
      done(2, 0, 2),
      done(3, 0),
      done(3, 2, 2),
    ]);
  });

  it('fits the consumer’s item, however much was done and since when', () => {
    const fold = newAdvocacy();
    const day = (n: number) => event('share_impression', instantOf(n * DAY_MS + (n % 7)));
    for (let n = 0; n < 20_000; n++) for (let times = 0; times <= n % 3; times++) fold.add(day(n));
    for (let n = 0; n < 3_000; n++) fold.add(event('share_impression', instantOf(20_000 * DAY_MS + n * 100_000)));
    const text = fold.advocacy()['share_impression'] ?? '';
    expect(text.length).toBeLessThan(80_000);
    const counted = doneIn(fold.advocacy(), 'share_impression').reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBe(39_999 + 3_000);
  });
});

describe('the ranking', () => {
  const candidate = (consumerId: string, score: number, latestMs = 0): Candidate => ({
    consumerId,
    influence: { score, activities: [], latestMs },
  });
  const bestOf = (candidates: readonly Candidate[], places = 25) => {
    const ranking = newRanking(places);
    for (const one of candidates) ranking.add(one);
    return ranking.best().map(({ consumerId }) => consumerId);
  };

  it.each<[string, Candidate[], string]>([
    ['the greater score first', [candidate('a', 1), candidate('b', 3), candidate('c', 2)], 'b c a'],
    [
      'of equal scores the most recent activity first',
      [candidate('a', 5, 1), candidate('b', 5, 3), candidate('c', 5, 2)],
      'b c a',
    ],
    [
      'of equally recent ones the smaller id first',
      [candidate('c', 5, 1), candidate('a', 5, 1), candidate('b', 5, 1)],
      'a b c',
    ],
    ['scores closer than 1e-9 as equal', [candidate('a', 5 + 9e-10, 1), candidate('b', 5, 2)], 'b a'],
    ['others by themselves', [candidate('a', 5 + 1.1e-9, 1), candidate('b', 5, 2)], 'a b'],
    [
      'those as equal who are close to the best of them',
      [candidate('a', 5 + 16e-10, 1), candidate('b', 5 + 8e-10, 2), candidate('c', 5, 3)],
      'b a c',
    ],
  ])('has %s', (_, candidates, ids) => {
    expect(bestOf(candidates)).toEqual(ids.split(' '));
    expect(bestOf(candidates.toReversed())).toEqual(ids.split(' '));
    expect(bestOf(candidates, 1)).toEqual(ids.split(' ').slice(0, 1));
    expect(bestOf(candidates, 2)).toEqual(ids.split(' ').slice(0, 2));
  });

  it('has as many places as are asked for, and no more', () => {
    const all = Array.from({ length: 60 }, (_, n) => candidate(`c${n}`, n));
    expect(bestOf(all)).toEqual(Array.from({ length: 25 }, (_, n) => `c${59 - n}`));
    expect(bestOf(all.slice(0, 3))).toEqual(['c2', 'c1', 'c0']);
  });

  /** Many of few scores, some of them a rounding apart. */
  const crowd = fc.array(
    fc.record({
      score: fc.integer({ min: 1, max: 4 }),
      dust: fc.constantFrom(0, 0, 1e-13, 4e-10),
      latestMs: fc.integer({ min: 0, max: 50 }),
    }),
    { minLength: 1_000, maxLength: 6_000 },
  );

  it('is that of everyone, though few are at hand at a time', () => {
    fc.assert(
      fc.property(crowd, fc.integer({ min: 1, max: 30 }), (all, places) => {
        const candidates = all.map(({ score, dust, latestMs }, n) => candidate(`c${n}`, score + dust, latestMs));
        const expected = candidates.toSorted(
          (one, other) =>
            Math.round(other.influence.score) - Math.round(one.influence.score) ||
            other.influence.latestMs - one.influence.latestMs ||
            (one.consumerId < other.consumerId ? -1 : 1),
        );
        expect(bestOf(candidates, places)).toEqual(expected.slice(0, places).map(({ consumerId }) => consumerId));
      }),
      // Thousands of candidates would be shrunk for minutes.
      { numRuns: 30, endOnFailure: true },
    );
  });

  it('looks at each of very many equal ones only a few times', () => {
    let looks = 0;
    const ranking = newRanking(25);
    for (let n = 0; n < 20_000; n++) {
      const { influence } = candidate('', 5, (n * 7_919) % 20_000);
      const counting = {
        consumerId: `c${n}`,
        get influence() {
          looks += 1;
          return influence;
        },
      };
      ranking.add(counting);
    }
    expect(ranking.best()).toHaveLength(25);
    expect(looks / 20_000).toBeLessThan(100);
  });

  it('ties by the most recent activity those whose points were added up otherwise', () => {
    const early = [event('friend_referred', '2026-06-01')];
    const late = ['2026-06-01', '2026-06-02', '2026-06-03', '2026-06-04'].map((day) => event('review_written', day));
    const entries = { early, late };
    const candidates = Object.entries(entries).flatMap(([consumerId, events]) => {
      const found = influence(events, '2029-01-20T00:00:00.000Z');
      return found ? [{ consumerId, influence: found }] : [];
    });
    expect(bestOf(candidates)).toEqual(['late', 'early']);
  });
});
