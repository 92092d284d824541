import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, instantOf, MINUTE_MS, msOf } from '../../../shared/domain/instants.ts';
import {
  alternating,
  expectTruth,
  type FlipTold,
  flipsOf,
  flipsOnBus,
  membershipsOf,
  sorted,
} from '../../support/segment-truth.ts';
import { type World, world } from '../../support/segments.ts';

const PEOPLE = ['c1', 'c2', 'c3', 'c4'];
const SEGMENTS = ['s1', 's2', 's3'];
const LISTS = ['l1', 'l2'];
const HOUR_MS = DAY_MS / 24;

const oneOf = <T>(values: readonly T[], condition: (value: T) => object): fc.Arbitrary<object> =>
  fc.constantFrom(...values).map(condition);
const condition = fc.oneof(
  oneOf(['vip', 'old'], (value) => ({ attribute: 'tags', operator: 'contains', value })),
  oneOf(
    [{ hours: 5 }, { days: 1 }, { days: 30 }].flatMap((within) => [1, 2].map((value) => ({ within, value }))),
    (asked) => ({ event: 'order_placed', measure: 'count', operator: 'gte', ...asked }),
  ),
  oneOf([0, 1_500, 4_000], (value) => {
    const measure = { sum: 'totalMinor' };
    return { event: 'order_placed', measure, operator: 'gt', value };
  }),
  oneOf([1, 7], (days) => ({
    attribute: 'purchaseRecency.lastOrderAt',
    operator: 'within_last',
    value: { days },
  })),
  oneOf(['fresh', 'active'], (value) => ({ attribute: 'purchaseRecency.status', operator: 'neq', value })),
  oneOf([50, 100], (value) => ({ attribute: 'points.available', operator: 'gte', value })),
  oneOf([5, 11], (value) => ({ attribute: 'loyalty.score', operator: 'gt', value })),
  oneOf(LISTS, (value) => ({ attribute: 'lists', operator: 'contains', value })),
  oneOf(SEGMENTS, (value) => ({ attribute: 'segments', operator: 'contains', value })),
  oneOf(SEGMENTS, (id) => ({ attribute: 'segments', operator: 'not_contains_any', value: [id] })),
);
const { rule } = fc.letrec<{ rule: object }>((tie) => {
  const several = fc.array(tie('rule'), { minLength: 1, maxLength: 3 });
  const groups = [
    several.map((all) => ({ all })),
    several.map((any) => ({ any })),
    tie('rule').map((not) => ({ not })),
  ];
  return { rule: fc.oneof({ maxDepth: 2, withCrossShrink: true }, condition, ...groups) };
});

type Step = (w: World, nth: number) => Promise<unknown>;
/** Named, so that a counterexample can be read. */
const step = (name: string, done: Step): Step => Object.assign(done, { toString: () => name });
const who = fc.constantFrom(...PEOPLE);
const after = (w: World, ms: number) => instantOf(msOf(w.clock.now) + ms);

const doing = fc.oneof(
  fc
    .tuple(who, fc.constantFrom(700, 2_000), fc.constantFrom(0, -1, -HOUR_MS, -DAY_MS, -7 * DAY_MS, 3 * MINUTE_MS))
    .map(([c, total, ms]) => step(`order ${c} ${total} ${ms}`, (w, n) => w.ordered(c, `o${n}`, total, after(w, ms)))),
  fc.tuple(who, fc.subarray(['vip', 'old'])).map(([c, tags]) => step(`tags ${c} ${tags}`, (w) => w.tagged(c, ...tags))),
  fc
    .tuple(who, fc.constantFrom(60, 100), fc.constantFrom(null, 2 * MINUTE_MS, 3 * HOUR_MS, 2 * DAY_MS))
    .map(([c, points, ms]) =>
      step(`add ${c} ${points} ${ms}`, (w) =>
        w.posted(c, { type: 'add', points, ...(ms !== null && { expiresAt: after(w, ms) }) }),
      ),
    ),
  who.map((c) => step(`spend ${c}`, (w) => w.posted(c, { type: 'spend', points: 50 }))),
  fc
    .tuple(who, fc.constantFrom(...LISTS), fc.boolean())
    .map(([c, l, isOn]) => step(`list ${c} ${l} ${isOn}`, (w) => (isOn ? w.added(l, c) : w.takenOff(l, c)))),
);
const editing = fc.oneof(
  fc.tuple(fc.constantFrom(...SEGMENTS), rule).map(([id, asked]) =>
    step(`put ${id} ${JSON.stringify(asked)}`, async (w) => {
      const told = await w.create(id, asked);
      if (told.status === 409) await w.edit(id, asked);
    }),
  ),
  fc.constantFrom(...SEGMENTS).map((id) => step(`remove ${id}`, (w) => w.remove(id))),
);
const passing = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: 1, max: 200_000 }),
      fc.constantFrom(MINUTE_MS, HOUR_MS, 5 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS),
    ),
    fc.boolean(),
  )
  .map(([ms, isOnTime]) => step(`${isOnTime ? 'on time' : 'late'} ${ms}`, (w) => w.passed(ms, isOnTime)));
