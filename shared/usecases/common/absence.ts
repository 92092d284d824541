/** Distinguishes unknown consumers from erased ones. */
import { Refusal } from '../../domain/refusal.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

/** The refusal of a request about a consumer who does not exist: `consumer_not_found` or `erased`. */
export const absenceOf = async (store: Store, consumerId: string): Promise<Refusal> =>
  (await tombstoneOf(store, consumerId))
    ? erased()
    : new Refusal('consumer_not_found', 'There is no consumer with this id.');

export const erased = (): Refusal => new Refusal('erased', 'The consumer was erased.');

/** Those of the ids that were erased. */
export const erasedAmong = async (store: Store, consumerIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const keys = consumerIds.map((id) => ({ kind: 'tombstone', subjectHash: store.keyedHashOf(id) }) as const);
  const tombstones = await store.get(keys, true);
  return new Set(consumerIds.filter((_, n) => tombstones[n] !== undefined));
};

/** Undefined unless a consumer with this id was erased. */
export const tombstoneOf = async (store: Store, consumerId: string): Promise<RecordOf<'tombstone'> | undefined> =>
  (await store.get([{ kind: 'tombstone', subjectHash: store.keyedHashOf(consumerId) }], true))[0];

/** Whether an error means that the consumer does not exist. Jobs ignore consumers who were erased meanwhile. */
export const isAbsence = (error: unknown): boolean =>
  error instanceof Refusal && (error.code === 'consumer_not_found' || error.code === 'erased');
