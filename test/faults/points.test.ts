import { beforeAll, describe, expect, it } from '@jest/globals';
import { memoryStore } from '../../shared/data/memory-store.ts';
import { rebuildMetrics } from '../../shared/usecases/insights/rebuild-metrics.ts';
import { bookTime } from '../../shared/usecases/points/book-time.ts';
import type { Store, Write } from '../../shared/usecases/ports/store.ts';
import type { ApiResponse } from '../support/client.ts';
import { depsOn, NOW } from '../support/events.ts';
import { challenges, inForce, rules } from '../support/in-force.ts';
import { ledger } from '../support/ledger.ts';
import { booksOf, rewardsStateOf } from '../support/loyalty-program.ts';
import { FAULTS, type Fault, failingAt, untilAnswered } from '../support/wrapped-stores.ts';

type World = ReturnType<typeof ledger>;
const day = (n: number): string => new Date(Date.parse(NOW) + n * 86_400_000).toISOString();
/** By then time has ended one lot, and booked nothing. */
const now = day(3);
const key = { 'idempotency-key': 'k' };
const reason = 'r';

/** What was committed to make a member with lots, holds and an order; and then one with lots of more instants than are booked at once. */
const made: Write[][] = [];
const lapsing: Write[][] = [];
let who = '';
beforeAll(async () => {
  const plain = memoryStore();
  let written = made;
  const commit: Store['commit'] = async (writes) => {
    written.push(writes);
    await plain.commit(writes);
  };
  const world = ledger({ ...plain, commit });
  who = await world.member();
  await inForce(world.store, {
    'earning-rules': rules({ points: 7 }, { pointsPerMajorUnit: 1, pendingDays: 30 }),
    challenges: challenges({ points: 9 }),
    tiers: { tiers: [{ tierId: 'silver', name: 'Silver', threshold: 72 }] },
  });
  await world.give(who, 5, day(2));
  await world.give(who, 30, day(20));
  await world.give(who, 30);
  await world.posted(who, { type: 'reserve', points: 10, reservationId: 'held', expiresAt: day(9) });
  await world.posted(who, { type: 'add_pending', points: 10, pendingId: 'waits' });
  await world.record(who, { type: 'order_placed', eventId: 'e1', attributes: { orderId: 'o1', totalMinor: 1_000 } });
  written = lapsing;
  for (let n = 0; n < 45; n++) await world.give(who, 1, day(3 + n / 100), day(1));
});
const restored = async (...commits: Write[][]): Promise<Store> => {
  const store = memoryStore();
  for (const writes of [...made, ...commits]) await store.commit(writes);
  return store;
};

/** All that points are about, without the ids that are made anew each time. */
const state = async (store: Store) => {
  const { account, entries, balances } = await booksOf(store, who);
  const { items } = await store.eventsOf(who, { limit: 100 });
  const [order, metrics] = await store.get(
    [
      { kind: 'order', consumerId: who, orderId: 'o1' },
      { kind: 'metrics', consumerId: who },
    ],
    true,
  );
  return {
    balances,
    entries: entries.map(({ type, points, at, cause }) => [type, points, at, cause]),
    lots: account.lots.map(({ remaining, size, expiresAt }) => [remaining, size, expiresAt]),
    holds: account.holds.map(({ kind, points, settlesAt }) => [kind, points, settlesAt]),
    tier: account.tier,
    events: items.map(({ type, occurredAt, earned }) => [type, occurredAt, earned]).sort(),
    taken: order?.awards.map(({ taken }) => taken),
    paid: metrics?.paidMinor,
    refunded: metrics?.refundedMinor,
    completed: (await rewardsStateOf(store, who))?.challenges,
    agrees: !(await rebuildMetrics(depsOn(store), who, { now, always: true })),
  };
};

const posting = (body: object) => (world: World, headers: Record<string, string>) =>
  world.post(who, body, { headers, now });
const recording = (body: object) => (world: World, headers: Record<string, string>) =>
  world.record(who, body, { headers, now });
