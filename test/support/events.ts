/** A small world for tests about events: consumers in a memory store, and a way to wrap the store. */
import fc from 'fast-check';
import { newUlid } from '../../shared/data/ids.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { MetricsState } from '../../shared/domain/facts.ts';
import { emptyMetrics } from '../../shared/domain/metrics/fold.ts';
import type { EventInput } from '../../shared/usecases/events/recording.ts';
import { scoringOf } from '../../shared/usecases/organization/scoring.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import type { StoredRecord } from '../../shared/usecases/ports/records.ts';
import type { Change, Store } from '../../shared/usecases/ports/store.ts';
import { metricsOf, profileOf } from './records.ts';

export const NOW = '2026-03-01T12:00:00.000Z';

/** A store that holds these consumers, who did nothing yet. */
export const storeWith = async (...consumerIds: string[]): Promise<Store> => {
  const store = memoryStore();
  for (const consumerId of consumerIds) {
    const scoringVersion = scoringOf(undefined).version;
    await store.commit([
      { put: profileOf(consumerId), expect: 'absent' },
      { put: metricsOf(consumerId, { scoringVersion }), expect: 'absent' },
    ]);
  }
  return store;
};

/** Retries at once: tests wait for nobody. */
export const depsOn = (store: Store): Deps => ({ store, newId: newUlid, pause: async () => {} });

/** The consumer's sums as they are stored. */
export const sumsOf = async (store: Store, consumerId: string): Promise<MetricsState> => {
  const [record] = await store.get([{ kind: 'metrics', consumerId }], true);
  if (!record) throw new Error(`there is no consumer ${consumerId}`);
  const names = Object.keys(emptyMetrics()) as (keyof MetricsState)[];
  return Object.fromEntries(names.map((name) => [name, record[name]])) as unknown as MetricsState;
};

const day = (n: number) => new Date(Date.UTC(2025, 0, 1) + n * 3_600_000).toISOString();
const instants = fc.integer({ min: 0, max: 9_000 }).map(day);
const ids = fc.integer({ min: 0, max: 6 });

/** Something that stands alone or is about a message. */
const others: fc.Arbitrary<Omit<EventInput, 'eventId'>> = fc.oneof(
  fc.record({
    type: fc.constantFrom('message_sent', 'message_engaged'),
    occurredAt: instants,
    attributes: fc.record({ messageId: ids.map((n) => `m${n}`), channel: fc.constant('email') }),
  }),
  fc.record({
    type: fc.constantFrom('review_written', 'friend_referred', 'share_impression', 'something_else'),
    occurredAt: instants,
    attributes: fc.record({ note: fc.string() }),
  }),
  fc.record({
    type: fc.constant('visit'),
    occurredAt: instants,
    attributes: fc.record({
      geo: fc.record(
        { city: fc.constantFrom('Leeds', 'Turin'), timezone: fc.constantFrom('Europe/London', 'Europe/Rome') },
        { requiredKeys: [] },
      ),
    }),
  }),
);

/** An order with what follows it: refunds that it can bear, and settlements. */
const orders = fc.record({
  placed: instants,
  totalMinor: fc.integer({ min: 0, max: 100_000 }),
  shares: fc.array(fc.record({ share: fc.integer({ min: 0, max: 40 }), returned: fc.boolean(), at: instants }), {
    maxLength: 2,
  }),
  settled: fc.array(fc.record({ type: fc.constantFrom('order_accepted', 'order_rejected'), at: instants }), {
    maxLength: 3,
  }),
});

/** A history that is valid in the order given: unique event ids, every order before what is about it. */
export const histories: fc.Arbitrary<EventInput[]> = fc
  .tuple(fc.array(orders, { maxLength: 5 }), fc.array(others, { maxLength: 12 }))
  .map(([placed, rest]) => {
    const events = placed.flatMap(({ placed, totalMinor, shares, settled }, n) => {
      const orderId = `o${n}`;
      return [
        { type: 'order_placed', occurredAt: placed, attributes: { orderId, totalMinor } },
        ...shares.map(({ share, returned, at }, r) => ({
          type: 'order_refunded',
          occurredAt: at,
          attributes: { orderId, refundId: `r${r}`, amountMinor: Math.floor((totalMinor * share) / 100), returned },
        })),
        ...settled.map(({ type, at }) => ({ type, occurredAt: at, attributes: { orderId } })),
      ];
    });
    return [...events, ...rest].map((event, n) => ({ ...event, eventId: `e${n}` }));
  });

/** The same events in an order that keeps each order before what is about it; `keys` decide, one for each event. */
export const shuffled = (events: readonly EventInput[], keys: readonly number[]): EventInput[] => {
  const ranked = events.map((event, n) => ({ event, key: keys[n] ?? 0 })).sort((a, b) => a.key - b.key);
  const result: EventInput[] = [];
  const waiting: EventInput[] = [];
  const placed = new Set<unknown>();
  for (const { event } of ranked) {
    const { orderId } = event.attributes;
    if (orderId !== undefined && event.type !== 'order_placed' && !placed.has(orderId)) {
      waiting.push(event);
      continue;
    }
    result.push(event);
    if (event.type !== 'order_placed') continue;
    placed.add(orderId);
    for (const late of waiting) if (late.attributes['orderId'] === orderId) result.push(late);
  }
  return result;
};

/** The store, and the changes that its stream would tell. */
export const streaming = (store: Store, at = NOW): { store: Store; changes: Change[] } => {
  const changes: Change[] = [];
  const commit: Store['commit'] = async (writes) => {
    const written = writes.flatMap((write) => ('put' in write ? [write.put] : 'remove' in write ? [write.remove] : []));
    const befores = await store.get(written, true);
    await store.commit(writes);
    const afters = await store.get(written, true);
    written.forEach((_, n) => {
      const [before, after] = [befores[n], afters[n]] as (StoredRecord | undefined)[];
      if (before ?? after) changes.push({ at, before, after });
    });
  };
  return { store: { ...store, commit }, changes };
};
