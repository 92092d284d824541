import { describe, expect, it } from '@jest/globals';
import { makeHandler as archiveInactive } from '../../../functions/insights/jobs/archive-inactive.ts';
import { makeHandler as archiveStep } from '../../../functions/insights/steps/archive-slice.ts';
import { makeHandler as listSlices } from '../../../functions/insights/steps/list-slices.ts';
import { makeHandler as archiveRebuild } from '../../../functions/outbox/jobs/archive-rebuild.ts';
import { DAY_MS, plusDays } from '../../../shared/domain/instants.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import { archiveSlice } from '../../../shared/usecases/insights/archive.ts';
import { settleArchival } from '../../../shared/usecases/insights/archiving.ts';
import { countPopulation } from '../../../shared/usecases/insights/population.ts';
import type { RecordOf } from '../../../shared/usecases/ports/records.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { depsOn, NOW } from '../../support/events.ts';
import { flipsOf, flipsOnBus, membershipsOf, membersOf } from '../../support/segment-truth.ts';
import { keptUp, type World, world } from '../../support/segments.ts';
import { shop } from '../../support/shop.ts';
import { outputOf } from '../../support/workflow.ts';

const later = (days: number) => plusDays(NOW, days);
const EVER = { event: 'order_placed', measure: 'count', operator: 'gte', value: 1 };
const RECENT = { ...EVER, within: { days: 700 } };
const VIP = { attribute: 'tags', operator: 'contains', value: 'vip' };

const profileIn = async (store: Store, consumerId = 'c1') => {
  const [profile] = await store.get([{ kind: 'profile', consumerId }], true);
  if (!profile) throw new Error('there is no consumer');
  return profile;
};
const metricsIn = async (store: Store, consumerId = 'c1') =>
  (await store.get([{ kind: 'metrics', consumerId }], true))[0];
const put = async (store: Store, record: RecordOf<'profile'> | RecordOf<'metrics'>) =>
  store.commit([{ put: record, expect: 'present' }]);

/** With percentiles that follow, too. */
const populated = async (...people: string[]): Promise<World> => {
  const w = world({
    keep: async (deps, batch) => {
      await keptUp(deps, batch);
      await countPopulation(deps, batch);
    },
  });
  await w.born(...people);
  return w;
};
const archiveAfter = async (w: World, archiveAfterDays: number) => {
  const sent = { method: 'PUT', params: { document: 'profile' }, body: { archiveAfterDays }, now: w.clock.now };
  const { status } = await w.shopping.call('writeSettings', sent);
  if (status !== 200) throw new Error('the settings were refused');
};
const visit = (occurredAt?: string) => ({ type: 'visit', occurredAt, attributes: {} });
const refund = { type: 'order_refunded', attributes: { orderId: 'o1', refundId: 'r', amountMinor: 1 } };
const adjusted = { type: 'loyalty_score_adjusted', attributes: { delta: 5, reason: 'r' } };
const populationSeen = async (w: World, consumerId: string) =>
  (await w.shopping.detail(consumerId, { now: w.clock.now })).body.rfm;

