import { describe, expect, it, jest } from '@jest/globals';
import { makeHandler as segmentRefresh } from '../../../functions/segments/jobs/segment-refresh.ts';
import { DAY_MS, instantOf, MINUTE_MS, msOf } from '../../../shared/domain/instants.ts';
import type { RecordOf, StoredRecord } from '../../../shared/usecases/ports/records.ts';
import type { Change, Store } from '../../../shared/usecases/ports/store.ts';
import { refreshDue } from '../../../shared/usecases/segments/refresh/due.ts';
import { followChanges } from '../../../shared/usecases/segments/refresh/follow-changes.ts';
import { depsOn, NOW } from '../../support/events.ts';
import { accountOf, eventOf, metricsOf, profileOf } from '../../support/records.ts';
import { flipsOf, membershipsOf } from '../../support/segment-truth.ts';
import { type World, world } from '../../support/segments.ts';
import { withEach } from '../../support/wrapped-stores.ts';

const VIP = { attribute: 'tags', operator: 'contains', value: 'vip' };
const RECENT = { event: 'order_placed', measure: 'count', operator: 'gte', value: 1, within: { days: 30 } };
const later = (ms: number) => instantOf(msOf(NOW) + ms);
const PEOPLE = Array.from({ length: 40 }, (_, nth) => `c${String(nth).padStart(2, '0')}`);

/** A store that counts what it is asked, by name. */
const counting = (plain: Store) => {
  const calls: Record<string, number> = {};
  const store = withEach(plain, (call, name) => {
    calls[name] = (calls[name] ?? 0) + 1;
    return call();
  });
  return { deps: depsOn(store), calls, store };
};
const of = (after: StoredRecord | undefined, before?: StoredRecord): Change => ({ at: NOW, before, after });

const withSegments = async (people: readonly string[] = ['c1', 'c2']): Promise<World> => {
  const w = world();
  await w.born(...people);
  await w.listed('friends');
  await w.create('vips', VIP);
  await w.create('recent', RECENT);
  await w.settled();
  return w;
};
const memberships = (other: Partial<RecordOf<'memberships'>> = {}): RecordOf<'memberships'> => ({
  ...{ kind: 'memberships', consumerId: 'c1', version: 1, ruleVersions: {}, lists: [], dueAt: null },
  ...other,
});
const programme = {
  ...{
    kind: 'rewardsState',
    consumerId: 'c1',
    version: 1,
    claims: {},
    latestClaims: [],
    challenges: {},
    completed: [],
  },
} as const satisfies StoredRecord;
const friends = [{ listId: 'friends', addedAt: NOW }];

