import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryStore } from '../../../shared/data/memory-store.ts';
import type { Earned } from '../../../shared/domain/points/awards.ts';
import type { Challenge } from '../../../shared/domain/points/challenges.ts';
import type { EarningRule } from '../../../shared/domain/points/settings.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import type { EventInput, Outcome } from '../../../shared/usecases/events/recording.ts';
import { rebuildMetrics } from '../../../shared/usecases/insights/rebuild-metrics.ts';
import { bookTime } from '../../../shared/usecases/points/book-time.ts';
import { type PointsCommand, postPoints } from '../../../shared/usecases/points/post.ts';
import type { Commit } from '../../../shared/usecases/ports/deps.ts';
import type { RecordOf } from '../../../shared/usecases/ports/records.ts';
import type { Store, Write } from '../../../shared/usecases/ports/store.ts';
import { depsOn, histories, NOW, shuffled } from '../../support/events.ts';
import { challenges, inForce, rules } from '../../support/in-force.ts';
import { booksOf, joined } from '../../support/loyalty-program.ts';
import { interleaved, turns } from '../../support/wrapped-stores.ts';

const day = (n: number): string => new Date(Date.parse(NOW) + n * 86_400_000).toISOString();
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/** Members of a programme with these rules. */
const programmeWith = async (documents: Record<string, object>, ...members: string[]): Promise<Store> => {
  const store = memoryStore();
  for (const member of members.length > 0 ? members : ['c1']) await joined(store, member);
  await inForce(store, documents);
  return store;
};
const earning = (...given: Partial<EarningRule>[]) => ({ 'earning-rules': rules(...given) });

const order = (orderId: string, totalMinor = 1_000, other: Partial<EventInput> = {}): EventInput => ({
  type: 'order_placed',
  ...other,
  attributes: { orderId, totalMinor, ...other.attributes },
});
const pending = { attributes: { pending: true } };
const refund = (orderId: string, refundId: string, amountMinor: number): EventInput => ({
  type: 'order_refunded',
  attributes: { orderId, refundId, amountMinor },
});
const settled = (type: 'order_accepted' | 'order_rejected', orderId: string): EventInput => ({
  type,
  attributes: { orderId },
});
const review = (eventId?: string): EventInput => ({ type: 'review_written', eventId, attributes: {} });

const record = (store: Store, inputs: EventInput[], { consumerId = 'c1', now = NOW } = {}) =>
  recordEvents(depsOn(store), { consumerId, now }, inputs);
const post = (store: Store, command: PointsCommand, { consumerId = 'c1', now = NOW } = {}) => {
  const commit: Commit = async (writes, result) => {
    await store.commit(writes);
    return result;
  };
  return postPoints(depsOn(store), { consumerId, actor: 'staff', now }, command, commit);
};
const pointsOf = (outcomes: Outcome[]): (Earned | undefined)[] =>
  outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.refusal;
    return outcome.event.points;
  });
const statuses = (outcomes: Outcome[]) => outcomes.map(({ status }) => status);
const balances = async (store: Store, consumerId = 'c1') => (await booksOf(store, consumerId)).balances;

