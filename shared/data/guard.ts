/** The condition that goes with everything that is written about a consumer: that there is the consumer. */
import { HEAD } from '../usecases/ports/records.ts';
import type { Write } from '../usecases/ports/store.ts';

/** The transaction that begins an erasure removes the whole head, so a version of any part proves that the consumer exists. */
const HEAD_KINDS: ReadonlySet<string> = new Set(HEAD);

/**
 * The writes, with a check of the profile of each consumer about whom something is put unless they hold only while a part
 * of its head is as it was read, or only where it is new.
 */
export const guarded = (writes: readonly Write[]): Write[] => {
  const about = new Set(writes.flatMap((write) => ('put' in write ? consumerOf(write.put) : [])));
  for (const write of writes) for (const consumerId of standing(write)) about.delete(consumerId);
  const checks = [...about].map((consumerId): Write => ({ check: { kind: 'profile', consumerId }, expect: 'present' }));
  return [...writes, ...checks];
};

const consumerOf = (record: object & { kind: string; consumerId?: string }): string[] =>
  record.kind === 'erasureSubject' || record.consumerId === undefined ? [] : [record.consumerId];

/** Whom it finds in its place: by a version of the head; by the profile, also where it is to be the first. */
const standing = (write: Write): string[] => {
  if ('adjust' in write || 'remove' in write) return [];
  const key: { kind: string; consumerId?: string } = 'put' in write ? write.put : write.check;
  const isThere = write.expect !== 'anything' && write.expect !== 'absent';
  return key.kind === 'profile' || (HEAD_KINDS.has(key.kind) && isThere) ? consumerOf(key) : [];
};
