/** The database on DynamoDB. Conditions are named, faults that pass are waited out, all else is thrown. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type {
  CancellationReason,
  DynamoDBClient,
  DynamoDBServiceException,
  Put,
  TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Expectation } from '../usecases/ports/store.ts';
import { WriteConflict } from '../usecases/ports/store.ts';
import type { Item } from './fields.ts';
import type { ItemWrite, RangeQuery, Rows, Storage } from './storage.ts';
import { ConditionsFailed } from './storage.ts';
import { type Key, VERSION } from './table.ts';
import { tableSchema } from './table-schema.ts';

/** The most keys of one BatchGetItem. */
const MOST_KEYS = 100;
/** Unprocessed keys are asked for again, waiting twice as long each time: for six seconds in all. */
const FIRST_WAIT_MS = 50;
const MOST_ROUNDS = 7;
/** Extra attempts, besides the client's own, for a request that may have taken effect. */
const MOST_RESENDS = 5;
/** Others were writing the same items, or too much was written at once: the caller decides again. */
const CROWDED = new Set([
  'TransactionConflict',
  'TransactionConflictException',
  'TransactionInProgressException',
  'ThrottlingError',
  'ThrottlingException',
  'ProvisionedThroughputExceeded',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
]);

export interface DynamoTable {
  client: DynamoDBClient;
  tableName: string;
}

export const dynamoStorage = (table: DynamoTable): Storage => ({
  read: (keys, fresh) => read(table, keys, fresh),
  query: (query) => queryRows(table, query),
  write: (writes) => write(table, writes),
});

/**
 * A crowd's refusal says that nothing was written only where it answers the first attempt: one before it, whose answer
 * was lost, may have taken effect. Then the very same is sent again until the answer is definite; without one the
 * refusal is thrown as it is, for to decide again could write twice.
 */
const write = async (table: DynamoTable, writes: ItemWrite[]): Promise<void> => {
  const [only] = writes;
  const token = randomUUID();
  for (let resends = 0; ; resends += 1) {
    try {
      if (writes.length === 1 && only?.item !== undefined) return await writeOne(table, only, resends > 0);
      return await writeAll(table, writes, token);
    } catch (error) {
      if (!(error instanceof Error && CROWDED.has(error.name))) throw error;
      if (resends === 0 && isFirstAnswer(error)) throw new ConditionsFailed([]);
      if (resends === MOST_RESENDS) throw error;
      await wait(Math.random() * FIRST_WAIT_MS * 2 ** resends);
    }
  }
};

/** Whether it answers the only attempt that was made: a transaction in progress answers an earlier one. */
const isFirstAnswer = (error: Error & Partial<Pick<DynamoDBServiceException, '$metadata'>>): boolean =>
  (error.$metadata?.attempts ?? 1) === 1 && error.name !== 'TransactionInProgressException';

const attributesOf = ({ pk, sk }: Key): Item => ({ pk: { S: pk }, sk: { S: sk } });
const nameOf = (item: Item): string => JSON.stringify([item['pk']?.S, item['sk']?.S]);

const read = async (table: DynamoTable, keys: Key[], fresh: boolean): Promise<(Item | undefined)[]> => {
  const [only] = keys;
  if (!only) return [];
  if (keys.length === 1) {
    const request = { TableName: table.tableName, Key: attributesOf(only), ConsistentRead: fresh };
    return [(await table.client.send(new GetItemCommand(request))).Item];
  }
  const wanted = new Map(keys.map((key) => [nameOf(attributesOf(key)), attributesOf(key)]));
  const chunks = chunked([...wanted.values()], MOST_KEYS);
  const found = (await Promise.all(chunks.map((chunk) => readBatch(table, chunk, fresh)))).flat();
  const byName = new Map(found.map((item) => [nameOf(item), item]));
  return keys.map((key) => byName.get(nameOf(attributesOf(key))));
};

const readBatch = async ({ client, tableName }: DynamoTable, keys: Item[], fresh: boolean): Promise<Item[]> => {
  const found: Item[] = [];
  let unread = keys;
  for (let round = 0; unread.length > 0; round += 1) {
    if (round === MOST_ROUNDS) throw new WriteConflict([]);
    if (round > 0) await wait(FIRST_WAIT_MS * 2 ** (round - 1));
    const answer = await client.send(
      new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: unread, ConsistentRead: fresh } } }),
    );
    found.push(...(answer.Responses?.[tableName] ?? []));
    unread = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
  }
  return found;
};

const queryRows = async ({ client, tableName }: DynamoTable, query: RangeQuery): Promise<Rows> => {
  const { hash, range } = query.index
    ? tableSchema.indexes[query.index]
    : { hash: tableSchema.partitionKey, range: tableSchema.sortKey };
  // BETWEEN includes its upper end, which is one row too many.
  const surplus = query.from !== undefined && query.before !== undefined ? 1 : 0;
  const answer = await client.send(
    new QueryCommand({
      TableName: tableName,
      IndexName: query.index,
      KeyConditionExpression: `#hash = :hash${rangeCondition(query)}`,
      ExpressionAttributeNames: {
        '#hash': hash,
        ...((query.from !== undefined || query.before !== undefined) && { '#range': range }),
      },
      ExpressionAttributeValues: {
        ':hash': { S: query.hash },
        ...(query.from !== undefined && { ':from': { S: query.from } }),
        ...(query.before !== undefined && { ':before': { S: query.before } }),
      },
      ScanIndexForward: !query.backwards,
      Limit: query.limit + surplus,
      ...(query.fresh && !query.index && { ConsistentRead: true }),
    }),
  );
  const rows = (answer.Items ?? []).filter((item) => item[range]?.S !== query.before);
  return {
    items: rows.slice(0, query.limit),
    more: answer.LastEvaluatedKey !== undefined || rows.length > query.limit,
  };
};

