import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WhereCondition } from '../../../shared/domain/conditions/where.ts';
import type { Tallied } from '../../../shared/domain/segments/tally.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import type { EventInput } from '../../../shared/usecases/events/recording.ts';
import { rebuildMetrics } from '../../../shared/usecases/insights/rebuild-metrics.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { depsOn, histories, NOW, shuffled, storeWith, sumsOf } from '../../support/events.ts';
import { settingsAsking } from '../../support/records.ts';
import { interleaved, turns } from '../../support/wrapped-stores.ts';

const order = (orderId: string, totalMinor: number, other: Partial<EventInput> = {}): EventInput => ({
  type: 'order_placed',
  attributes: { orderId, totalMinor },
  ...other,
});
const refund = (orderId: string, refundId: string, amountMinor: number): EventInput => ({
  type: 'order_refunded',
  attributes: { orderId, refundId, amountMinor },
});
const visit = (eventId?: string): EventInput => ({ type: 'visit', eventId, attributes: {} });

const record = (store: Store, inputs: EventInput[], consumerId = 'c1', now = NOW) =>
  recordEvents(depsOn(store), { consumerId, now }, inputs);
const statuses = (outcomes: { status: string }[]) => outcomes.map(({ status }) => status);
const codes = (outcomes: Awaited<ReturnType<typeof record>>) =>
  outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.refusal.code : outcome.status));

describe('natural ids', () => {
  it.each([
    ['an eventId', visit('e1'), visit('e1')],
    ['an orderId', order('o1', 500), order('o1', 500)],
    ['an orderId under another eventId', order('o1', 500, { eventId: 'e1' }), order('o1', 500, { eventId: 'e2' })],
  ])('%s with the same content is recorded once, and answers the first', async (_, first, again) => {
    const store = await storeWith('c1');
    const [one] = await record(store, [first]);
    const [two] = await record(store, [again], 'c1', '2026-03-02T12:00:00.000Z');
    expect(one?.status).toBe('created');
    expect(two).toEqual({ ...one, status: 'duplicate' });
    expect(await store.eventsOf('c1', { limit: 10 })).toMatchObject({ items: { length: 1 } });
  });

  it('a refundId with the same content is recorded once', async () => {
    const store = await storeWith('c1');
    const outcomes = await record(store, [order('o1', 500), refund('o1', 'r1', 300), refund('o1', 'r1', 300)]);
    expect(statuses(outcomes)).toEqual(['created', 'created', 'duplicate']);
    expect(await sumsOf(store, 'c1')).toMatchObject({ refundedMinor: 300 });
  });

  it.each([
    ['eventId', [visit('e1'), { ...visit('e1'), source: 'app' }]],
    ['eventId of another type', [visit('e1'), { type: 'participated', eventId: 'e1', attributes: {} }]],
    ['orderId', [order('o1', 500), order('o1', 501)]],
    ['refundId', [order('o1', 500), refund('o1', 'r1', 1), refund('o1', 'r1', 2)]],
  ])('the same %s with other content is refused', async (_, inputs: EventInput[]) => {
    for (const together of [true, false]) {
      const store = await storeWith('c1');
      if (!together) for (const input of inputs.slice(0, -1)) await record(store, [input]);
      const outcomes = await record(store, together ? inputs : inputs.slice(-1));
      expect(codes(outcomes).at(-1)).toBe('idempotency_key_reused');
    }
  });

  it('are of one consumer: another may use the same', async () => {
    const store = await storeWith('c1', 'c2');
    await record(store, [order('o1', 500, { eventId: 'e1' })]);
    expect(statuses(await record(store, [order('o1', 700, { eventId: 'e1' })], 'c2'))).toEqual(['created']);
  });
});

describe('refusals', () => {
  it.each([
    ['a refund of an unknown order', [refund('o1', 'r1', 1)], ['unknown_order']],
    ['an acceptance of one', [{ type: 'order_accepted', attributes: { orderId: 'o1' } }], ['unknown_order']],
    ['more than was paid', [order('o1', 5), refund('o1', 'r1', 6)], ['created', 'refund_exceeds_order']],
    [
      'more than was paid, in parts',
      [order('o1', 5), refund('o1', 'r1', 3), refund('o1', 'r2', 3), refund('o1', 'r3', 2)],
      ['created', 'created', 'refund_exceeds_order', 'created'],
    ],
    [
      'another currency',
      [order('o1', 5, { attributes: { orderId: 'o1', totalMinor: 5, currency: 'EUR' } })],
      ['currency_mismatch'],
    ],
    ['five minutes ahead', [{ ...visit(), occurredAt: '2026-03-01T12:05:00.001Z' }], ['occurred_in_future']],
    ['just within them', [{ ...visit(), occurredAt: '2026-03-01T12:05:00.000Z' }], ['created']],
  ] as [string, EventInput[], string[]][])('%s', async (_, inputs, expected) => {
    const store = await storeWith('c1');
    expect(codes(await record(store, inputs))).toEqual(expected);
    const { items } = await store.eventsOf('c1', { limit: 10 });
    expect(items).toHaveLength(expected.filter((code) => code === 'created').length);
  });

  it('a consumer who is not there', async () => {
    const store = await storeWith('c1');
    expect(codes(await record(store, [visit(), visit()], 'nobody'))).toEqual([
      'consumer_not_found',
      'consumer_not_found',
    ]);
  });
});

