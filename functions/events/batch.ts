/** A batch at the edge: each event parsed by itself, its consumer found; outcomes told as items. */
import { Refusal } from '../../shared/domain/refusal.ts';
import { parsed, refuseHostile } from '../../shared/edge/input.ts';
import { problemOf } from '../../shared/edge/problems.ts';
import { erased, erasedAmong } from '../../shared/usecases/common/absence.ts';
import { consumersWith, contactKeyOf } from '../../shared/usecases/consumers/contact-owners.ts';
import { type BatchItem, idMadeFor } from '../../shared/usecases/events/batch.ts';
import type { Outcome } from '../../shared/usecases/events/recording.ts';
import type { RecordKey } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { type BatchEvent, batchEvent } from './schemas.ts';

type Rejected = Extract<Outcome, { status: 'rejected' }>;

/** Of each rejected event: the answer to a whole batch must fit one item of the table. */
const MOST_ERRORS = 5;

/** What can be recorded, and what cannot, by its place in the batch. */
export const itemsOf = async (store: Store, events: readonly unknown[]) => {
  const refused = new Map<number, Rejected>();
  const items: BatchItem[] = [];
  const looked: { index: number; event: BatchEvent; key: Extract<RecordKey, { kind: 'contact' }> }[] = [];
  events.forEach((sent, index) => {
    try {
      refuseHostile(sent);
      const event = parsed(batchEvent, sent);
      if (event.consumerId !== undefined) items.push(itemOf(index, event.consumerId, event));
      if (event.lookup) looked.push({ index, event, key: contactKeyOf(event.lookup, 'lookup') });
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      refused.set(index, { status: 'rejected', refusal });
    }
  });
  const found =
    looked.length === 0
      ? []
      : await consumersWith(
          store,
          looked.map(({ key }) => key),
        );
  looked.forEach(({ index, event }, place) => {
    const consumer = found[place];
    if (typeof consumer === 'string') items.push(itemOf(index, consumer, event));
    else if (consumer) refused.set(index, { status: 'rejected', refusal: consumer });
  });
  return { items: items.sort((a, b) => a.index - b.index), refused };
};

const itemOf = (index: number, consumerId: string, event: BatchEvent): BatchItem => {
  const { eventId, type, occurredAt, source, attributes } = event;
  return {
    index,
    consumerId,
    input: { eventId, type, occurredAt, source, attributes },
  };
};

/** The batch's answer, in the order of its events. */
export const presentBatch = (size: number, outcomes: ReadonlyMap<number, Outcome>, requestId: string) => ({
  items: Array.from({ length: size }, (_, index) => {
    const outcome = outcomes.get(index);
    if (outcome === undefined) throw new TypeError('an event without an outcome');
    const { status } = outcome;
    const points = outcome.status === 'rejected' ? undefined : outcome.event.points;
    return status === 'rejected'
      ? { index, status, problem: problemIn(outcome.refusal, index, requestId) }
      : { index, status, eventId: outcome.event.eventId, ...(points && { points }) };
  }),
});

type BatchAnswer = ReturnType<typeof presentBatch>;
/** The answer as it is kept: it may be about many, any of whom may be erased, so it names no event. */
export interface KeptBatch {
  items: Record<string, unknown>[];
}
export const withoutIds = ({ items }: BatchAnswer): KeptBatch => ({
  items: items.map((item) => {
    if (item.status === 'rejected') return item;
    const { eventId: _, ...rest } = item;
    return rest;
  }),
});

/**
 * The first answer again: events have the ids that the very same request gives them. Of who was erased since, nothing is
 * told any more.
 */
export const withIds = async (
  store: Store,
  kept: KeptBatch,
  { events, keyHash, requestId }: { events: readonly unknown[]; keyHash: string | undefined; requestId: string },
) => {
  const sent = events as readonly { consumerId?: string; eventId?: string }[];
  const ids = [...new Set(sent.flatMap(({ consumerId }) => (typeof consumerId === 'string' ? [consumerId] : [])))];
  const gone = await erasedAmong(store, ids);
  return {
    items: kept.items.map(({ index, status, ...rest }, place) => {
      const { consumerId, eventId } = sent[place] ?? {};
      if (consumerId !== undefined && gone.has(consumerId)) {
        return { index, status: 'rejected', problem: problemIn(erased(), place, requestId) };
      }
      if (status === 'rejected') return { index, status, ...rest };
      return { index, status, eventId: eventId ?? idMadeFor(keyHash ?? '', place), ...rest };
    }),
  };
};

const problemIn = ({ code, message, errors }: Refusal, index: number, requestId: string) => {
  const placed = errors
    .slice(0, MOST_ERRORS)
    .map((error) => ({ ...error, path: `events.${index}${error.path && '.'}${error.path}` }));
  return problemOf(new Refusal(code, message, placed), requestId);
};