describe('an event', () => {
  it.each<[string, Partial<EarningRule>[], EventInput, Earned | undefined]>([
    ['a fixed number', [{ points: 7 }], order('o1'), { awarded: 7, pending: 0 }],
    ['by the amount', [{ pointsPerMajorUnit: 1.5 }], order('o1', 1_299), { awarded: 19, pending: 0 }],
    ['by every rule for it', [{ points: 7 }, { pointsPerMajorUnit: 1 }], order('o1'), { awarded: 17, pending: 0 }],
    ['nothing by a rule for others', [{ event: 'visit', points: 7 }], order('o1'), undefined],
    ['nothing by an amount of nothing', [{ pointsPerMajorUnit: 1 }], order('o1', 0), { awarded: 0, pending: 0 }],
    ['points that wait', [{ points: 7, pendingDays: 3 }], order('o1'), { awarded: 0, pending: 7 }],
    ['points that wait for the order', [{ points: 7 }], order('o1', 1, pending), { awarded: 0, pending: 7 }],
    ['some of each', [{ points: 7 }, { points: 5, pendingDays: 1 }], order('o1'), { awarded: 7, pending: 5 }],
    [
      'by a type of one’s own',
      [{ event: 'quiz_won', points: 3 }],
      { type: 'quiz_won', attributes: {} },
      { awarded: 3, pending: 0 },
    ],
  ])('earns %s', async (_, given, input, earned) => {
    const store = await programmeWith(earning(...given));
    expect(pointsOf(await record(store, [input]))).toEqual([earned]);
    const { available, pending: waiting, score } = await balances(store);
    expect([available, score, waiting]).toEqual([earned?.awarded ?? 0, earned?.awarded ?? 0, earned?.pending ?? 0]);
  });

  it('leaves an entry that says by which rule, as it was then', async () => {
    const store = await programmeWith(earning({ pointsPerMajorUnit: 2, expiresAfterDays: 30 }));
    await record(store, [order('o1', 1_000, { eventId: 'e1', occurredAt: day(-9) })]);
    const [entry] = (await booksOf(store, 'c1')).entries;
    expect(entry).toMatchObject({
      ...{ type: 'add', points: 20, at: NOW, actor: 'system', reason: 'rule:rule1', textKey: 'point_add' },
      about: { eventId: 'e1', orderId: 'o1', rule: { ruleId: 'rule1', pointsPerMajorUnit: 2 } },
      parts: [{ points: 20, expiresAt: day(30) }],
    });
  });

  it('that comes again answers what it earned the first time, whatever the rules are by now', async () => {
    const store = await programmeWith(earning({ points: 7 }, { event: 'review_written', points: 3 }));
    const first = await record(store, [order('o1'), review('e1'), order('o2', 1_000, { eventId: 'e2' })]);
    await inForce(store, earning({ points: 1_000 }));
    const again = await record(store, [
      order('o1'),
      review('e1'),
      order('o2', 1_000, { eventId: 'e2' }),
      order('o2', 1_000, { eventId: 'e3' }),
    ]);
    expect(statuses(again)).toEqual(Array(4).fill('duplicate'));
    expect(pointsOf(again)).toEqual([...pointsOf(first), pointsOf(first)[2]]);
    expect(await balances(store)).toMatchObject({ available: 17, score: 17 });
  });

  it.each([settled('order_accepted', 'o1'), refund('o1', 'r1', 200)])(
    'that settles an order earns by the rules and challenges for it: $type',
    async (input) => {
      const goal: Challenge['goal'] = { event: input.type, where: [], measure: 'count', target: 1 };
      const store = await programmeWith({
        ...earning({ pointsPerMajorUnit: 1 }, { event: input.type, points: 7 }),
        challenges: challenges({ points: 3, goal }),
      });
      await record(store, [order('o1', 1_000, pending)]);
      const told = await record(store, [{ ...input, eventId: 'e1' }]);
      expect(pointsOf(told)).toEqual([{ awarded: 10, pending: 0 }]);
      const again = await record(store, [{ ...input, eventId: 'e1' }]);
      expect(again).toEqual([{ ...told[0], status: 'duplicate' }]);
      const [score, waiting] = input.type === 'order_accepted' ? [20, 0] : [10, 8];
      expect(await balances(store)).toMatchObject({ score, pending: waiting });
      await record(store, [settled('order_rejected', 'o1')]);
      expect(await balances(store)).toMatchObject({ score: 3, available: 3, pending: 0 });
    },
  );

  it('that is a refund answers what it earned under its refundId too', async () => {
    const store = await programmeWith(earning({ event: 'order_refunded', points: 7 }));
    const told = await record(store, [order('o1'), refund('o1', 'r1', 200), refund('o1', 'r1', 200)]);
    expect(pointsOf(told)).toEqual([undefined, { awarded: 7, pending: 0 }, { awarded: 7, pending: 0 }]);
    expect(pointsOf(await record(store, [refund('o1', 'r1', 200)]))).toEqual([{ awarded: 7, pending: 0 }]);
    expect(await balances(store)).toMatchObject({ score: 7 });
  });

  it('that comes twice in one batch earns once, and answers the same twice', async () => {
    const store = await programmeWith(earning({ points: 7 }));
    const outcomes = await record(store, [order('o1'), order('o1')]);
    expect(statuses(outcomes)).toEqual(['created', 'duplicate']);
    expect(pointsOf(outcomes)).toEqual(Array(2).fill({ awarded: 7, pending: 0 }));
    expect(await balances(store)).toMatchObject({ available: 7 });
  });

  it('that is refused earns nothing, and the others of its batch do', async () => {
    const store = await programmeWith(earning({ points: 7 }));
    const outcomes = await record(store, [
      order('o1'),
      refund('o9', 'r1', 5),
      { ...order('o2'), occurredAt: day(9) },
      order('o3'),
    ]);
    expect(statuses(outcomes)).toEqual(['created', 'rejected', 'rejected', 'created']);
    expect(await balances(store)).toMatchObject({ available: 14 });
  });

  const of = (other: Partial<EarningRule> = {}) => earning({ event: 'review_written', points: 5, ...other });
  it.each<[string, RecordOf<'profile'>['membership'], Record<string, object>, string]>([
    ['of somebody who never joined', 'none', of(), 'not_member'],
    ['of somebody who left', 'opted_out', of(), 'not_member'],
    ['of a module that is off', 'opted_in', { ...of(), modules: { gamified_review: false } }, 'module_off'],
    [
      'of a module that its rule names',
      'opted_in',
      { ...of({ module: 'social_follow' }), modules: { social_follow: false } },
      'module_off',
    ],
  ])('%s earns nothing, and says so', async (_, membership, documents, reason) => {
    const store = memoryStore();
    await joined(store, 'c1', { membership });
    await inForce(store, { ...documents, ...(membership !== 'opted_in' && { challenges: challenges({}) }) });
    const [earned] = pointsOf(await record(store, [review()]));
    expect(earned).toEqual({ awarded: 0, pending: 0, skipped: [{ ruleId: 'rule1', reason }] });
    expect(await booksOf(store, 'c1')).toMatchObject({ entries: [], balances: { score: 0 } });
  });

  it('earns again as soon as somebody joins again, and not for what was before', async () => {
    const store = await programmeWith(earning({ points: 7 }));
    const [metrics] = await store.get([{ kind: 'metrics', consumerId: 'c1' }], true);
    if (!metrics) throw new Error('nobody is there');
    const member = async (membership: RecordOf<'metrics'>['membership'], version: number) =>
      store.commit([{ put: { ...metrics, membership, version }, expect: 'present' }]);
    await member('opted_out', 50);
    await record(store, [order('o1')]);
    await member('opted_in', 60);
    expect(pointsOf(await record(store, [order('o1'), order('o2')]))).toMatchObject([{ awarded: 0 }, { awarded: 7 }]);
    expect(await balances(store)).toMatchObject({ score: 7 });
  });
});

