/**
 * The one mechanism behind `Idempotency-Key`: the answer is stored in the same transaction as the writes.
 *
 *   first request   ──▶ decide ──▶ commit { writes + answer, if the key is free } ──▶ answer
 *   its copy        ──▶ decide ──▶ commit refused: the key is taken ──▶ the stored answer, replayed
 *
 * Whichever commits first wins and the other replays it, so no copy ever has to wait for a lock. A copy that is refused
 * before it commits (the first one has changed the world) looks for the stored answer too. A route that commits in parts,
 * ahead of its answer, looks before it begins.
 */

import { sha256 } from '../domain/canonical.ts';
import type { Instant } from '../domain/facts.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Commit } from '../usecases/ports/deps.ts';
import type { RecordOf } from '../usecases/ports/records.ts';
import type { Store, Write } from '../usecases/ports/store.ts';
import { WriteConflict } from '../usecases/ports/store.ts';

/** Keys live seven days, per caller. */
const KEY_LIFE_MS = 7 * 86_400_000;

export interface Reply {
  status: number;
  body?: unknown;
  /** In place of a body, what is no JSON: the headers say what it is. Only of what is read, where no key keeps it. */
  text?: string;
  headers?: Record<string, string>;
  /** The consumer whom it is about, where the path does not say; null where the answer names nobody, whoever is in the path. */
  consumerId?: string | null;
  /**
   * What is kept of it under an Idempotency-Key, where that is not the body: `false` keeps nothing, of answers that show
   * people, or are the same again by themselves.
   */
  kept?: unknown;
}

/** A write's key and what the request says. */
export interface RequestKey {
  keyHash: string;
  /** A keyed hash: what a request said, of whom, cannot be tried out on what is kept. */
  digest: string;
  now: Instant;
  /** The consumer whom the path names. */
  consumerId: string | undefined;
}

/** The key's hash, 43 characters: the same key of another caller is another one. */
export const keyHashOf = (caller: string, key: string): string => sha256(`${caller}\n${key}`);

/** Thrown through a use case whose request was answered before. */
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

/** A commit that stores the reply under the key, and says whether it did. */
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
 * Keeps an answer that nothing was written with. Where the consumer of the path is gone meanwhile, that is the answer; of one
 * who never was nothing is kept, as whatever is asked is the same again.
 */
export const keepAnswer = async (store: Store, key: RequestKey, keep: () => Promise<unknown>): Promise<void> => {
  try {
    await keep();
  } catch (error) {
    if (!(error instanceof WriteConflict) || !error.failed.some(isOfNobody)) throw error;
    if (await isErased(store, key.consumerId)) throw erased();
  }
};

const isOfNobody = ({ write }: WriteConflict['failed'][number]): boolean =>
  'check' in write && write.check.kind === 'profile';

const isErased = async (store: Store, consumerId: string | undefined): Promise<boolean> => {
  if (consumerId === undefined) return false;
  const [tombstone] = await store.get([{ kind: 'tombstone', subjectHash: store.keyedHashOf(consumerId) }], true);
  return tombstone !== undefined;
};

const erased = (): Refusal => new Refusal('erased', 'The consumer that this request was about was erased.');

/** Throws the stored answer of this key, if there is one; a refusal if the key was used for another request. */
export const replayStored = async (store: Store, key: RequestKey): Promise<void> => {
  const [record] = await store.get([{ kind: 'idempotency', keyHash: key.keyHash }], true);
  if (record && record.expiresAt >= key.now) await throwFor(record, store, key);
};

/**
 * Erasure finds a consumer's answers through the index, an acknowledgement without content too. It costs a write unit,
 * which the budget of an order has to spare, so no route with a consumer in its path is an exception.
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

/** An answer that names somebody is not told again from the moment on in which an erasure begins. */
const throwFor = async (record: RecordOf<'idempotency'>, store: Store, key: RequestKey): Promise<never> => {
  if (record.digest === null || (await isErased(store, record.consumerId))) throw erased();
  if (record.digest !== key.digest) {
    throw new Refusal('idempotency_key_reused', 'This Idempotency-Key was used for a request with other content.');
  }
  throw new Replayed(record);
};