const working = fc.constantFrom(
  step('deliver', (w) => w.delivered()),
  step('settle', (w) => w.settled()),
);
const steps = fc.array(
  fc.oneof(
    { arbitrary: doing, weight: 5 },
    { arbitrary: editing, weight: 2 },
    { arbitrary: passing, weight: 3 },
    { arbitrary: working, weight: 2 },
  ),
  { minLength: 3, maxLength: 25 },
);

describe('whatever consumers and staff do, and however time passes', () => {
  it('everyone is in the segments that the facts say, told of each flip once, and nothing drifts', () =>
    fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const w = world();
        await w.born(...PEOPLE);
        for (const listId of LISTS) await w.listed(listId);
        for (const [nth, one] of all.entries()) await one(w, nth);
        await w.settled();
        await w.jobs();
        await w.settled();
        await expectTruth(w, PEOPLE);
      }),
      { numRuns: 150 },
    ));
});

/** What a rule over orders in a window says, flip by flip: the orders' own instants, and so much later each. */
const flipsExpected = (orderedMs: readonly number[], { segmentId, windowMs, least }: (typeof WINDOWS)[number]) => {
  const instants = [...new Set(orderedMs.flatMap((ms) => [ms, ms + windowMs]))].sort((a, b) => a - b);
  const flips: FlipTold[] = [];
  for (const ms of instants) {
    const entered = orderedMs.filter((one) => one > ms - windowMs && one <= ms).length >= least;
    if (entered === (flips.at(-1)?.entered ?? false)) continue;
    flips.push({ segmentId, entered, at: instantOf(ms), cause: orderedMs.includes(ms) ? 'change' : 'time' });
  }
  return flips;
};
const WINDOWS = [
  { segmentId: 'hours', within: { hours: 5 }, windowMs: 5 * HOUR_MS, least: 1 },
  { segmentId: 'days', within: { days: 30 }, windowMs: 30 * DAY_MS, least: 1 },
  { segmentId: 'twice', within: { days: 2 }, windowMs: 2 * DAY_MS, least: 2 },
];
const LAST = { segmentId: 'last', within: { hours: 5 }, windowMs: 5 * HOUR_MS, least: 1 };

describe('the passing of time', () => {
  const gaps = fc.array(
    fc.tuple(
      fc.oneof(
        fc.integer({ min: 1, max: 4 * HOUR_MS }),
        fc.integer({ min: HOUR_MS, max: 40 * DAY_MS }),
        fc.constantFrom(5 * HOUR_MS, 2 * DAY_MS, 30 * DAY_MS),
      ),
      fc.constantFrom(0, 1, 59_999, 3 * MINUTE_MS),
    ),
    { minLength: 1, maxLength: 8 },
  );

  it('lets orders leave a window at their exact instant, told once, also where the job is late and more is ordered', () =>
    fc.assert(
      fc.asyncProperty(gaps, async (all) => {
        const w = world();
        await w.born('c1');
        for (const { segmentId, within, least: value } of WINDOWS) {
          await w.create(segmentId, { event: 'order_placed', measure: 'count', operator: 'gte', value, within });
        }
        const { segmentId, within: value } = LAST;
        await w.create(segmentId, { attribute: 'purchaseRecency.lastOrderAt', operator: 'within_last', value });
        await w.settled();
        const orderedMs: number[] = [];
        for (const [nth, [ms, lateMs]] of all.entries()) {
          await w.passed(ms);
          await w.passed(lateMs, false);
          orderedMs.push(msOf(w.clock.now));
          await w.ordered('c1', `o${nth}`);
          await w.delivered();
        }
        await w.passed(61 * DAY_MS);
        const flips = await flipsOf(w.store, 'c1');
        // Where an order is placed at the very instant at which time does something, either is the cause.
        const dues = new Set(orderedMs.flatMap((ms) => [...WINDOWS, LAST].map(({ windowMs }) => ms + windowMs)));
        const isBoth = (ms: number) => orderedMs.includes(ms) && dues.has(ms);
        const causeless = (flip: FlipTold) => ({ ...flip, cause: isBoth(msOf(flip.at)) ? 'either' : flip.cause });
        const own = (id: string) => flips.filter((flip) => flip.segmentId === id).map(causeless);
        for (const window of WINDOWS) {
          expect(own(window.segmentId)).toEqual(flipsExpected(orderedMs, window).map(causeless));
        }
        // Of two orders only the newer one is known as the last: who was away for less than a minute may not be told of.
        const expected = flipsExpected(orderedMs, LAST).map(causeless);
        const told = own(LAST.segmentId);
        for (const flip of told) expect(expected).toContainEqual(flip);
        expect(told.map(({ entered }) => entered)).toEqual(alternating(told));
        expect(told.at(-1)).toEqual(expected.at(-1));
        expect(sorted(flipsOnBus(w.bus, 'c1'))).toEqual(sorted(flips));
        expect((await membershipsOf(w.store, 'c1'))?.dueAt).toBeNull();
      }),
      { numRuns: 30 },
    ));
});