describe('caps', () => {
  it('of a day and a month count by the organization’s calendar, in one batch or in several', async () => {
    const documents = {
      ...earning({ points: 10, capPerDay: 25, capPerMonth: 40 }),
      organization: { timezone: 'Asia/Tokyo' },
    };
    // In Tokyo it is the first of February from 15:00 UTC on.
    const orders = [
      ...times(3, (n) => order(`a${n}`, 1, { occurredAt: '2026-01-31T14:59:59.999Z' })),
      ...times(3, (n) => order(`b${n}`, 1, { occurredAt: '2026-01-31T15:00:00.000Z' })),
      ...times(3, (n) => order(`c${n}`, 1, { occurredAt: '2026-02-02T15:00:00.000Z' })),
    ];
    const skipped = (reason: string) => ({ awarded: 0, pending: 0, skipped: [{ ruleId: 'rule1', reason }] });
    const earned = [
      ...[
        { awarded: 10, pending: 0 },
        { awarded: 10, pending: 0 },
        { awarded: 5, pending: 0 },
      ],
      ...[
        { awarded: 10, pending: 0 },
        { awarded: 10, pending: 0 },
        { awarded: 5, pending: 0 },
      ],
      ...[{ awarded: 10, pending: 0 }, { awarded: 5, pending: 0 }, skipped('cap_per_month')],
    ];
    for (const size of [1, 2, orders.length]) {
      const store = await programmeWith(documents);
      const told = [];
      for (let at = 0; at < orders.length; at += size) told.push(...(await record(store, orders.slice(at, at + size))));
      expect(pointsOf(told)).toEqual(earned);
      expect(await balances(store)).toMatchObject({ score: 65 });
    }
  });

  it('count what waits, and are not given back by a refund', async () => {
    const store = await programmeWith(earning({ points: 10, capPerDay: 15, pendingDays: 5 }));
    const told = await record(store, [order('o1'), order('o2'), order('o3'), refund('o1', 'r1', 1_000), order('o4')]);
    expect(pointsOf(told).map((earned) => earned?.pending)).toEqual([10, 5, 0, undefined, 0]);
    expect(pointsOf(told)[4]?.skipped).toEqual([{ ruleId: 'rule1', reason: 'cap_per_day' }]);
    expect(await balances(store)).toMatchObject({ pending: 5, score: 0 });
  });

  it('hold under thirty orders at once', async () => {
    const plain = await programmeWith(earning({ points: 10, capPerDay: 95 }));
    const store = interleaved(plain, turns(5));
    const told = (await Promise.all(times(30, (n) => record(store, [order(`o${n}`)])))).flat();
    expect(pointsOf(told).reduce((sum, earned) => sum + (earned?.awarded ?? 0), 0)).toBe(95);
    expect(await balances(plain)).toMatchObject({ score: 95 });
  });
});

