/** Every put about a consumer requires that the consumer exists. */
import { HEAD } from '../usecases/ports/records.ts';
import type { Write } from '../usecases/ports/store.ts';

/** The transaction that begins an erasure removes the whole head, so a version of any part proves that the consumer exists. */
const HEAD_KINDS: ReadonlySet<string> = new Set(HEAD);

/**
 * Adds a check of the profile for each consumer with a put. No check is needed if a write already depends on the version
 * of a part of the head or creates the profile.
 */
export const guarded = (writes: readonly Write[]): Write[] => {
  const about = new Set(writes.flatMap((write) => ('put' in write ? consumerOf(write.put) : [])));
  for (const write of writes) for (const consumerId of provenConsumers(write)) about.delete(consumerId);
  const checks = [...about].map((consumerId): Write => ({ check: { kind: 'profile', consumerId }, expect: 'present' }));
  return [...writes, ...checks];
};

const consumerOf = (record: object & { kind: string; consumerId?: string }): string[] =>
  record.kind === 'erasureSubject' || record.consumerId === undefined ? [] : [record.consumerId];

/** The consumer whose existence the write already proves: by a version of the head, or by creating the profile. */
const provenConsumers = (write: Write): string[] => {
  if ('adjust' in write || 'remove' in write) return [];
  const key: { kind: string; consumerId?: string } = 'put' in write ? write.put : write.check;
  const isThere = write.expect !== 'anything' && write.expect !== 'absent';
  return key.kind === 'profile' || (HEAD_KINDS.has(key.kind) && isThere) ? consumerOf(key) : [];
};
