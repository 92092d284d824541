/** Between records and items, by the blocks of `table.ts`. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Kind, type RecordKey, type RecordOf, type StoredRecord, storedKind } from '../usecases/ports/records.ts';
import type { Field, Item } from './fields.ts';
import type { Key } from './table.ts';
import { table } from './table.ts';

type AnyField = Field<unknown>;

export const keyOf = (key: RecordKey | StoredRecord): Key => (table[key.kind].key as (key: unknown) => Key)(key);

export const itemOf = (record: StoredRecord): Item => {
  const block = table[record.kind];
  const { pk, sk } = keyOf(record);
  const item: Item = { pk: { S: pk }, sk: { S: sk }, kind: { S: storedKind(record.kind) } };
  for (const [name, field] of Object.entries(block.fields) as [string, AnyField][]) {
    const value = field.attribute === null ? undefined : field.write(record[name as keyof StoredRecord]);
    if (field.attribute !== null && value !== undefined) item[field.attribute] = value;
  }
  const indexes = (block.indexes as ((record: StoredRecord) => Record<string, string | number>) | undefined)?.(record);
  for (const [name, value] of Object.entries(indexes ?? {})) item[name] = attributeOf(value);
  return item;
};

const attributeOf = (value: string | number): AttributeValue =>
  typeof value === 'number' ? { N: String(value) } : { S: value };

const KIND_BY_STORED_NAME = new Map((Object.keys(table) as Kind[]).map((kind) => [storedKind(kind), kind]));

/** Distributes over a union of kinds, so that each keeps its own fields. */
type Stored<K extends Kind> = K extends Kind ? RecordOf<K> : never;

/** The record that an item holds; also reads the images of a stream. Throws if the kind is unknown. */
export const recordOf = <K extends Kind = Kind>(item: Item): Stored<K> => {
  const kind = KIND_BY_STORED_NAME.get(item['kind']?.S ?? '');
  if (kind === undefined) throw new Error('an item of no known kind');
  const record: Record<string, unknown> = { kind };
  for (const [name, field] of Object.entries(table[kind].fields) as [string, AnyField][]) {
    const value = field.read(field.attribute === null ? undefined : item[field.attribute], item);
    if (value !== undefined) record[name] = value;
  }
  return record as unknown as Stored<K>;
};