const rangeCondition = ({ from, before }: RangeQuery): string => {
  if (from !== undefined && before !== undefined) return ' AND #range BETWEEN :from AND :before';
  if (from !== undefined) return ' AND #range >= :from';
  return before === undefined ? '' : ' AND #range < :before';
};

const nothingThere = 'attribute_not_exists(pk)';
const somethingThere = 'attribute_exists(pk)';
const versionUnmoved = '#version = :version';
const freeOrExpired = 'attribute_not_exists(pk) OR #expiresAt < :now';

type Condition = Pick<Put, 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

const conditionOf = (expect: Expectation): Condition => {
  if (expect === 'anything') return {};
  if (expect === 'absent') return { ConditionExpression: nothingThere };
  if (expect === 'present') return { ConditionExpression: somethingThere };
  if ('version' in expect) {
    return {
      ConditionExpression: versionUnmoved,
      ExpressionAttributeNames: { '#version': VERSION },
      ExpressionAttributeValues: { ':version': { N: String(expect.version) } },
    };
  }
  return {
    ConditionExpression: freeOrExpired,
    ExpressionAttributeNames: { '#expiresAt': 'expiresAt' },
    ExpressionAttributeValues: { ':now': { S: expect.expiredBefore } },
  };
};

const withCondition = (expect: Expectation) => ({
  ...conditionOf(expect),
  ...(expect !== 'anything' && { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const }),
});

/** A single write needs no transaction, at half the price. */
const writeOne = async (
  { client, tableName }: DynamoTable,
  { key, item, expect }: ItemWrite,
  isResent: boolean,
): Promise<void> => {
  const request = { TableName: tableName, ...withCondition(expect) };
  try {
    if (item) await client.send(new PutItemCommand({ ...request, Item: item }));
    else await client.send(new DeleteItemCommand({ ...request, Key: attributesOf(key) }));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    if ((isResent || (error.$metadata.attempts ?? 1) > 1) && isOwn(error.Item, item)) return;
    throw new ConditionsFailed([{ position: 0, existing: error.Item }]);
  }
};

/** Whether a repeated request met what its first attempt, whose answer was lost, had written. */
const isOwn = (existing: Item | undefined, written: Item | null | undefined): boolean =>
  written ? isDeepStrictEqual(existing, written) : existing === undefined;

/** The token makes repetitions safe: a transaction takes effect once. */
const writeAll = async ({ client, tableName }: DynamoTable, writes: ItemWrite[], token: string): Promise<void> => {
  try {
    await client.send(
      new TransactWriteItemsCommand({
        ClientRequestToken: token,
        TransactItems: writes.map((write) => transactItemOf(tableName, write)),
      }),
    );
  } catch (error) {
    if (error instanceof TransactionCanceledException) throw failureOf(error, error.CancellationReasons ?? []);
    throw error;
  }
};

const transactItemOf = (tableName: string, { key, item, add, expect }: ItemWrite): TransactWriteItem => {
  const request = { TableName: tableName, ...withCondition(expect) };
  if (item) return { Put: { ...request, Item: item } };
  if (item === null) return { Delete: { ...request, Key: attributesOf(key) } };
  if (add) return { Update: { ...request, ...additionOf(add), Key: attributesOf(key) } };
  return {
    ConditionCheck: { ...request, ConditionExpression: somethingThere, ...conditionOf(expect), Key: attributesOf(key) },
  };
};

const failureOf = (error: Error, reasons: CancellationReason[]): Error => {
  const failed = reasons.flatMap(({ Code, Item }, position) =>
    Code === 'ConditionalCheckFailed' ? [{ position, existing: Item }] : [],
  );
  if (failed.length > 0) return new ConditionsFailed(failed);
  return reasons.some(({ Code }) => CROWDED.has(Code ?? '')) ? new ConditionsFailed([]) : error;
};

/** A number that is not there is not above any other: nothing is added to it. */
const additionOf = (add: Record<string, number>) => {
  const terms = Object.entries(add).map(([name, amount], n) => ({ name, amount, n }));
  return {
    UpdateExpression: `ADD ${terms.map(({ n }) => `#n${n} :by${n}`).join(', ')}`,
    ConditionExpression: terms.map(({ n }) => `#n${n} >= :least${n}`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(terms.map(({ name, n }) => [`#n${n}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      terms.flatMap(({ amount, n }) => [
        [`:by${n}`, { N: String(amount) }],
        [`:least${n}`, { N: String(Math.max(0, -amount)) }],
      ]),
    ),
  };
};

const chunked = <T>(items: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