describe('a visit with coordinates only', () => {
  it('is given the timezone that lies there, and says the same when it comes again', async () => {
    const store = await storeWith('c1');
    const input = { type: 'visit', eventId: 'e1', attributes: { geo: { latitude: 53.8, longitude: -1.5 } } };
    const located = (timezone: string) => ({ ...depsOn(store), timezoneAt: () => timezone });
    await recordEvents(located('Europe/London'), { consumerId: 'c1', now: NOW }, [input]);
    const again = await recordEvents(located('Europe/Paris'), { consumerId: 'c1', now: NOW }, [input]);
    expect(statuses(again)).toEqual(['duplicate']);
    expect((await sumsOf(store, 'c1')).timezone?.value).toBe('Europe/London');
    expect(await rebuildMetrics(depsOn(store), 'c1', { now: NOW, always: true })).toBe(false);
  });
});

const keys = fc.array(fc.integer(), { minLength: 60, maxLength: 60 });
const sizes = fc.integer({ min: 1, max: 30 });
const portions = (inputs: EventInput[], size: number) =>
  Array.from({ length: Math.ceil(inputs.length / size) }, (_, n) => inputs.slice(n * size, (n + 1) * size));

/** Consumers of whose events segment rules ask this and that. */
const askedWorld = async (...consumerIds: string[]): Promise<Store> => {
  const store = await storeWith(...consumerIds);
  const returned: WhereCondition[] = [{ attribute: 'returned', operator: 'eq', value: true }];
  const asked: Tallied[] = [
    { event: 'order_placed', where: [], measure: { sum: 'totalMinor' }, within: { days: 60 } },
    { event: 'order_refunded', where: returned, measure: 'count', within: null },
    { event: 'message_engaged', where: [], measure: 'count', within: { hours: 500 } },
    { event: 'visit', where: [], measure: 'count', within: null },
  ];
  await store.commit([{ put: settingsAsking(1, ...asked), expect: 'absent' }]);
  for (const consumerId of consumerIds) await rebuildMetrics(depsOn(store), consumerId, { now: NOW, always: false });
  return store;
};

describe('the metrics', () => {
  it('are the same whatever the order of arrival, however it is portioned', () =>
    fc.assert(
      fc.asyncProperty(histories, keys, sizes, async (history, order, size) => {
        const store = await askedWorld('c1', 'c2');
        const first = await record(store, history, 'c1');
        for (const portion of portions(shuffled(history, order), size)) await record(store, portion, 'c2');
        expect(new Set(statuses(first))).not.toContain('rejected');
        expect(await sumsOf(store, 'c2')).toEqual(await sumsOf(store, 'c1'));
      }),
      { numRuns: 60 },
    ));

  it('count every event once, however often it is delivered', () =>
    fc.assert(
      fc.asyncProperty(histories, sizes, async (history, size) => {
        const store = await askedWorld('c1', 'c2');
        await record(store, history, 'c1');
        for (const portion of portions([...history, ...history], size))
          await record(store, [...portion, ...portion], 'c2');
        expect(await sumsOf(store, 'c2')).toEqual(await sumsOf(store, 'c1'));
      }),
      { numRuns: 40 },
    ));

  it('are what folding the history again gives', () =>
    fc.assert(
      fc.asyncProperty(histories, keys, async (history, order) => {
        const store = await askedWorld('c1');
        await record(store, shuffled(history, order));
        expect(await rebuildMetrics(depsOn(store), 'c1', { now: NOW, always: true })).toBe(false);
      }),
      { numRuns: 60 },
    ));

  it('lose no money between orders and refunds', () =>
    fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const store = await storeWith('c1');
        await record(store, history);
        const rejections = history.filter(({ type }) => type === 'order_rejected');
        const rejected = new Set(rejections.map(({ attributes }) => attributes['orderId']));
        const sum = (type: string, amount: string) =>
          history
            .filter((event) => event.type === type && !rejected.has(event.attributes['orderId']))
            .reduce((total, { attributes }) => total + Number(attributes[amount]), 0);
        const metrics = await sumsOf(store, 'c1');
        expect(metrics.paidMinor).toBe(sum('order_placed', 'totalMinor'));
        expect(metrics.refundedMinor).toBe(sum('order_refunded', 'amountMinor'));
      }),
      { numRuns: 60 },
    ));
});

describe('recordings at the same time', () => {
  it('are all counted once, and none fails', async () => {
    const turn = turns(7);
    const plain = await storeWith('c1');
    const store = interleaved(plain, turn);
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, n) => record(store, [order(`o${n}`, 100)])));
    expect(new Set(outcomes.flatMap(statuses))).toEqual(new Set(['created']));
    expect(await sumsOf(plain, 'c1')).toMatchObject({ orders: 30, paidMinor: 3_000 });
  });

  it('of one event record it once', async () => {
    const turn = turns(11);
    const plain = await storeWith('c1');
    const store = interleaved(plain, turn);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => record(store, [order('o1', 100, { eventId: 'e1' })])),
    );
    expect(statuses(outcomes.flat()).sort()).toEqual(['created', ...Array(9).fill('duplicate')]);
    expect(await sumsOf(plain, 'c1')).toMatchObject({ orders: 1, paidMinor: 100 });
  });
});
