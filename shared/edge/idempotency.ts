/**
 * The mechanism behind `Idempotency-Key`: the reply is stored in the same transaction as the writes.
 *
 *   original   ──▶ decide ──▶ commit { writes + reply, if the key is free } ──▶ reply
 *   copy       ──▶ decide ──▶ commit fails: the key is taken ──▶ stored reply, replayed
 *
 * Whichever commits first wins and the other replays its reply, so a copy never waits for a lock and is never turned away
 * as "in progress". A copy may also be refused before it commits, because the original has changed the state; it then
 * looks for the stored reply too. A route that commits in parts, before its reply, checks the key before it starts.
 */

import { sha256 } from '../domain/canonical.ts';
import type { Instant } from '../domain/facts.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Commit } from '../usecases/ports/deps.ts';
import type { RecordOf } from '../usecases/ports/records.ts';
import type { Store, Write } from '../usecases/ports/store.ts';
import { WriteConflict } from '../usecases/ports/store.ts';

/** Keys are per caller and expire after seven days. */
const KEY_LIFE_MS = 7 * 86_400_000;

export interface Reply {
  status: number;
  body?: unknown;
  /** A non-JSON body, in place of `body`; the headers give its content type. For reads only, which store no reply. */
  text?: string;
  headers?: Record<string, string>;
  /** The consumer that the reply is about, if not the one in the path; null if the reply identifies no consumer. */
  consumerId?: string | null;
  /**
   * The form of the body that is stored under an Idempotency-Key, if not the body itself. `false` stores nothing: for
   * replies that contain personal data, or that a repeated request produces again anyway.
   */
  kept?: unknown;
}

/** The Idempotency-Key of a write and the digest of its request. */
export interface RequestKey {
  keyHash: string;
  /** A keyed hash of the request, so that guesses at its content cannot be checked against stored records. */
  digest: string;
  now: Instant;
  /** The consumer in the path. */
  consumerId: string | undefined;
}

/** The hash of a caller's key, 43 characters. The same key of another caller has another hash. */
export const keyHashOf = (caller: string, key: string): string => sha256(`${caller}\n${key}`);

/** Thrown through the use case if the request was answered before. */
export class Replayed extends Error {
  readonly reply: Reply;
  constructor(record: RecordOf<'idempotency'>) {
    super('answered before');
    this.reply = {
      status: record.status,
      body: record.body === null ? undefined : JSON.parse(record.body),
      headers: { 'idempotent-replayed': 'true' },
    };
  }
}

/** A commit that stores the reply under the key; `isStored` is true once it has. */
export const commitUnder = <T>(store: Store, key: RequestKey | null, present: (result: T) => Reply) => {
  let stored = false;
  const commit: Commit = async (writes, result) => {
    const put = key && !stored ? recordWrites(key, present(result as unknown as T)) : [];
    try {
      if (writes.length + put.length > 0) await store.commit([...writes, ...put]);
    } catch (error) {
      if (key) await throwReplayed(error, store, key);
      throw error;
    }
    stored = true;
    return result;
  };
  return { commit, isStored: () => stored };
};

/**
 * Stores a reply that came without writes. Refuses with `erased` if the consumer in the path has been erased meanwhile. If
 * the consumer never existed, nothing is stored: a repeated request gets the same reply anyway.
 */
export const storeReply = async (store: Store, key: RequestKey, commitReply: () => Promise<unknown>): Promise<void> => {
  try {
    await commitReply();
  } catch (error) {
    if (!(error instanceof WriteConflict) || !error.failed.some(isMissingConsumer)) throw error;
    if (await isErased(store, key.consumerId)) throw erased();
  }
};

const isMissingConsumer = ({ write }: WriteConflict['failed'][number]): boolean =>
  'check' in write && write.check.kind === 'profile';

const isErased = async (store: Store, consumerId: string | undefined): Promise<boolean> => {
  if (consumerId === undefined) return false;
  const [tombstone] = await store.get([{ kind: 'tombstone', subjectHash: store.keyedHashOf(consumerId) }], true);
  return tombstone !== undefined;
};

const erased = (): Refusal => new Refusal('erased', 'The consumer of this request has been erased.');

/** Throws `Replayed` if a reply is stored under the key, or a refusal if the key was used for another request. */
export const replayStored = async (store: Store, key: RequestKey): Promise<void> => {
  const [record] = await store.get([{ kind: 'idempotency', keyHash: key.keyHash }], true);
  if (record && record.expiresAt >= key.now) await throwFor(record, store, key);
};

/**
 * Erasure finds a consumer's stored replies through an index, including replies without content. The index costs one write
 * unit, which the budget of an order allows, so every route with a consumer in its path uses it.
 */
const recordWrites = (key: RequestKey, { status, body, kept = body, consumerId = key.consumerId }: Reply): Write[] => {
  if (kept === false) return [];
  const put: RecordOf<'idempotency'> = {
    kind: 'idempotency',
    keyHash: key.keyHash,
    digest: key.digest,
    status,
    body: kept === undefined ? null : JSON.stringify(kept),
    expiresAt: new Date(Date.parse(key.now) + KEY_LIFE_MS).toISOString(),
    consumerId: consumerId ?? undefined,
  };
  return [{ put, expect: { expiredBefore: key.now } }];
};

const throwReplayed = async (error: unknown, store: Store, key: RequestKey): Promise<void> => {
  if (!(error instanceof WriteConflict)) return;
  for (const { existing } of error.failed) {
    if (existing?.kind === 'idempotency') await throwFor(existing, store, key);
  }
};

/** A reply that identifies a consumer is not replayed once the consumer's erasure has started. */
const throwFor = async (record: RecordOf<'idempotency'>, store: Store, key: RequestKey): Promise<never> => {
  if (record.digest === null || (await isErased(store, record.consumerId))) throw erased();
  if (record.digest !== key.digest) {
    throw new Refusal(
      'idempotency_key_reused',
      'This Idempotency-Key was already used for a request with different content.',
    );
  }
  throw new Replayed(record);
};
