/**
 * The cost of a transaction of writes on AWS. DynamoDB Local's own figure is of no use: it adds up the different
 * figures of its items, so that ten small writes cost as much as one. Here each item is billed by its image before
 * and after: written to the table twice (prepare and commit), to each index that it changes once (indexes follow the
 * commit), and a condition check read twice.
 */
import { isDeepStrictEqual } from 'node:util';
import type { TableModel } from '../assembly/model.ts';
import { type Item, sizeOf } from './item-size.ts';
import type { Consumption } from './metrics.ts';
import { TABLES, type Wire } from './wire.ts';

export interface TransactionCosts {
  /** Reads the items before the transaction. The returned function computes the cost once it has succeeded. */
  watch(body: Buffer): Promise<() => Promise<Consumption>>;
}

interface Write {
  TableName: string;
  Key?: Item;
  Item?: Item;
  ConditionExpression?: string;
}
type TransactItem = Partial<Record<'Put' | 'Delete' | 'Update' | 'ConditionCheck', Write>>;
interface Planned extends Write {
  kind: 'Put' | 'Delete' | 'Update' | 'ConditionCheck';
  key: Item;
}
interface Index {
  name: string;
  keys: string[];
  /** Null where the index holds whole items. */
  attributes: string[] | null;
}

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;
/** A condition that only an item that was not there can have met. */
const ONLY_NEW = /^\s*attribute_not_exists\s*\(\s*[#\w]+\s*\)\s*$/;

export function createTransactionCosts(table: TableModel, wire: Wire): TransactionCosts {
  const keys = (table.create['KeySchema'] as KeySchema).map(({ AttributeName }) => AttributeName);
  const indexes = indexesOf(table, keys);
  const read = (writes: Planned[]) => imagesOf(wire, keys, writes);
  return {
    watch: async (body) => {
      const writes = plannedIn(body, keys);
      const before = await read(writes.filter((write) => !ONLY_NEW.test(write.ConditionExpression ?? '')));
      return async () => {
        const updates = writes.filter(({ kind }) => kind === 'Update');
        const updated = await read(updates);
        const after = (write: Planned) => (write.kind === 'Update' ? updated.get(nameOf(write)) : write.Item);
        return billed(writes, indexes, (write) => [before.get(nameOf(write)), after(write)]);
      };
    },
  };
}

type KeySchema = { AttributeName: string }[];

function indexesOf(table: TableModel, tableKeys: string[]): Index[] {
  const rows = (table.create['GlobalSecondaryIndexes'] ?? []) as {
    IndexName: string;
    KeySchema: KeySchema;
    Projection: { ProjectionType: string; NonKeyAttributes?: string[] };
  }[];
  return rows.map(({ IndexName, KeySchema, Projection }) => {
    const keys = KeySchema.map(({ AttributeName }) => AttributeName);
    const attributes = [...tableKeys, ...keys, ...(Projection.NonKeyAttributes ?? [])];
    return { name: IndexName, keys, attributes: Projection.ProjectionType === 'ALL' ? null : attributes };
  });
}

/** Empty for a request that DynamoDB is about to refuse. */
function plannedIn(body: Buffer, keys: string[]): Planned[] {
  try {
    const { TransactItems: items } = JSON.parse(body.toString('utf8')) as { TransactItems: TransactItem[] };
    return items.flatMap((item) =>
      Object.entries(item).map(([kind, write]) => {
        return { ...write, kind: kind as Planned['kind'], key: keyIn(write.Key ?? write.Item ?? {}, keys) };
      }),
    );
  } catch {
    return [];
  }
}

/** The key alone, its parts in one order. */
const keyIn = (item: Item, keys: string[]): Item =>
  Object.fromEntries(keys.flatMap((name) => (item[name] ? [[name, item[name]]] : [])));

const nameOf = ({ TableName, key }: Pick<Planned, 'TableName' | 'key'>): string => JSON.stringify([TableName, key]);

/** The items as they are now, by table and key: asked for together, as this is done before every transaction. */
async function imagesOf(wire: Wire, keys: string[], writes: Planned[]): Promise<Map<string, Item>> {
  const images = new Map<string, Item>();
  let wanted: Wanted = {};
  for (const { TableName, key } of writes) {
    wanted[TableName] ??= { Keys: [], ConsistentRead: true };
    wanted[TableName].Keys.push(key);
  }
  while (Object.keys(wanted).length > 0) {
    // Items that can't be read have a transaction that won't be written.
    const answer = await wire.send<Got>(`${TABLES}.BatchGetItem`, { RequestItems: wanted }).catch(() => NOTHING);
    for (const [TableName, items] of Object.entries(answer.Responses)) {
      for (const item of items) images.set(nameOf({ TableName, key: keyIn(item, keys) }), item);
    }
    wanted = answer.UnprocessedKeys;
  }
  return images;
}

type Wanted = Record<string, { Keys: Item[]; ConsistentRead: boolean }>;
interface Got {
  Responses: Record<string, Item[]>;
  UnprocessedKeys: Wanted;
}
const NOTHING: Got = { Responses: {}, UnprocessedKeys: {} };

function billed(
  writes: Planned[],
  indexes: Index[],
  imagesOf: (write: Planned) => [Item | undefined, Item | undefined],
): Consumption {
  const consumption: Consumption = { readUnits: 0, writeUnits: 0, indexes: {} };
  for (const write of writes) {
    const [before, after] = imagesOf(write);
    if (write.kind === 'ConditionCheck') {
      consumption.readUnits += 2 * unitsOf(before, READ_UNIT_BYTES);
      continue;
    }
    consumption.writeUnits += 2 * Math.max(unitsOf(before), unitsOf(after));
    for (const index of indexes) {
      const units = indexUnits(projected(before, index), projected(after, index), index);
      if (units === 0) continue;
      consumption.writeUnits += units;
      consumption.indexes[index.name] = (consumption.indexes[index.name] ?? 0) + units;
    }
  }
  return consumption;
}

/** Even nothing costs a unit. */
const unitsOf = (item: Item | undefined, unitBytes = WRITE_UNIT_BYTES): number =>
  Math.max(1, Math.ceil((item ? sizeOf(item) : 0) / unitBytes));

/** The item as the index holds it; undefined where it lacks one of the index's keys. */
function projected(item: Item | undefined, { keys, attributes }: Index): Item | undefined {
  if (!item || keys.some((name) => item[name] === undefined)) return undefined;
  if (attributes === null) return item;
  return Object.fromEntries(attributes.flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
}

/** A changed key is a deletion and an insertion. */
function indexUnits(before: Item | undefined, after: Item | undefined, { keys }: Index): number {
  if (!before && !after) return 0;
  if (!before || !after) return unitsOf(before ?? after);
  if (isDeepStrictEqual(before, after)) return 0;
  const isMoved = keys.some((name) => !isDeepStrictEqual(before[name], after[name]));
  return isMoved ? unitsOf(before) + unitsOf(after) : Math.max(unitsOf(before), unitsOf(after));
}