const order = (orderId: string) => ({ type: 'order_placed', attributes: { orderId, totalMinor: 2_000 } });
const holdOf = async (store: Store) =>
  (await booksOf(store, who)).account.holds.find((hold) => hold.kind === 'pending' && hold.orderId === 'o1')?.holdId;

type Act = (world: World, headers: Record<string, string>) => Promise<ApiResponse>;
const ACTS: [string, Act][] = [
  ['add', posting({ type: 'add', points: 3, reason, expiresAt: day(30) })],
  ['subtract', posting({ type: 'subtract', points: 33, reason })],
  ['spend', posting({ type: 'spend', points: 33, reason })],
  ['add_pending', posting({ type: 'add_pending', points: 3 })],
  ['add_pending by an id', posting({ type: 'add_pending', points: 3, pendingId: 'own' })],
  ['reserve', posting({ type: 'reserve', points: 33 })],
  ['reserve by an id', posting({ type: 'reserve', points: 33, reservationId: 'own' })],
  ['accept', posting({ type: 'accept', pendingId: 'waits' })],
  ['accept some', posting({ type: 'accept', pendingId: 'waits', points: 4 })],
  ['reject', posting({ type: 'reject', pendingId: 'waits' })],
  [
    'reject what an order earned',
    async (world, headers) =>
      posting({ type: 'reject', pendingId: await holdOf(world.store), points: 4 })(world, headers),
  ],
  ['capture', posting({ type: 'capture', reservationId: 'held' })],
  ['capture some', posting({ type: 'capture', reservationId: 'held', points: 4 })],
  ['release', posting({ type: 'release', reservationId: 'held' })],
  ['release some', posting({ type: 'release', reservationId: 'held', points: 4 })],
  ['an order that earns', recording(order('o2'))],
  ['an order that earns, by an id', recording({ ...order('o2'), eventId: 'e2' })],
  ['an event that completes a challenge', recording({ type: 'review_written', attributes: {} })],
  ['an acceptance', recording({ type: 'order_accepted', attributes: { orderId: 'o1' } })],
  ['a rejection', recording({ type: 'order_rejected', attributes: { orderId: 'o1' } })],
  ['a refund', recording({ type: 'order_refunded', attributes: { orderId: 'o1', refundId: 'r1', amountMinor: 300 } })],
  [
    'a batch',
    (world, headers) => {
      const events = [
        order('o2'),
        { type: 'review_written', attributes: {} },
        { type: 'visit', attributes: {} },
        order('o3'),
      ];
      const body = { events: events.map((event) => ({ ...event, consumerId: who })) };
      return world.call('recordBatch', { body, headers, now });
    },
  ],
  ['a look at the ledger', (world) => world.entries(who, '', now)],
];

/** The answer, where the service was able to give one. */
const served = (told: ApiResponse): ApiResponse => {
  if (told.status === 429 || told.status >= 500) throw new Error('sent again');
  return told;
};
/** An answer without the ids that are made anew each time, and without whether an event was known already. */
const shape = ({ body }: ApiResponse): unknown =>
  JSON.parse(JSON.stringify(body, (name, value) => (ANEW.has(name) ? undefined : value)));
const ANEW = new Set(['entryId', 'lotId', 'eventId', 'actor', 'status']);

/** How often the act asks the store for anything, where nothing fails; and what it leaves. */
const plainly = async (act: Act, headers: Record<string, string>) => {
  const store = await restored();
  let calls = 0;
  const get: Store['get'] = (keys, fresh) => {
    calls += 1;
    return store.get(keys, fresh);
  };
  const commit: Store['commit'] = (writes) => {
    calls += 1;
    return store.commit(writes);
  };
  const told = await act(ledger({ ...store, get, commit }), headers);
  return { calls, told, left: await state(store) };
};

