import type { Earned } from '../domain/points/awards.ts';
import { absenceOf } from './absence.ts';
import type { Deps, Page, RecordOf, Store } from './ports.ts';

export type ListedEvent = Pick<
  RecordOf<'event'>,
  'eventId' | 'type' | 'occurredAt' | 'source' | 'attributes' | 'receivedAt'
> & {
  /** What it earned, where a rule was about its type. */
  points?: Earned;
};

/** A consumer's events, newest first. Throws `Refusal` `consumer_not_found` and `invalid_cursor`. */
export const listEvents = async (
  { store }: Pick<Deps, 'store'>,
  consumerId: string,
  query: Parameters<Store['eventsOf']>[1],
): Promise<Page<ListedEvent>> => {
  const [[metrics], page] = await Promise.all([
    store.get([{ kind: 'metrics', consumerId }]),
    store.eventsOf(consumerId, query),
  ]);
  if (metrics === undefined) await refuseUnknown(store, consumerId);
  return { ...page, items: page.items.map(eventShown) };
};

/** Decided on a fresh read: the consumer may have been created a moment ago. */
const refuseUnknown = async (store: Store, consumerId: string): Promise<void> => {
  const [metrics] = await store.get([{ kind: 'metrics', consumerId }], true);
  if (metrics === undefined) throw await absenceOf(store, consumerId);
};

export const eventShown = (event: RecordOf<'event'>): ListedEvent => ({
  ...pick(event),
  ...(event.earned && { points: event.earned }),
});

const pick = ({ eventId, type, occurredAt, source, attributes, receivedAt }: RecordOf<'event'>) => ({
  eventId,
  type,
  occurredAt,
  source,
  attributes,
  receivedAt,
});