describe('a consumer who does nothing', () => {
  it('is created with the instant at which it is archived', async () => {
    const { born, call, store } = shop();
    const { consumerId } = await born({}, { now: NOW });
    expect((await profileIn(store, consumerId)).dueAt).toBe(later(730));
    await call('writeSettings', { method: 'PUT', params: { document: 'profile' }, body: { archiveAfterDays: 1.5 } });
    const next = await born({}, { now: NOW });
    expect((await profileIn(store, next.consumerId)).dueAt).toBe(later(1.5));
  });

  it('is archived by the job of the minute, and shown so', async () => {
    const w = await populated('c1');
    const run = archiveInactive(w.deps);
    const job = (scheduledAt: string) => run({ job: 'archive-inactive', scheduledAt, trigger: 'schedule' });
    expect(await job(later(729))).toEqual({ examined: 0, changed: 0, nextDueAt: later(730) });
    expect(await job(later(730))).toEqual({ examined: 1, changed: 1, nextDueAt: null });
    expect(await job(later(731))).toEqual({ examined: 0, changed: 0, nextDueAt: null });
    const { body } = await w.shopping.detail('c1', { now: later(731) });
    expect(body).toMatchObject({ archived: true, status: 'active', version: 2, lastActivityAt: NOW });
    expect(await metricsIn(w.store)).toMatchObject({ eligible: false });
  });

  it('fails the job where it cannot be archived, and the others are', async () => {
    const w = await populated('c1', 'c2');
    const get: Store['get'] = (keys, fresh) => {
      const isFirst = keys.some((key) => 'consumerId' in key && key.consumerId === 'c1');
      return isFirst ? Promise.reject(new TypeError('down')) : w.store.get(keys, fresh);
    };
    const run = archiveInactive(depsOn({ ...w.store, get }));
    const job = run({ job: 'archive-inactive', scheduledAt: later(730), trigger: 'schedule' });
    await expect(job).rejects.toMatchObject({ name: 'NotArchived' });
    expect((await profileIn(w.store, 'c2')).archived).toBe(true);
  });

  it('leaves the segments at that instant, because of time, and the percentiles', async () => {
    const w = await populated('c1', 'c2');
    await w.tagged('c1', 'vip');
    await w.create('vip', VIP);
    await w.create('ever', EVER);
    await w.create('rest', { not: EVER });
    await w.create('later', { ...EVER, within: { days: 760 } });
    await w.ordered('c1', 'o1', 10);
    await w.settled();
    await w.passed(100 * DAY_MS);
    await w.ordered('c2', 'o1', 20);
    await w.delivered();
    expect(await populationSeen(w, 'c2')).toMatchObject({ population: 2, monetary: { percentile: 75 } });
    await w.passed(631 * DAY_MS);
    expect(await Promise.all(['vip', 'ever', 'rest'].map((id) => membersOf(w.store, id)))).toEqual([[], ['c2'], []]);
    const left = { entered: false, at: later(730), cause: 'time' };
    const flips = await flipsOf(w.store, 'c1');
    expect(flips.filter(({ at }) => at > NOW).sort((a, b) => (a.segmentId < b.segmentId ? -1 : 1))).toEqual([
      { segmentId: 'ever', ...left },
      { segmentId: 'later', ...left },
      { segmentId: 'vip', ...left },
    ]);
    expect(flipsOnBus(w.bus, 'c1').filter(({ entered }) => !entered)).toHaveLength(3);
    expect(await populationSeen(w, 'c1')).toMatchObject({ population: 1, monetary: { percentile: null, rank: null } });
    expect(await populationSeen(w, 'c2')).toMatchObject({ population: 1, monetary: { percentile: 50 } });
    expect((await membershipsOf(w.store, 'c1'))?.dueAt).toBeNull();
  });

  it('is told what time did before it was archived, first, however late all of it is noticed', async () => {
    const w = await populated('c1');
    await w.create('recent', RECENT);
    await w.create('later', { ...EVER, within: { days: 760 } });
    await w.create('lapsed', {
      attribute: 'purchaseRecency.lastOrderAt',
      operator: 'more_than_ago',
      value: { days: 750 },
    });
    await w.ordered('c1', 'o1');
    await w.settled();
    w.clock.now = later(800);
    await w.jobs();
    await w.settled();
    expect((await flipsOf(w.store, 'c1')).filter(({ at }) => at > NOW)).toEqual([
      { segmentId: 'recent', entered: false, at: later(700), cause: 'time' },
      { segmentId: 'later', entered: false, at: later(730), cause: 'time' },
    ]);
  });

  it('is archived whether it is active or not, and counts no more when it is made active', async () => {
    const w = await populated('c1');
    await w.patched('c1', { status: 'inactive' });
    await w.passed(731 * DAY_MS);
    expect(await profileIn(w.store)).toMatchObject({ archived: true, status: 'inactive' });
    await w.patched('c1', { status: 'active' });
    expect(await metricsIn(w.store)).toMatchObject({ eligible: false });
    expect((await profileIn(w.store)).archived).toBe(true);
  });
});

