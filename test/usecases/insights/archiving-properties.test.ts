import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, instantOf, msOf } from '../../../shared/domain/instants.ts';
import { countPopulation } from '../../../shared/usecases/insights/population.ts';
import { expectTruth } from '../../support/segment-truth.ts';
import { keptUp, type World, world } from '../../support/segments.ts';

const PEOPLE = ['c1', 'c2', 'c3', 'c4'];
const HOUR_MS = DAY_MS / 24;
const DEFAULT_DAYS = 730;
/** So long a percentile summary may serve that was read before. */
const SUMMARY_KEPT_MS = 5_000;
const RULES = {
  vip: { attribute: 'tags', operator: 'contains', value: 'vip' },
  recent: { event: 'order_placed', measure: 'count', operator: 'gte', value: 1, within: { days: 2 } },
  quiet: { not: { event: 'visit', measure: 'count', operator: 'gte', value: 1, within: { hours: 30 } } },
};

/** What happened, as this test keeps it: nothing of it is read from the table. */
interface Known {
  /** When each consumer did something itself, its creation first. */
  acted: Map<string, number[]>;
  spentMinor: Map<string, number>;
  inactive: Set<string>;
  days: number;
}
type Step = (w: World, known: Known, nth: number) => Promise<unknown>;
/** Named, so that a counterexample can be read. */
const step = (name: string, done: Step): Step => Object.assign(done, { toString: () => name });
const who = fc.constantFrom(...PEOPLE);
const agoMs = fc.constantFrom(0, 0, 0, HOUR_MS, DAY_MS, 3 * DAY_MS, 20 * DAY_MS);

const acting = fc.oneof(
  fc.tuple(who, fc.integer({ min: 1, max: 9 }), agoMs).map(([c, total, ago]) =>
    step(`order ${c} ${total} ${ago}`, async (w, known, nth) => {
      const ms = msOf(w.clock.now) - ago;
      await w.ordered(c, `o${nth}`, total, instantOf(ms));
      known.acted.get(c)?.push(ms);
      known.spentMinor.set(c, (known.spentMinor.get(c) ?? 0) + total);
    }),
  ),
  fc.tuple(who, agoMs).map(([c, ago]) =>
    step(`visit ${c} ${ago}`, async (w, known) => {
      const ms = msOf(w.clock.now) - ago;
      await w.record(c, { type: 'visit', occurredAt: instantOf(ms), attributes: {} });
      known.acted.get(c)?.push(ms);
    }),
  ),
);
/** What others do about a consumer brings nobody back. */
const others = fc.oneof(
  who.map((c) =>
    step(`message ${c}`, (w, _, nth) =>
      w.record(c, { type: 'message_sent', attributes: { messageId: `m${nth}`, channel: 'email' } }),
    ),
  ),
  fc.tuple(who, fc.subarray(['vip'])).map(([c, tags]) => step(`tags ${c} ${tags}`, (w) => w.tagged(c, ...tags))),
  fc.tuple(who, fc.boolean()).map(([c, isActive]) =>
    step(`${isActive ? 'activate' : 'deactivate'} ${c}`, async (w, known) => {
      await w.patched(c, { status: isActive ? 'active' : 'inactive' });
      if (isActive) known.inactive.delete(c);
      else known.inactive.add(c);
    }),
  ),
);
const setting = fc.constantFrom(1, 1.5, 4, 10, DEFAULT_DAYS).map((days) =>
  step(`after ${days} days`, async (w, known) => {
    const body = { archiveAfterDays: days };
    await w.shopping.call('writeSettings', { method: 'PUT', params: { document: 'profile' }, body, now: w.clock.now });
    known.days = days;
  }),
);
const passing = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.constantFrom(HOUR_MS, DAY_MS, 3 * DAY_MS, 20 * DAY_MS)),
    fc.boolean(),
  )
  .map(([ms, isOnTime]) => step(`${isOnTime ? 'on time' : 'late'} ${ms}`, (w) => w.passed(ms, isOnTime)));
const working = fc.constantFrom(
  step('deliver', (w) => w.delivered()),
  step('settle', (w) => w.settled()),
  step('jobs', (w) => w.jobs()),
);
const steps = fc.array(
  fc.oneof(
    { arbitrary: acting, weight: 5 },
    { arbitrary: others, weight: 2 },
    { arbitrary: setting, weight: 1 },
    { arbitrary: passing, weight: 5 },
    { arbitrary: working, weight: 2 },
  ),
  { minLength: 3, maxLength: 30 },
);

const peopled = async (): Promise<{ w: World; known: Known }> => {
  const w = world({
    keep: async (deps, batch) => {
      await keptUp(deps, batch);
      await countPopulation(deps, batch);
    },
  });
  await w.born(...PEOPLE);
  for (const [segmentId, rule] of Object.entries(RULES)) await w.create(segmentId, rule);
  await w.settled();
  const bornMs = msOf(w.clock.now);
  const acted = new Map(PEOPLE.map((consumerId) => [consumerId, [bornMs]]));
  return { w, known: { acted, spentMinor: new Map(), inactive: new Set(), days: DEFAULT_DAYS } };
};

/** Share of the population below, and half of those who tie. */
const percentileOf = (value: number, all: readonly number[]): number => {
  const below = all.filter((one) => one < value).length;
  const same = all.filter((one) => one === value).length;
  return (100 * (below + same / 2)) / all.length;
};

const expectArchived = async (w: World, { acted, spentMinor, inactive, days }: Known) => {
  const nowMs = msOf(w.clock.now);
  const isArchived = (consumerId: string) => Math.max(...(acted.get(consumerId) ?? [])) + days * DAY_MS <= nowMs;
  const counted = PEOPLE.filter((one) => spentMinor.has(one) && !inactive.has(one) && !isArchived(one));
  const values = counted.map((one) => spentMinor.get(one) ?? 0);
  for (const consumerId of PEOPLE) {
    const { body } = await w.shopping.detail(consumerId, { now: instantOf(nowMs + SUMMARY_KEPT_MS) });
    expect({ consumerId, archived: body.archived }).toEqual({ consumerId, archived: isArchived(consumerId) });
    const { percentile } = body.rfm.monetary;
    const right = counted.includes(consumerId) ? percentileOf(spentMinor.get(consumerId) ?? 0, values) : null;
    if (right === null) expect(percentile).toBeNull();
    else expect(Math.abs(percentile - right)).toBeLessThanOrEqual(0.1);
    if (isArchived(consumerId)) expect(body.segments).toEqual([]);
  }
};

describe('whatever consumers do, staff set, and however time passes', () => {
  it('those are archived whose last activity is so long ago; segments and percentiles are of all others', () =>
    fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { w, known } = await peopled();
        for (const [nth, one] of all.entries()) await one(w, known, nth);
        await w.settled();
        await w.jobs();
        await w.settled();
        await expectArchived(w, known);
        await expectTruth(w, PEOPLE);
      }),
      { numRuns: 100 },
    ));

  it('and as long as jobs are on time, nobody is archived any minute later', () =>
    fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { w, known } = await peopled();
        for (const [nth, one] of all.entries()) {
          if (!String(one).startsWith('late')) await one(w, known, nth);
          await w.settled();
          await w.jobs();
        }
        await expectArchived(w, known);
      }),
      { numRuns: 50 },
    ));
});