describe('an order that waits', () => {
  const waiting = [order('o1', 1_000, pending), order('o2', 500, pending)];
  const RULE = { pointsPerMajorUnit: 1, expiresAfterDays: 10 };

  it.each<[string, EventInput[], object]>([
    ['accepted', [settled('order_accepted', 'o1')], { available: 10, score: 10, pending: 5 }],
    ['accepted twice', times(2, () => settled('order_accepted', 'o1')), { available: 10, score: 10, pending: 5 }],
    ['rejected', [settled('order_rejected', 'o1')], { available: 0, score: 0, pending: 5 }],
    ['refunded in part', [refund('o1', 'r1', 250)], { available: 0, score: 0, pending: 12 }],
    [
      'refunded in part, then accepted',
      [refund('o1', 'r1', 250), settled('order_accepted', 'o1')],
      { available: 7, score: 7, pending: 5 },
    ],
    [
      'accepted, then refunded in part',
      [settled('order_accepted', 'o1'), refund('o1', 'r1', 250)],
      { available: 7, score: 7, pending: 5 },
    ],
    [
      'accepted, refunded, then rejected',
      [settled('order_accepted', 'o1'), refund('o1', 'r1', 250), settled('order_rejected', 'o1')],
      { available: 0, score: 0, pending: 5 },
    ],
    [
      'rejected, and accepted all the same',
      [settled('order_rejected', 'o1'), settled('order_accepted', 'o1')],
      { available: 0, score: 0, pending: 5 },
    ],
    [
      'all of them, at once',
      [settled('order_accepted', 'o1'), settled('order_rejected', 'o2'), refund('o1', 'r1', 1_000)],
      { available: 0, score: 0, pending: 0 },
    ],
  ])('%s', async (_, inputs, expected) => {
    const together = await programmeWith(earning(RULE));
    await record(together, [...waiting, ...inputs]);
    expect(await balances(together)).toMatchObject(expected);
    const apart = await programmeWith(earning(RULE));
    for (const input of [...waiting, ...inputs]) await record(apart, [input]);
    expect(await balances(apart)).toEqual(await balances(together));
  });

  it('expires so long after it was accepted', async () => {
    const store = await programmeWith(earning(RULE));
    await record(store, waiting);
    await record(store, [settled('order_accepted', 'o1')], { now: day(4) });
    const { account } = await booksOf(store, 'c1');
    expect(account.lots).toMatchObject([{ remaining: 10, expiresAt: day(14) }]);
    await bookTime(depsOn(store), { now: day(14), most: 10 });
    expect(await balances(store)).toMatchObject({ available: 0, score: 10, expired: 10, pending: 5 });
  });

  it('is accepted by time alone, where its rule says how long it waits', async () => {
    const store = await programmeWith(earning({ points: 10, pendingDays: 3, expiresAfterDays: 10 }));
    await record(store, [order('o1'), order('o2', 100, pending)]);
    await record(store, [{ type: 'visit', attributes: {} }], { now: day(5) });
    await bookTime(depsOn(store), { now: day(5), most: 10 });
    const { account, entries } = await booksOf(store, 'c1');
    expect(entries.map(({ type, at, cause }) => [type, at, cause])).toEqual([
      ['add_pending', NOW, 'change'],
      ['add_pending', NOW, 'change'],
      ['accept', day(3), 'time'],
    ]);
    expect(account).toMatchObject({ score: 10, pending: 10, lots: [{ expiresAt: day(13) }] });
  });

  it('is refunded after time accepted it, though nobody booked that', async () => {
    const store = await programmeWith(earning({ points: 10, pendingDays: 3 }));
    await record(store, [order('o1')]);
    await record(store, [refund('o1', 'r1', 500)], { now: day(5) });
    expect(await balances(store)).toMatchObject({ available: 5, score: 5, pending: 0 });
  });
});