describe('a consumer who does something', () => {
  it('is archived so much later, at the cost of one more look', async () => {
    const w = await populated('c1');
    await w.passed(100 * DAY_MS);
    await w.record('c1', visit());
    expect((await profileIn(w.store)).dueAt).toBe(later(730));
    await w.passed(631 * DAY_MS);
    expect(await profileIn(w.store)).toMatchObject({ archived: false, dueAt: later(830), updatedAt: NOW });
    await w.passed(100 * DAY_MS);
    expect(await profileIn(w.store)).toMatchObject({ archived: true, archivedAt: later(830) });
  });

  it.each<[string, object[], boolean]>([
    ['comes back by an order', [{ type: 'order_placed', attributes: { orderId: 'o2', totalMinor: 5 } }], true],
    ['comes back by a visit', [visit()], true],
    ['comes back by any event of its own', [{ type: 'gift_wrapped', attributes: {} }], true],
    ['comes back by an event that is imported, and recent enough', [visit(later(50))], true],
    ['stays archived after an event that is imported, and too old', [visit(later(1))], false],
    [
      'stays archived after a message',
      [{ type: 'message_sent', attributes: { messageId: 'm', channel: 'sms' } }],
      false,
    ],
    ['stays archived after a refund', [refund], false],
    ['stays archived where staff adjust the score', [adjusted], false],
    ['comes back by several events, one of them recent enough', [visit(later(1)), visit(later(2)), visit()], true],
  ])('%s', async (_, inputs, isBack) => {
    const w = await populated('c1');
    await w.ordered('c1', 'o1');
    await w.passed(731 * DAY_MS);
    const { version } = await profileIn(w.store);
    await w.record('c1', ...(inputs as ReturnType<typeof visit>[]));
    const profile = await profileIn(w.store);
    expect([profile.archived, (await metricsIn(w.store))?.eligible]).toEqual([!isBack, isBack]);
    expect([profile.version, profile.dueAt === null]).toEqual([version + (isBack ? 1 : 0), !isBack]);
  });

  it('is in segments and percentiles again', async () => {
    const w = await populated('c1');
    await w.tagged('c1', 'vip');
    await w.create('vip', VIP);
    await w.ordered('c1', 'o1', 10);
    await w.settled();
    await w.passed(731 * DAY_MS);
    await w.ordered('c1', 'o2', 10);
    await w.delivered();
    expect(await membersOf(w.store, 'vip')).toEqual(['c1']);
    expect((await flipsOf(w.store, 'c1')).at(-1)).toEqual({
      ...{ segmentId: 'vip', entered: true, cause: 'change' },
      at: `${w.clock.now.slice(0, 19)}.000Z`,
    });
    expect(await populationSeen(w, 'c1')).toMatchObject({ population: 1, monetary: { percentile: 50 } });
    expect(await profileIn(w.store)).toMatchObject({ archived: false, dueAt: later(731 + 730) });
    expect((await profileIn(w.store)).archivedAt).toBeUndefined();
  });

  it('comes back, but counts in no percentile, where it is not active', async () => {
    const w = await populated('c1');
    await w.patched('c1', { status: 'inactive' });
    await w.passed(731 * DAY_MS);
    await w.record('c1', visit());
    expect((await profileIn(w.store)).archived).toBe(false);
    expect(await metricsIn(w.store)).toMatchObject({ eligible: false });
  });

  it('is read no more for it than before, unless it counts in no percentile', async () => {
    const w = await populated('c1');
    let reads = 0;
    const get: Store['get'] = (keys, fresh) => {
      reads += 1;
      return w.plain.get(keys, fresh);
    };
    const record = (now: string) => recordEvents(depsOn({ ...w.plain, get }), { consumerId: 'c1', now }, [visit()]);
    await record(later(1));
    expect(reads).toBe(1);
    await w.passed(732 * DAY_MS);
    reads = 0;
    await record(w.clock.now);
    expect(reads).toBe(2);
  });
});