describe('what changes about a consumer', () => {
  it.each<[string, Change, number]>([
    ['its profile', of(profileOf('c1')), 1],
    ['what it did', of(metricsOf('c1')), 1],
    ['its points', of(accountOf('c1')), 1],
    ['what it claimed', of(programme), 1],
    ['its first list', of(memberships({ lists: friends })), 1],
    ['another list', of(memberships({ lists: friends }), memberships()), 1],
    ['no list any more', of(memberships(), memberships({ lists: friends })), 1],
    [
      'its segments alone',
      of(memberships({ ruleVersions: { 1: NOW }, lists: friends }), memberships({ lists: friends })),
      0,
    ],
    ['the first of its segments', of(memberships({ ruleVersions: { 1: NOW } })), 0],
    ['an event', of(eventOf('c1')), 0],
    ['that it is gone', of(undefined, profileOf('c1')), 0],
  ])('leads to one look, or to none: %s', async (_, change, looks) => {
    const w = await withSegments();
    const { deps, calls } = counting(w.store);
    await followChanges(deps, [change]);
    expect(calls['stateOf'] ?? 0).toBe(looks);
    if (looks === 0) expect(calls).toEqual({});
  });

  it('leads to one look a batch, however much it is, and to one read of the segments for all', async () => {
    const w = await withSegments(PEOPLE);
    const { deps, calls } = counting(w.store);
    const batch = PEOPLE.flatMap((id) => [of(profileOf(id)), of(metricsOf(id)), of(accountOf(id)), of(metricsOf(id))]);
    await followChanges(deps, batch);
    expect(calls).toEqual({ get: 1, stateOf: PEOPLE.length, segments: 1, lists: 1 });
  });

  it('that flips nothing writes nothing', async () => {
    const w = await withSegments(PEOPLE);
    // Each order puts off when it is to be looked at again.
    const value = { days: 5 };
    await w.create('last', { attribute: 'purchaseRecency.lastOrderAt', operator: 'within_last', value });
    for (const id of PEOPLE) await w.ordered(id, 'o1');
    await w.settled();
    w.clock.now = later(DAY_MS);
    for (const id of PEOPLE) await w.record(id, { type: 'visit', attributes: {} });
    for (const id of PEOPLE) await w.ordered(id, 'o2');
    for (const id of PEOPLE) await w.tagged(id, 'old');
    const { deps, calls } = counting(w.store);
    await followChanges(deps, w.changes.splice(0));
    expect(calls['commit']).toBeUndefined();
    expect(calls['stateOf']).toBe(PEOPLE.length);
  });

  it('that flips something takes one transaction, and one look more at the segments', async () => {
    const w = await withSegments();
    await w.tagged('c1', 'vip');
    const { deps, calls } = counting(w.store);
    await followChanges(deps, w.changes.splice(0));
    expect(calls).toEqual({ get: 2, stateOf: 1, commit: 1, segments: 1, lists: 1 });
  });

  it('costs one read where there is no segment', async () => {
    const w = world();
    await w.born(...PEOPLE);
    const { deps, calls } = counting(w.store);
    await followChanges(deps, w.changes.splice(0));
    expect(calls).toEqual({ get: 1 });
    expect(await membershipsOf(w.store, 'c00')).toBeUndefined();
  });

  it('says when it was written, also where the stream stamps it later', async () => {
    const w = await withSegments();
    await w.create('buyers', { attribute: 'customerValue.orders', operator: 'gte', value: 1 });
    await w.create('rich', { attribute: 'points.available', operator: 'gte', value: 1 });
    await w.create('mates', { attribute: 'lists', operator: 'contains', value: 'friends' });
    await w.settled();
    const writes: [segmentId: string, write: () => Promise<unknown>][] = [
      ['rich', () => w.posted('c1', { type: 'add', points: 5 })],
      ['vips', () => w.tagged('c1', 'vip')],
      ['buyers', () => w.ordered('c1', 'o1', 1, later(-100 * DAY_MS))],
      ['mates', () => w.added('friends', 'c1')],
    ];
    for (const [nth, [segmentId, write]] of writes.entries()) {
      const writtenAt = later((nth + 1) * MINUTE_MS + 950);
      w.clock.now = writtenAt;
      await write();
      const late = w.changes.splice(0).map((change) => ({ ...change, at: later((nth + 1) * MINUTE_MS + 2_000) }));
      await followChanges(w.deps, late);
      w.changes.splice(0);
      expect((await flipsOf(w.store, 'c1')).at(-1)).toMatchObject({ segmentId, entered: true, at: writtenAt });
    }
  });

  it('names the event that alone did it, whatever it flipped and earned, and none where there is no such', async () => {
    const w = await withSegments();
    await w.create('buyers', { attribute: 'customerValue.orders', operator: 'gte', value: 1 });
    await w.create('big', { event: 'order_placed', measure: 'count', operator: 'gte', value: 2 });
    await w.settled();
    const order = (eventId: string) => ({
      ...{ eventId, type: 'order_placed', occurredAt: later(-DAY_MS) },
      attributes: { orderId: eventId, totalMinor: 500 },
    });
    await w.record('c1', order('first'));
    await w.settled();
    await w.record('c2', order('one'), order('two'));
    await w.tagged('c1', 'vip');
    await w.settled();
    const told = (id: string) =>
      w.bus
        .filter(({ detailType, detail }) => detailType.startsWith('segment.') && detail['consumerId'] === id)
        .map(({ detail: { segmentId, eventId = 'none' } }) => `${segmentId} ${eventId}`)
        .sort();
    expect(told('c1')).toEqual(['buyers first', 'recent first', 'vips none']);
    expect(told('c2')).toEqual(['big none', 'buyers none', 'recent none']);
    w.clock.now = later(40 * DAY_MS);
    await w.minute();
    await w.settled();
    expect(told('c1')).toEqual(['buyers first', 'recent first', 'recent none', 'vips none']);
  });

  it('is told from what came with it, and from what was written before it was looked at', async () => {
    const w = await withSegments();
    await w.create('buyers', { attribute: 'customerValue.orders', operator: 'gte', value: 1 });
    await w.create('rich', { attribute: 'points.available', operator: 'gte', value: 1 });
    await w.create('mates', { attribute: 'lists', operator: 'contains', value: 'friends' });
    await w.create('both', { all: [VIP, { attribute: 'customerValue.orders', operator: 'gte', value: 1 }] });
    await w.settled();
    const acts: (() => Promise<unknown>)[] = [
      () => w.record('c1', { eventId: 'seen', type: 'visit', attributes: {} }),
      () => w.record('c1', { eventId: 'bought', type: 'order_placed', attributes: { orderId: 'o1', totalMinor: 5 } }),
      () => w.record('c1', { eventId: 'again', type: 'visit', attributes: {} }),
      () => w.added('friends', 'c1'),
      () => w.posted('c1', { type: 'add', points: 5 }),
      () => w.tagged('c1', 'vip'),
      () => w.record('c1', { eventId: 'last', type: 'visit', attributes: {} }),
    ];
    for (const [nth, act] of acts.entries()) {
      w.clock.now = later(nth * 1_000);
      await act();
    }
    await w.settled();
    const told = w.bus
      .filter(({ detailType, detail }) => detailType === 'segment.entered' && detail['consumerId'] === 'c1')
      .map(({ detail }) => detail);
    const of = (segmentId: string) => told.find((detail) => detail['segmentId'] === segmentId);
    expect(told).toHaveLength(6);
    const order = { at: later(1_000), cause: 'change', eventId: 'bought' };
    expect([of('buyers'), of('recent')]).toMatchObject([order, order]);
    expect(of('mates')).toMatchObject({ at: later(3_000), cause: 'list' });
    expect(of('rich')).toMatchObject({ at: later(4_000), cause: 'change' });
    expect(of('vips')).toMatchObject({ at: later(5_000), cause: 'change' });
    expect(of('both')).toMatchObject({ at: later(5_000), cause: 'change' });
    for (const segmentId of ['mates', 'vips', 'both', 'rich']) expect(of(segmentId)).not.toHaveProperty('eventId');
  });

  it.each([
    ['one event, which is named', ['bought'], 'bought'],
    ['two events, of which none is', ['bought', 'seen'], undefined],
  ])('may be due to what the stream has yet to bring: %s', async (_, events, eventId) => {
    const w = await withSegments();
    await w.record('c1', { eventId: 'first', type: 'visit', attributes: {} });
    const known = w.changes.splice(0);
    for (const [nth, id] of events.entries()) {
      w.clock.now = later((nth + 1) * 1_000);
      const order = { type: 'order_placed', attributes: { orderId: 'o1', totalMinor: 5 } };
      await w.record('c1', { eventId: id, ...(nth === 0 ? order : { type: 'visit', attributes: {} }) });
    }
    await followChanges(w.deps, known);
    const { items } = await w.store.eventsOf('c1', { limit: 1, type: 'segment_entered' });
    expect(items[0]?.attributes['eventId']).toBe(eventId);
  });

  it('is no later than what did it, whatever else was written before it was looked at', async () => {
    const w = await withSegments();
    w.clock.now = later(1_000);
    await w.ordered('c1', 'o1');
    const known = w.changes.splice(0);
    w.clock.now = later(9_000);
    await w.tagged('c1', 'vip');
    await followChanges(w.deps, known);
    await w.settled();
    const told = (await flipsOf(w.store, 'c1')).map(({ segmentId, at }) => [segmentId, at]);
    expect(told).toEqual([
      ['recent', later(1_000)],
      ['vips', later(9_000)],
    ]);
  });

  it('says its last cause and instant, and of a list the very one', async () => {
    const w = await withSegments();
    await w.create('friendly', { attribute: 'lists', operator: 'contains', value: 'friends' });
    await w.settled();
    w.clock.now = later(1_700);
    await w.tagged('c1', 'vip');
    await w.added('friends', 'c2');
    await w.delivered();
    expect(await flipsOf(w.store, 'c1')).toMatchObject([{ at: later(1_700), cause: 'change' }]);
    expect(await flipsOf(w.store, 'c2')).toMatchObject([{ at: later(1_700), cause: 'list' }]);
  });
});