describe('a refund', () => {
  it.each<[string, 'within_balance' | 'debt', object]>([
    ['takes what is there', 'within_balance', { available: 0, score: 80, spent: 80 }],
    ['leaves a debt', 'debt', { available: -50, score: 30, spent: 80 }],
  ])('of what was spent by policy %s', async (_, refundPolicy, expected) => {
    const ofRule = { 'earning-rules': { ...rules({ pointsPerMajorUnit: 10 }), refundPolicy } };
    const store = await programmeWith(ofRule);
    await record(store, [order('o1', 1_000)]);
    await post(store, { type: 'spend', points: 80, reason: 'r' });
    await record(store, [refund('o1', 'r1', 300), refund('o1', 'r2', 400)]);
    expect(await balances(store)).toMatchObject(expected);
    await record(store, [order('o2', 700)]);
    const repaid = refundPolicy === 'debt' ? { available: 20, score: 100 } : { available: 70, score: 150 };
    expect(await balances(store)).toMatchObject(repaid);
  });

  it('takes later what it could not take before, as one refund of all would have', async () => {
    const store = await programmeWith(earning({ pointsPerMajorUnit: 10 }));
    await record(store, [order('o1', 1_000)]);
    await post(store, { type: 'spend', points: 90, reason: 'r' });
    await record(store, [refund('o1', 'r1', 500)]);
    expect(await balances(store)).toMatchObject({ available: 0, score: 90 });
    await post(store, { type: 'add', points: 200, reason: 'r' });
    await record(store, [refund('o1', 'r2', 500)]);
    expect(await balances(store)).toMatchObject({ available: 110, score: 200 });
  });

  it('takes nothing twice of what was rejected by hand', async () => {
    const store = await programmeWith(earning({ pointsPerMajorUnit: 10 }));
    await record(store, [order('o1', 1_000, pending)]);
    const [hold] = (await booksOf(store, 'c1')).account.holds;
    const pendingId = hold?.holdId ?? '';
    await post(store, { type: 'reject', pendingId, points: 40 });
    await record(store, [refund('o1', 'r1', 300)]);
    expect(await balances(store)).toMatchObject({ pending: 60 });
    await record(store, [refund('o1', 'r2', 300)]);
    expect(await balances(store)).toMatchObject({ pending: 40 });
    await post(store, { type: 'accept', pendingId });
    await record(store, [refund('o1', 'r3', 400)]);
    expect(await balances(store)).toMatchObject({ pending: 0, available: 0, score: 0 });
  });

  it('of what was rejected by hand of one rule leaves what another one gave', async () => {
    const store = await programmeWith(earning({ points: 50 }, { points: 30 }));
    await record(store, [order('o1', 1_000, pending)]);
    const { holds } = (await booksOf(store, 'c1')).account;
    const pendingId = holds.find(({ points }) => points === 50)?.holdId ?? '';
    await post(store, { type: 'reject', pendingId });
    await record(store, [refund('o1', 'r1', 500)]);
    expect(await balances(store)).toMatchObject({ pending: 15 });
  });

  it('takes the order’s own points first, though others expire before them', async () => {
    const store = await programmeWith(earning({ points: 50 }, { points: 30, pendingDays: 1 }));
    await record(store, [order('o1')]);
    await post(store, { type: 'add', points: 100, reason: 'r', expiresAt: day(9) }, { now: day(2) });
    await record(store, [refund('o1', 'r1', 1_000)], { now: day(3) });
    const { account } = await booksOf(store, 'c1');
    expect(account.lots.map(({ remaining, expiresAt }) => [remaining, expiresAt])).toEqual([[100, day(9)]]);
  });

  it('of an order from before there were rules takes nothing', async () => {
    const store = await programmeWith({});
    await record(store, [order('o1')]);
    await inForce(store, earning({ points: 10 }));
    await record(store, [order('o2'), refund('o1', 'r1', 1_000)]);
    expect(await balances(store)).toMatchObject({ available: 10 });
  });

  it('takes back by the rule as it was, after the rule is gone and its consumer has left', async () => {
    const store = await programmeWith(earning({ pointsPerMajorUnit: 10 }));
    await record(store, [order('o1', 1_000)]);
    await inForce(store, earning({ pointsPerMajorUnit: 1 }));
    await record(store, [refund('o1', 'r1', 500)]);
    expect(await balances(store)).toMatchObject({ available: 50 });
    await inForce(store, { ...earning(), modules: { tiers: false } });
    await record(store, [refund('o1', 'r2', 500)]);
    expect(await balances(store)).toMatchObject({ available: 0, score: 0 });
  });
});

const OF_ORDERS: Challenge['goal'] = { event: 'order_placed', where: [], measure: 'count', target: 1 };

