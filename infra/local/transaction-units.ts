/**
 * What AWS bills for a transaction, from what it writes. DynamoDB Local can't be asked: of the figures of a
 * transaction's items it keeps each distinct one once, so that eight small items count as one.
 *
 * Items are written twice (prepare and commit), their index entries once. What stood there before isn't known here: an
 * entry of an index counts as written although it may be unchanged (AWS bills nothing then) or moved (AWS bills two),
 * and a removed item as 1 KB.
 */
import type { Consumption } from './metrics.ts';
import type { TableModel } from './model.ts';

type Value = { S?: string; N?: string; B?: string; BOOL?: boolean; NULL?: boolean; M?: Item; L?: Value[] } & {
  [set in 'SS' | 'NS' | 'BS']?: string[];
};
type Item = Record<string, Value>;
export interface Transaction {
  TransactItems?: { Put?: { Item?: Item }; Update?: object; Delete?: object; ConditionCheck?: object }[];
}

interface Index {
  IndexName: string;
  KeySchema: { AttributeName: string }[];
  Projection: { ProjectionType: string; NonKeyAttributes?: string[] };
}

const UNIT_BYTES = 1_024;
const WRITTEN_TIMES = 2;

export function transactionUnits(transaction: Transaction, table: TableModel): Consumption {
  const items = transaction.TransactItems ?? [];
  const indexes: Record<string, number> = {};
  let writeUnits = 0;
  for (const { Put } of items) {
    const item = Put?.Item ?? {};
    writeUnits += WRITTEN_TIMES * unitsOf(item);
    for (const index of indexesOf(table)) {
      if (!index.KeySchema.every(({ AttributeName }) => AttributeName in item)) continue;
      const units = unitsOf(projected(item, index, table));
      indexes[index.IndexName] = (indexes[index.IndexName] ?? 0) + units;
      writeUnits += units;
    }
  }
  return { readUnits: 0, writeUnits, indexes };
}

const indexesOf = (table: TableModel): Index[] => (table.create['GlobalSecondaryIndexes'] ?? []) as Index[];

function projected(item: Item, { KeySchema, Projection }: Index, table: TableModel): Item {
  if (Projection.ProjectionType === 'ALL') return item;
  const own = (table.create['KeySchema'] ?? []) as Index['KeySchema'];
  const names = [...own, ...KeySchema].map(({ AttributeName }) => AttributeName);
  const kept = new Set([...names, ...(Projection.NonKeyAttributes ?? [])]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => kept.has(name)));
}

const unitsOf = (item: Item): number => Math.max(1, Math.ceil(mapBytes(item) / UNIT_BYTES));

const mapBytes = (item: Item): number =>
  Object.entries(item).reduce((bytes, [name, value]) => bytes + Buffer.byteLength(name) + valueBytes(value), 0);

/** Sizes as in DynamoDB's guide: a number takes a byte for two digits and one more, a document three and one an entry. */
function valueBytes(value: Value): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.replace(/[-.]/g, '').length / 2) + 1;
  if (value.B !== undefined) return Buffer.byteLength(value.B, 'base64');
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + mapBytes(value.M);
  if (value.L !== undefined) return 3 + value.L.length + value.L.reduce((bytes, each) => bytes + valueBytes(each), 0);
  const set = value.SS ?? value.NS ?? value.BS;
  return set === undefined ? 1 : set.reduce((bytes, each) => bytes + Buffer.byteLength(each), 0);
}