describe('when the database fails at any call in turn', () => {
  const cases = ACTS.flatMap(([name, act]) => FAULTS.map((fault) => [name, fault, act] as const));

  it.each(cases)('%s, %s: sent again under its key, it has happened once', async (_, fault, act) => {
    const { calls, told: expected, left } = await plainly(act, key);
    expect([200, 201]).toContain(expected.status);
    for (let call = 1; call <= calls; call++) {
      const store = await restored();
      const world = ledger(failingAt(store, call, fault));
      const told = await untilAnswered(async () => served(await act(world, key)));
      expect([200, 201]).toContain(told.status);
      expect(shape(told)).toEqual(shape(expected));
      expect(await state(store)).toEqual(left);
    }
  });

  const named = ACTS.filter(([name]) => name.endsWith('by an id') || /^(capture|release|accept|reject)$/.test(name));
  it.each(named.flatMap(([name, act]) => FAULTS.map((fault) => [name, fault, act] as const)))(
    '%s, %s: sent again without a key, it has happened once all the same',
    async (_, fault, act) => {
      const { calls, left } = await plainly(act, {});
      for (let call = 1; call <= calls; call++) {
        const store = await restored();
        const world = ledger(failingAt(store, call, fault));
        const told = await untilAnswered(async () => served(await act(world, {})));
        expect([200, 201, 'hold_settled']).toContain(told.body.code ?? told.status);
        expect(await state(store)).toEqual(left);
      }
    },
  );

  const conflicts = ACTS.flatMap(([name, act]) =>
    (['conflict', 'unnoticed'] as const).map((fault) => [name, fault, act] as const),
  );
  it.each(conflicts)('%s, met by others (%s): it happens once, and is answered at once', async (_, fault, act) => {
    const { told: expected, left } = await plainly(act, {});
    for (let commit = 1; commit <= 2; commit++) {
      const store = await restored();
      const told = await act(ledger(conflicting(store, commit, fault)), {});
      expect([200, 201]).toContain(told.status);
      expect(shape(told)).toEqual(shape(expected));
      expect(await state(store)).toEqual(left);
    }
  });
});

/** A store whose commit of this number is answered by a conflict with others, whether or not it took effect. */
const conflicting = (store: Store, nth: number, fault: Fault): Store => {
  let commits = 0;
  const commit: Store['commit'] = (writes) => {
    commits += 1;
    return commits === nth ? failingAt(store, 1, fault).commit(writes) : store.commit(writes);
  };
  return { ...store, commit };
};

describe('booking what time has done', () => {
  const end = day(10);
  const book = async (store: Store) => {
    const { failed, nextDueAt } = await bookTime(depsOn(store), { now: end, most: 100 });
    if (failed.length > 0) throw failed[0]?.error;
    return nextDueAt;
  };

  it.each(FAULTS)('is done once, wherever it fails (%s) and is tried again', async (fault) => {
    const plain = await restored(...lapsing);
    const nextDueAt = await book(plain);
    const left = await state(plain);
    expect(left.balances).toMatchObject({ expired: 50, reserved: 0 });
    for (let call = 1; call <= 5; call++) {
      const store = await restored(...lapsing);
      const faulty = failingAt(store, call, fault);
      expect(await untilAnswered(() => book(faulty))).toBe(nextDueAt);
      expect(await state(store)).toEqual(left);
      expect(await book(store)).toBe(nextDueAt);
      expect(await state(store)).toEqual(left);
    }
  });

  it('by many at once is done once', async () => {
    const store = await restored(...lapsing);
    const world = ledger(store);
    await Promise.all([
      ...Array.from({ length: 5 }, () => book(store)),
      ...Array.from({ length: 5 }, () => world.entries(who, '', end)),
      ...Array.from({ length: 5 }, () => world.give(who, 1, undefined, end)),
    ]);
    const { entries, balances } = await booksOf(store, who);
    expect(entries.filter(({ type }) => type === 'expire')).toHaveLength(46);
    expect(balances).toMatchObject({ expired: 50, score: 122, reserved: 0 });
  });
});
