/** The database operations that a store needs: single items, one ordered query, one transaction. Two adapters implement them. */
import type { Expectation } from '../usecases/ports/store.ts';
import type { Item } from './fields.ts';
import type { Key } from './table.ts';
import type { IndexName } from './table-schema.ts';

export interface RangeQuery {
  index?: IndexName;
  /** The partition: value of the hash key. */
  hash: string;
  /** Range keys from here on, included; in the order of UTF-8 bytes. */
  from?: string;
  /** Range keys before here, excluded. */
  before?: string;
  backwards?: boolean;
  limit: number;
  fresh?: boolean;
}
export interface Rows {
  items: Item[];
  /** Whether the partition may hold more behind these. */
  more: boolean;
}
/** One write of a transaction, in terms of items. */
export interface ItemWrite {
  key: Key;
  /** The item to put; null removes it; absent only checks, or adds. */
  item?: Item | null;
  /** Added to numbers of the item, by attribute; holds where each of them is there and does not fall below 0. */
  add?: Record<string, number>;
  expect: Expectation;
}

/** Some conditions did not hold: the writes, by position, and the items in their way. Others were writing: none. */
export class ConditionsFailed extends Error {
  readonly failed: { position: number; existing: Item | undefined }[];
  constructor(failed: { position: number; existing: Item | undefined }[]) {
    super('a condition did not hold');
    this.name = 'ConditionsFailed';
    this.failed = failed;
  }
}

export interface Storage {
  /** The items of these keys, in their order. */
  read(keys: Key[], fresh: boolean): Promise<(Item | undefined)[]>;
  /** At least one row where there is one. */
  query(query: RangeQuery): Promise<Rows>;
  /** All or nothing. Throws `ConditionsFailed`. */
  write(writes: ItemWrite[]): Promise<void>;
}
