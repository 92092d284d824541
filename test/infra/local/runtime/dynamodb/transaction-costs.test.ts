import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Item } from '../../../../../infra/local/runtime/dynamodb/item-size.ts';
import { createTransactionCosts } from '../../../../../infra/local/runtime/dynamodb/transaction-costs.ts';
import { TABLES } from '../../../../../infra/local/runtime/dynamodb/wire.ts';
import { startSmallTable } from '../../support/dynamo-local.ts';

jest.setTimeout(120_000);

let small: Awaited<ReturnType<typeof startSmallTable>>;
beforeAll(async () => {
  small = await startSmallTable();
});
afterAll(() => small?.stop());

const TableName = 'things';
const key = (pk: string): Item => ({ pk: { S: pk }, sk: { S: 'thing' } });
const send = <T>(operation: string, input: object) =>
  small.wire.send<T>(`${TABLES}.${operation}`, { ReturnConsumedCapacity: 'INDEXES', ...input });

interface Figures {
  Table: { CapacityUnits: number };
  GlobalSecondaryIndexes?: Record<string, { CapacityUnits: number }>;
}
/** DynamoDB Local's own figure for one write outside of a transaction, where it is right. */
const figuresOf = async (operation: string, input: object) => {
  const { ConsumedCapacity: reported } = await send<{ ConsumedCapacity: Figures }>(operation, input);
  return {
    table: reported.Table.CapacityUnits,
    index: reported.GlobalSecondaryIndexes?.['population']?.CapacityUnits ?? 0,
  };
};
/** Our figure for a transaction. */
const costOf = async (...TransactItems: object[]) => {
  const body = { TransactItems };
  const cost = await createTransactionCosts(small.table, small.wire).watch(Buffer.from(JSON.stringify(body)));
  await send('TransactWriteItems', body);
  return cost();
};

const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength }).map((S) => ({ S }));
const number = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: -20, max: 20 }))
  .map(([digits, exponent]) => ({ N: exponent % 3 === 0 ? String(digits / 1000) : `${digits}e${exponent}` }));
const value = fc.oneof(
  text(40),
  number,
  fc.uint8Array({ maxLength: 30 }).map((bytes) => ({ B: Buffer.from(bytes).toString('base64') })),
  fc.constantFrom({ BOOL: true }, { NULL: true }, { SS: ['a', 'bcd'] }, { NS: ['1', '-2.5'] }, { L: [] }, { M: {} }),
  fc.array(fc.oneof(text(20), number), { maxLength: 5 }).map((L) => ({ L })),
  fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), text(20), { maxKeys: 4 }).map((M) => ({ M })),
);
const image = fc.record(
  {
    shard: fc.constantFrom('1', '2').map((S) => ({ S })),
    // Sizes all around the borders of a unit.
    filler: fc
      .oneof(fc.integer({ min: 0, max: 2200 }), fc.integer({ min: 970, max: 1010 }))
      .map((length) => ({ S: 'x'.repeat(length) })),
    detail: value,
  },
  { requiredKeys: ['filler'] },
) as fc.Arbitrary<Item>;

let runs = 0;

describe('the cost of a transaction', () => {
  it('counts each write twice in the table and once in its indexes, for every earlier item', async () => {
    const before = fc.option(image, { nil: null });
    await fc.assert(
      fc.asyncProperty(before, fc.option(image, { nil: null }), async (earlier, next) => {
        runs += 1;
        const [alone, inside] = [`alone${runs}`, `among${runs}`];
        for (const pk of earlier ? [alone, inside] : [])
          await send('PutItem', { TableName, Item: { ...key(pk), ...earlier } });
        const write = (pk: string) =>
          next ? { TableName, Item: { ...key(pk), ...next } } : { TableName, Key: key(pk) };
        const { table, index } = await figuresOf(next ? 'PutItem' : 'DeleteItem', write(alone));
        const { writeUnits, indexes } = await costOf({ [next ? 'Put' : 'Delete']: write(inside) });
        expect([writeUnits, indexes['population'] ?? 0]).toEqual([2 * table + index, index]);
      }),
      { numRuns: 150 },
    );
  });

  it('is the sum over its writes, alike or not, and a condition check is a read', async () => {
    const Item = (pk: string, length: number) => ({ ...key(pk), filler: { S: 'x'.repeat(length) } });
    for (const [pk, length] of [
      ['large', 5000],
      ['moved', 10],
      ['gone', 1500],
    ] as const) {
      await send('PutItem', { TableName, Item: { ...Item(pk, length), shard: { S: '1' } } });
    }
    const cost = await costOf(
      { Put: { TableName, Item: Item('new1', 10), ConditionExpression: 'attribute_not_exists(pk)' } },
      { Put: { TableName, Item: Item('new2', 10), ConditionExpression: 'attribute_not_exists(pk)' } },
      { Put: { TableName, Item: { ...Item('moved', 10), shard: { S: '2' } } } },
      { Delete: { TableName, Key: key('gone') } },
      { ConditionCheck: { TableName, Key: key('large'), ConditionExpression: 'attribute_exists(pk)' } },
    );
    // Table: three small writes and one of 2 units, each twice. Index: out and in again, and out for good.
    expect(cost).toEqual({ readUnits: 4, writeUnits: 2 * (1 + 1 + 1 + 2) + 4, indexes: { population: 4 } });
  });

  it('of an update is reported by the item that it leaves behind', async () => {
    await send('PutItem', { TableName, Item: { ...key('updated'), shard: { S: '1' } } });
    const Update = {
      ...{ TableName, Key: key('updated'), UpdateExpression: 'SET filler = :filler' },
      ExpressionAttributeValues: { ':filler': { S: 'x'.repeat(2500) } },
    };
    expect(await costOf({ Update })).toEqual({ readUnits: 0, writeUnits: 9, indexes: { population: 3 } });
  });
});
