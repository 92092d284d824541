/** Reads consumer states: one from its partition, or all from the population index, where the parts are joined. */

import { HEAD, type StoredRecord } from '../usecases/ports/records.ts';
import type { ConsumerState } from '../usecases/ports/store.ts';
import type { Item } from './fields.ts';
import { recordOf } from './items.ts';
import type { Storage } from './storage.ts';
import { HEAD_RANGE, headSlice, partitionOf } from './table.ts';

/** Rows per query. The response limit of 1 MB usually ends it earlier. */
const CHUNK = 1_000;

/** Null without profile or metrics: the consumer does not exist. */
export const stateIn = (records: readonly StoredRecord[]): ConsumerState | null => {
  const profile = records.find((record) => record.kind === 'profile');
  const metrics = records.find((record) => record.kind === 'metrics');
  if (!profile || !metrics) return null;
  return {
    profile,
    metrics,
    account: records.find((record) => record.kind === 'account'),
    rewardsState: records.find((record) => record.kind === 'rewardsState'),
    memberships: records.find((record) => record.kind === 'memberships'),
  };
};

export const stateOf = async (storage: Storage, consumerId: string): Promise<ConsumerState | null> => {
  const { items } = await storage.query({
    hash: partitionOf(consumerId),
    ...HEAD_RANGE,
    limit: HEAD.length,
    fresh: true,
  });
  return stateIn(items.map((item) => recordOf(item)));
};

/** Walks the partitions of all parts in parallel, ordered by consumer. The profile decides which consumers exist. */
export async function* stateSlice(storage: Storage, slice: number, after?: string): AsyncGenerator<ConsumerState> {
  const walk = (hash: string) => new Walk(storage, hash, after);
  const others = HEAD.filter((kind) => kind !== 'profile').map((kind) => walk(headSlice(kind, slice)));
  const profiles = walk(headSlice('profile', slice));
  for (let profile = await profiles.next(); profile !== undefined; profile = await profiles.next()) {
    const pk = profile['pk']?.S ?? '';
    const parts: Item[] = [profile];
    for (const other of others) {
      const part = await other.at(pk);
      if (part) parts.push(part);
    }
    const state = stateIn(parts.map((part) => recordOf(part)));
    if (state) yield state;
  }
}

/** Walks one index partition forwards, and prefetches the next chunk. */
class Walk {
  readonly #storage: Storage;
  readonly #hash: string;
  #rows: Item[] = [];
  #place = 0;
  #next: Promise<{ items: Item[]; more: boolean }> | null;

  constructor(storage: Storage, hash: string, after: string | undefined) {
    this.#storage = storage;
    this.#hash = hash;
    this.#next = this.#ask(after === undefined ? undefined : `${partitionOf(after)}\0`);
  }

  #ask(from: string | undefined) {
    const range = from === undefined ? {} : { from };
    return this.#storage.query({ index: 'population', hash: this.#hash, ...range, limit: CHUNK });
  }

  async #peek(): Promise<Item | undefined> {
    while (this.#place === this.#rows.length && this.#next !== null) {
      const { items, more } = await this.#next;
      [this.#rows, this.#place] = [items, 0];
      const last = items.at(-1)?.['pk']?.S;
      this.#next = more && last !== undefined ? this.#ask(`${last}\0`) : null;
      this.#next?.catch(() => undefined);
    }
    return this.#rows[this.#place];
  }

  async next(): Promise<Item | undefined> {
    const row = await this.#peek();
    if (row) this.#place += 1;
    return row;
  }

  /** The row of this consumer, if there is one. Skips earlier rows. */
  async at(pk: string): Promise<Item | undefined> {
    for (let row = await this.#peek(); row !== undefined; row = await this.#peek()) {
      const own = row['pk']?.S ?? '';
      if (own > pk) return undefined;
      this.#place += 1;
      if (own === pk) return row;
    }
    return undefined;
  }
}