/** The store, how many writes each of its commits had, and what each of its reads asked for. */
const counting = (store: Store) => {
  const sizes: number[] = [];
  const reads: string[][] = [];
  const commit: Store['commit'] = async (writes: Write[]) => {
    sizes.push(writes.length);
    await store.commit(writes);
  };
  const get: Store['get'] = (keys, fresh) => {
    reads.push(keys.map(({ kind }) => kind));
    return store.get(keys, fresh);
  };
  return { store: { ...store, commit, get }, sizes, reads };
};

describe('many events of one consumer', () => {
  it('that write more than one transaction takes are recorded in several, each once', async () => {
    const plain = await programmeWith({
      ...earning(...times(5, () => ({ points: 2 })), { pointsPerMajorUnit: 1 }),
      tiers: { tiers: [{ tierId: 'silver', name: 'Silver', threshold: 100 }] },
    });
    const { store, sizes } = counting(plain);
    const orders = times(60, (n) => order(`o${n}`, 1_000, { eventId: `e${n}` }));
    const told = await record(store, orders);
    expect(new Set(statuses(told))).toEqual(new Set(['created']));
    expect(pointsOf(told)).toEqual(orders.map(() => ({ awarded: 20, pending: 0 })));
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThan(99);
    expect(await balances(plain)).toMatchObject({ score: 1_200 });
    expect(pointsOf(await record(plain, orders))).toEqual(pointsOf(told));
    expect(await balances(plain)).toMatchObject({ score: 1_200 });
    expect(await rebuildMetrics(depsOn(plain), 'c1', { now: NOW, always: true })).toBe(false);
  });

  it('find time’s own entries booked first, where both together are too many for one transaction', async () => {
    const plain = await programmeWith({
      ...earning(...times(50, () => ({ points: 1 }))),
      challenges: challenges(...times(5, () => ({ goal: OF_ORDERS }))),
      tiers: { tiers: [{ tierId: 'silver', name: 'Silver', threshold: 100 }] },
    });
    for (let n = 0; n < 60; n++)
      await post(plain, { type: 'add', points: 1, reason: 'r', expiresAt: day(n < 21 ? 1 : n) });
    const { store, sizes } = counting(plain);
    const told = await record(store, [order('o1', 1, { eventId: 'e1' })], { now: day(100) });
    expect(pointsOf(told)).toEqual([{ awarded: 100, pending: 0 }]);
    expect(sizes).toHaveLength(2);
    expect(Math.max(...sizes)).toBeLessThan(99);
    expect(await balances(plain)).toMatchObject({ available: 100, score: 160, expired: 60 });
  });

  it('one that never fits one transaction is refused, and spoils no other', async () => {
    const store = await programmeWith({
      ...earning(...times(50, () => ({ event: 'review_written', points: 1 }))),
      challenges: challenges(...times(60, () => ({}))),
    });
    const told = await record(store, [review('e1'), { type: 'visit', attributes: {} }]);
    expect(told).toMatchObject([{ status: 'rejected', refusal: { code: 'limit_reached' } }, { status: 'created' }]);
    expect(await booksOf(store, 'c1')).toMatchObject({ entries: [] });
  });
});

describe('what is read along', () => {
  const visit: EventInput = { type: 'visit', attributes: {} };

  it('is one request, whatever the event earns, once the rules were seen', async () => {
    const { store, reads } = counting(await programmeWith({ ...earning({ points: 1 }), challenges: challenges({}) }));
    await record(store, [visit]);
    for (const input of [visit, order('o1'), review(), refund('o1', 'r1', 1)]) {
      reads.splice(0);
      await record(store, [input]);
      expect(reads.filter((keys) => keys.length > 0)).toHaveLength(1);
    }
    expect(reads[0]).toContain('account');
  });

  it('is no account for what earns nothing', async () => {
    const { store, reads, sizes } = counting(await programmeWith(earning({ points: 1 })));
    await record(store, [visit]);
    reads.splice(0);
    sizes.splice(0);
    await record(store, [visit]);
    expect(reads).toEqual([['metrics', 'settings']]);
    expect(sizes).toEqual([2]);
  });

  it.each<[string, object]>([
    ['a rule', earning({ event: 'review_written', points: 5 })],
    ['a challenge', { challenges: challenges({ points: 5 }) }],
  ])('does not keep %s that is new from holding at once', async (_, documents) => {
    const store = await programmeWith({});
    expect(pointsOf(await record(store, [review()]))).toEqual([undefined]);
    await inForce(store, documents as Record<string, object>);
    expect(pointsOf(await record(store, [review()]))).toEqual([{ awarded: 5, pending: 0 }]);
    await inForce(store, { ...earning(), challenges: challenges() });
    expect(pointsOf(await record(store, [review()]))).toEqual([undefined]);
    expect(await balances(store)).toMatchObject({ available: 5 });
  });

  it('does not keep two processes from seeing each other’s points', async () => {
    const plain = await programmeWith({});
    const [one, other] = [{ ...plain }, { ...plain }];
    await record(one, [review()]);
    await record(other, [order('o1')]);
    await inForce(plain, earning({ event: 'review_written', points: 5 }, { points: 3 }));
    await record(one, [order('o2')]);
    await record(other, [review()]);
    await record(one, [order('o3'), review()]);
    expect(await balances(plain)).toMatchObject({ available: 16 });
  });
});

