import type { Earned } from '../../domain/points/awards.ts';
import { absenceOf } from '../common/absence.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, Store } from '../ports/store.ts';

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
    store.get([{ kind: 'metrics', consumerId }], true),
    store.eventsOf(consumerId, query),
  ]);
  if (metrics === undefined) throw await absenceOf(store, consumerId);
  return { ...page, items: page.items.map(eventShown) };
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
