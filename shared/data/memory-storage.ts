/** The database in memory, for tests: the same keys, order, conditions and limits, to the byte. */
import type { Expectation } from '../usecases/ports/store.ts';
import type { Item } from './fields.ts';
import type { RangeQuery, Rows, Storage } from './storage.ts';
import { ConditionsFailed } from './storage.ts';
import { type Key, VERSION } from './table.ts';
import { tableSchema } from './table-schema.ts';

const MOST_WRITES = 100;
const MOST_ITEM_BYTES = 400 * 1024;

export const memoryStorage = (): Storage => {
  const partitions = new Map<string, Map<string, Item>>();
  const found = ({ pk, sk }: Key) => partitions.get(pk)?.get(sk);
  const copyOf = (item: Item | undefined) => item && structuredClone(item);

  const put = ({ pk, sk }: Key, item: Item) => {
    const partition = partitions.get(pk) ?? new Map<string, Item>();
    partitions.set(pk, partition.set(sk, structuredClone(item)));
  };

  const rowsOf = (query: RangeQuery): { range: string; item: Item }[] => {
    const { hash, range } = query.index
      ? tableSchema.indexes[query.index]
      : { hash: tableSchema.partitionKey, range: tableSchema.sortKey };
    const candidates = query.index
      ? [...partitions.values()].flatMap((partition) => [...partition.values()])
      : [...(partitions.get(query.hash)?.values() ?? [])];
    return candidates
      .filter((item) => item[hash]?.S === query.hash && item[range]?.S !== undefined)
      .map((item) => ({ range: item[range]?.S ?? '', item }));
  };

  return {
    read: async (keys) => keys.map((key) => copyOf(found(key))),

    query: async (query): Promise<Rows> => {
      const rows = rowsOf(query)
        .filter(({ range }) => query.from === undefined || byBytes(range, query.from) >= 0)
        .filter(({ range }) => query.before === undefined || byBytes(range, query.before) < 0)
        .sort((a, b) => byBytes(a.range, b.range));
      if (query.backwards) rows.reverse();
      const items = rows.slice(0, query.limit).map(({ item }) => structuredClone(item));
      return { items, more: rows.length > items.length };
    },

    write: async (writes) => {
      const keys = new Set(writes.map(({ key }) => JSON.stringify(key)));
      if (writes.length > MOST_WRITES || keys.size < writes.length) throw new Error('not a valid transaction');
      for (const { item } of writes) if (item && sizeOf(item) > MOST_ITEM_BYTES) throw new Error('the item is too big');
      const failed = writes.flatMap(({ key, expect, add = {} }, position) =>
        holds(expect, found(key)) && mayAdd(add, found(key)) ? [] : [{ position, existing: copyOf(found(key)) }],
      );
      if (failed.length > 0) throw new ConditionsFailed(failed);
      for (const { key, item, add } of writes) {
        if (item) put(key, item);
        else if (item === null) partitions.get(key.pk)?.delete(key.sk);
        else if (add) put(key, { ...found(key), ...sumsOf(add, found(key)) });
      }
    },
  };
};

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const sizeOf = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + (value.S ?? value.N ?? '')), 0);

/** A missing number has no sum. */
const sumsOf = (add: Record<string, number>, item: Item = {}): Item =>
  Object.fromEntries(
    Object.entries(add).map(([name, amount]) => [name, { N: String(Number(item[name]?.N) + amount) }]),
  );

const mayAdd = (add: Record<string, number>, item: Item | undefined): boolean =>
  Object.values(sumsOf(add, item)).every(({ N }) => Number(N) >= 0);

const holds = (expect: Expectation, item: Item | undefined): boolean => {
  if (expect === 'anything') return true;
  if (expect === 'absent') return item === undefined;
  if (expect === 'present') return item !== undefined;
  if ('version' in expect) return item?.[VERSION]?.N === String(expect.version);
  return item === undefined || (item['expiresAt']?.S ?? '') < expect.expiredBefore;
};