describe('at the same time', () => {
  it('thirty orders earn thirty times, and a ledger without a gap', async () => {
    const plain = await programmeWith(earning({ points: 10 }, { points: 1, pendingDays: 2 }));
    const store = interleaved(plain, turns(3));
    const told = await Promise.all(times(30, (n) => record(store, [order(`o${n}`)])));
    expect(pointsOf(told.flat())).toEqual(times(30, () => ({ awarded: 10, pending: 1 })));
    const { entries, account } = await booksOf(plain, 'c1');
    expect(entries.map(({ balances: after }) => after.score)).toEqual(runningScores(entries));
    expect(account).toMatchObject({ score: 300, pending: 30, entries: 60 });
  });
  const runningScores = (entries: RecordOf<'entry'>[]): number[] => {
    let score = 0;
    return entries.map(({ type, points }) => {
      score += type === 'add' ? points : 0;
      return score;
    });
  };

  it('copies of one order earn once', async () => {
    const plain = await programmeWith(earning({ points: 10 }));
    const store = interleaved(plain, turns(13));
    const told = (await Promise.all(times(12, () => record(store, [order('o1')])))).flat();
    expect(statuses(told).sort()).toEqual(['created', ...Array(11).fill('duplicate')]);
    expect(new Set(pointsOf(told).map((earned) => earned?.awarded))).toEqual(new Set([10]));
    expect(await balances(plain)).toMatchObject({ score: 10 });
  });

  it('orders, refunds, spendings and reservations never take what is not there', async () => {
    const plain = await programmeWith(earning({ points: 10 }));
    const store = interleaved(plain, turns(17));
    await post(plain, { type: 'add', points: 100, reason: 'r' });
    await record(
      plain,
      times(10, (n) => order(`old${n}`)),
    );
    const spend = () => post(store, { type: 'spend', points: 30, reason: 'r' }).then(() => 30, refused);
    const reserve = (n: number) =>
      post(store, { type: 'reserve', points: 20, reservationId: `h${n}` }).then(() => 20, refused);
    const acts = times(12, (n) => [
      record(store, [order(`o${n}`)]).then(() => 0),
      record(store, [refund(`old${n % 10}`, `r${n}`, 400)]).then(() => 0),
      spend(),
      reserve(n),
    ]);
    const taken = await Promise.all(acts.flat());
    const { available, spent, reserved } = await balances(plain);
    expect(spent + reserved).toBe(taken.reduce((sum, points) => sum + points, 0));
    expect(available).toBeGreaterThanOrEqual(0);
    const { entries } = await booksOf(plain, 'c1');
    expect(Math.min(...entries.map(({ balances: after }) => after.available))).toBeGreaterThanOrEqual(0);
  });
  const refused = (error: { code?: string }): number => {
    expect(error.code).toBe('insufficient_points');
    return 0;
  };
});