describe('another number of days', () => {
  it('archives those who would be by it, as of then, and looks at all others in time', async () => {
    const w = await populated('c1', 'c2');
    await w.create('all', { not: VIP });
    await w.settled();
    await w.passed(100 * DAY_MS);
    await w.record('c2', visit());
    await archiveAfter(w, 30);
    await w.settled();
    expect(await profileIn(w.store, 'c1')).toMatchObject({ archived: true, archivedAt: later(100) });
    expect(await profileIn(w.store, 'c2')).toMatchObject({ archived: false, dueAt: later(130) });
    expect((await flipsOf(w.store, 'c1')).at(-1)).toMatchObject({ entered: false, at: later(100), cause: 'time' });
    await w.passed(31 * DAY_MS);
    expect(await profileIn(w.store, 'c2')).toMatchObject({ archived: true, archivedAt: later(130) });
  });

  it('brings back those who would not be, and costs nothing for those who are there', async () => {
    const w = await populated('c1', 'c2');
    await archiveAfter(w, 30);
    await w.settled();
    await w.passed(20 * DAY_MS);
    await w.record('c2', visit());
    await w.passed(20 * DAY_MS);
    const before = await profileIn(w.store, 'c2');
    expect((await profileIn(w.store, 'c1')).archived).toBe(true);
    await archiveAfter(w, 60);
    await w.settled();
    expect(await profileIn(w.store, 'c1')).toMatchObject({ archived: false, dueAt: later(60) });
    expect(await metricsIn(w.store, 'c1')).toMatchObject({ eligible: true });
    expect(await profileIn(w.store, 'c2')).toEqual(before);
    await w.passed(21 * DAY_MS);
    expect((await profileIn(w.store, 'c1')).archived).toBe(true);
    expect(await profileIn(w.store, 'c2')).toMatchObject({ archived: false, dueAt: later(80) });
  });

  it('is carried out by a workflow, twice, so that what was being written meanwhile is found', async () => {
    const w = await populated('c1', 'c2', 'c3');
    await archiveAfter(w, 30);
    const steps = { 'list-slices': listSlices(w.deps), 'archive-slice': archiveStep(w.deps) };
    let isFirst = true;
    const late = { ...(await profileIn(w.store, 'c2')) };
    const slipping: typeof steps = {
      ...steps,
      'list-slices': async (input) => {
        // Written by who had read the settings of before.
        if (!isFirst) await put(w.store, { ...late, version: 9 });
        isFirst = false;
        return steps['list-slices'](input);
      },
    };
    const output = await outputOf('archive-rebuild', slipping as never, { now: NOW });
    expect(output).toEqual({ consumers: 3, differed: 3 + 1, isLast: true });
    for (const id of ['c1', 'c2', 'c3']) expect((await profileIn(w.store, id)).dueAt).toBe(later(30));
  });

  it('goes on where a step left off', async () => {
    const w = await populated('c1', 'c2', 'c3', 'c4', 'c5');
    await archiveAfter(w, 30);
    let differed = 0;
    for (let slice = 0; slice < w.store.slices; slice++) {
      let step = await archiveSlice(w.deps, { slice }, { now: later(30), most: 1 });
      differed += step.differed;
      while (!step.done) {
        step = await archiveSlice(w.deps, step, { now: later(30), most: 1 });
        differed += step.differed;
      }
    }
    expect(differed).toBe(5);
    for (const id of ['c1', 'c5']) expect((await profileIn(w.store, id)).archived).toBe(true);
  });

  it('finds those who were stored by a release that archived nobody, once a month', async () => {
    const w = await populated('c1', 'c2');
    await put(w.store, { ...(await profileIn(w.store, 'c1')), dueAt: null });
    const started: unknown[][] = [];
    const start = async (...asked: unknown[]) => void started.push(asked);
    await archiveRebuild({ workflows: { start } })({ job: 'archive-rebuild', scheduledAt: NOW, trigger: 'schedule' });
    expect(started).toEqual([['archive-rebuild', 'everyone-20260301120000000', { now: NOW }]]);
    const steps = { 'list-slices': listSlices(w.deps), 'archive-slice': archiveStep(w.deps) } as never;
    await outputOf('archive-rebuild', steps, { now: NOW });
    expect((await profileIn(w.store)).dueAt).toBe(later(730));
    await put(w.store, { ...(await profileIn(w.store, 'c1')), dueAt: null });
    await settleArchival(w.deps, 'c1', later(731));
    expect(await profileIn(w.store)).toMatchObject({ archived: true, archivedAt: later(730) });
  });
});

describe('who is gone', () => {
  it('is archived by nobody', async () => {
    const w = await populated('c1');
    await w.store.commit((['profile', 'metrics'] as const).map((kind) => ({ remove: { kind, consumerId: 'c1' } })));
    expect(await settleArchival(w.deps, 'c1', later(800))).toBe(false);
  });
});