describe("the minute's job", () => {
  it('reads and writes in proportion to who is due, and costs next to nothing where nobody is', async () => {
    const w = await withSegments(PEOPLE);
    const due = PEOPLE.slice(0, 7);
    for (const id of due) await w.ordered(id, 'o1');
    await w.settled();
    w.clock.now = later(DAY_MS);
    for (const id of PEOPLE.slice(7)) await w.ordered(id, 'o1');
    await w.settled();
    w.clock.now = later(30 * DAY_MS - 1);
    const before = counting(w.store);
    expect(await refreshDue(before.deps, { now: w.clock.now, most: 100 })).toMatchObject({ examined: 0, changed: 0 });
    expect(before.calls).toEqual({ get: 1, dueConsumers: 1, nextDueAt: 1, segments: 1, lists: 1 });
    w.clock.now = later(30 * DAY_MS);
    const then = counting(w.store);
    expect(await refreshDue(then.deps, { now: w.clock.now, most: 100 })).toEqual({
      ...{ examined: 7, changed: 7, failed: [] },
      nextDueAt: later(31 * DAY_MS),
    });
    expect(then.calls).toMatchObject({ stateOf: 7, commit: 7, get: 2, dueConsumers: 2 });
    const again = counting(w.store);
    await refreshDue(again.deps, { now: w.clock.now, most: 100 });
    expect(again.calls['stateOf']).toBeUndefined();
  });

  it('leaves off after so many, and the next one goes on', async () => {
    const w = await withSegments(PEOPLE);
    for (const id of PEOPLE) await w.ordered(id, 'o1');
    await w.settled();
    const run = { now: later(30 * DAY_MS), most: 1 };
    const dueConsumers = w.deps.store.dueConsumers;
    w.deps.store.dueConsumers = (kind, until) => dueConsumers(kind, until, 25);
    expect((await refreshDue(w.deps, run)).examined).toBe(25);
    expect((await refreshDue(w.deps, run)).examined).toBe(15);
    expect((await refreshDue(w.deps, run)).examined).toBe(0);
  });

  it('is not kept from the others by one with whom it fails, who stays due; and tells of it', async () => {
    const w = await withSegments(PEOPLE);
    for (const id of PEOPLE) await w.ordered(id, 'o1');
    await w.settled();
    const stateOf = w.deps.store.stateOf;
    w.deps.store.stateOf = async (consumerId) => {
      if (consumerId === 'c03') throw new Error('this one ails');
      return stateOf(consumerId);
    };
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const handler = segmentRefresh({ ...w.deps, workflows: w.workflows });
    const job = { job: 'segment-refresh', scheduledAt: later(30 * DAY_MS), trigger: 'schedule' } as const;
    await expect(handler(job)).rejects.toThrow();
    expect(await w.store.nextDueAt('memberships')).toBe(later(30 * DAY_MS));
    w.deps.store.stateOf = stateOf;
    expect(await handler({ ...job, scheduledAt: later(30 * DAY_MS + MINUTE_MS) })).toMatchObject({
      examined: 1,
      changed: 1,
    });
    for (const id of PEOPLE) {
      expect((await flipsOf(w.store, id)).slice(1)).toEqual([
        { segmentId: 'recent', entered: false, at: later(30 * DAY_MS), cause: 'time' },
      ]);
    }
  });
});