describe('whatever happens', () => {
  const RULES = earning(
    { pointsPerMajorUnit: 1.5 },
    { points: 10, pendingDays: 5, expiresAfterDays: 30 },
    { event: 'review_written', points: 7, expiresAfterDays: 3 },
    { event: 'friend_referred', points: 20 },
    { event: 'message_engaged', points: 1 },
  );
  const CAPPED = earning(
    { pointsPerMajorUnit: 2, capPerMonth: 900, pendingDays: 1 },
    { points: 10, capPerDay: 15 },
    { event: 'review_written', points: 7, capPerDay: 10, capPerMonth: 20 },
  );
  const waits = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 });
  const keys = fc.array(fc.integer(), { minLength: 60, maxLength: 60 });
  const sizes = fc.integer({ min: 1, max: 30 });
  /** The history, some of its orders waiting for their acceptance. */
  const some = (history: EventInput[], isWaiting: boolean[]): EventInput[] =>
    history.map((event, n) =>
      event.type === 'order_placed' && isWaiting[n]
        ? { ...event, attributes: { ...event.attributes, pending: true } }
        : event,
    );
  const inPortions = async (store: Store, inputs: EventInput[], size: number, consumerId: string) => {
    const told: Outcome[] = [];
    for (let at = 0; at < inputs.length; at += size) {
      told.push(...(await record(store, inputs.slice(at, at + size), { consumerId })));
    }
    return told;
  };
  const awardedIn = async (store: Store, consumerId: string) => {
    const { entries } = await booksOf(store, consumerId);
    const earned = entries.filter(({ about }) => about.rule !== undefined);
    return earned.map(({ type, points, about }) => `${about.eventId} ${about.rule?.['ruleId']} ${type} ${points}`);
  };

  it.each([
    ['', RULES],
    [', with caps', CAPPED],
    [', into debt', { 'earning-rules': { ...RULES['earning-rules'], refundPolicy: 'debt' } }],
  ])('each event earns once, however the history is portioned and repeated%s', (_, documents) =>
    fc.assert(
      fc.asyncProperty(histories, waits, sizes, async (plain, isWaiting, size) => {
        const store = await programmeWith(documents, 'c1', 'c2');
        const history = some(plain, isWaiting);
        const first = await record(store, history);
        expect(new Set(statuses(first))).not.toContain('rejected');
        const told = await inPortions(store, [...history, ...history], size, 'c2');
        await inPortions(store, history, 7, 'c2');
        expect(pointsOf(told.slice(0, history.length))).toEqual(pointsOf(first));
        // A refund and a settlement answer no points, the first time and again.
        expect(pointsOf(told.slice(history.length))).toEqual(pointsOf(first));
        expect(await awardedIn(store, 'c2')).toEqual(await awardedIn(store, 'c1'));
        expect(await balances(store, 'c2')).toEqual(await balances(store, 'c1'));
      }),
      { numRuns: 40 },
    ),
  );

  it('what is told to be earned is what the ledger holds', () =>
    fc.assert(
      fc.asyncProperty(histories, waits, async (plain, isWaiting) => {
        const store = await programmeWith(CAPPED);
        const told = pointsOf(await record(store, some(plain, isWaiting)));
        const { entries } = await booksOf(store, 'c1');
        const sumOf = (type: string) =>
          entries
            .filter((entry) => entry.type === type && entry.about.rule !== undefined)
            .reduce((sum, { points }) => sum + points, 0);
        expect(told.reduce((sum, earned) => sum + (earned?.awarded ?? 0), 0)).toBe(sumOf('add'));
        expect(told.reduce((sum, earned) => sum + (earned?.pending ?? 0), 0)).toBe(sumOf('add_pending'));
      }),
      { numRuns: 40 },
    ));

  it('the order of arrival changes no balance, where nothing is capped or spent', () =>
    fc.assert(
      fc.asyncProperty(histories, waits, keys, sizes, async (plain, isWaiting, arrival, size) => {
        const store = await programmeWith(RULES, 'c1', 'c2');
        const history = some(plain, isWaiting);
        await record(store, history);
        await inPortions(store, shuffled(history, arrival), size, 'c2');
        expect((await awardedIn(store, 'c2')).sort()).toEqual((await awardedIn(store, 'c1')).sort());
        expect(await balances(store, 'c2')).toEqual(await balances(store, 'c1'));
      }),
      { numRuns: 60 },
    ));

  it('what is refunded in parts leaves what one refund of all leaves, and nothing of the order', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50_000 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 9_000 }),
        async (totalMinor, weights, rate) => {
          const store = await programmeWith(earning({ pointsPerMajorUnit: rate / 1_000 }, { points: 7 }), 'c1', 'c2');
          const sum = weights.reduce((all, weight) => all + weight, 0);
          const parts = weights.map((weight) => Math.floor((totalMinor * weight) / sum)).filter((part) => part > 0);
          const refunded = parts.reduce((all, part) => all + part, 0);
          await record(store, [order('o1', totalMinor), ...parts.map((part, n) => refund('o1', `r${n}`, part))]);
          await record(store, [order('o1', totalMinor), refund('o1', 'r', refunded)], { consumerId: 'c2' });
          expect(await balances(store, 'c1')).toEqual(await balances(store, 'c2'));
          if (refunded < totalMinor) await record(store, [refund('o1', 'rest', totalMinor - refunded)]);
          expect(await balances(store, 'c1')).toMatchObject({ score: 0, available: 0 });
        },
      ),
      { numRuns: 60 },
    ));
});
