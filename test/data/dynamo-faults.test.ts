/** What DynamoDB does on bad days: answers that are lost, conflicts between transactions, keys left unread. */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetItemCommand,
  DynamoDBClient as Client,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { dynamoClient, dynamoStore } from '../../shared/data/dynamo-store.ts';
import { itemOf } from '../../shared/data/items.ts';
import { WriteConflict } from '../../shared/usecases/ports/store.ts';
import { startTable } from '../support/dynamodb.ts';
import { eventOf, profileOf } from '../support/records.ts';

let table: Awaited<ReturnType<typeof startTable>>;
beforeAll(async () => {
  table = await startTable('regulars');
}, 40_000);
afterAll(() => table.stop());

/** A store whose next requests take effect, but are answered by these errors. */
const losing = (errors: string[], maxAttempts = 4) => {
  const client: DynamoDBClient = new Client({
    endpoint: table.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts,
  });
  const left = [...errors];
  client.middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request);
      const name = left.shift();
      if (name === undefined) return answer;
      throw Object.assign(new Error('the answer was lost'), { name });
    },
    { step: 'deserialize', priority: 'low' },
  );
  return { store: dynamoStore('regulars', 'a key for tests', client), close: () => client.destroy() };
};
const idsFrom = (() => {
  let sequence = 0;
  return () => `01F${String(++sequence).padStart(23, '0')}`;
})();

describe('an answer that is lost', () => {
  it.each([
    { what: 'one write', others: 0, lost: 1 },
    { what: 'one write, twice', others: 0, lost: 2 },
    { what: 'a transaction', others: 1, lost: 1 },
    { what: 'a transaction, twice', others: 1, lost: 2 },
  ])('of $what is no conflict with oneself', async ({ others, lost }) => {
    const { store, close } = losing(Array(lost).fill('TimeoutError'));
    const consumerId = idsFrom();
    const beside = Array.from({ length: others }, () => ({ put: eventOf(consumerId), expect: 'absent' as const }));
    await store.commit([{ put: profileOf(consumerId), expect: 'absent' }, ...beside]);
    await store.commit([{ put: profileOf(consumerId, { version: 2, fullName: 'x' }), expect: { version: 1 } }]);
    expect((await store.get([{ kind: 'profile', consumerId }], true))[0]?.version).toBe(2);
    close();
  });

  it.each([
    { errors: ['TransactionInProgressException'], others: 1, attempts: 1 },
    { errors: ['TimeoutError', 'ThrottlingException'], others: 1, attempts: 2 },
    { errors: ['TimeoutError', 'ProvisionedThroughputExceededException'], others: 0, attempts: 2 },
    {
      errors: ['TimeoutError', 'TransactionConflictException', 'TransactionConflictException'],
      others: 0,
      attempts: 2,
    },
  ])('is asked for again where $errors followed ($others beside)', async ({ errors, others, attempts }) => {
    const { store, close } = losing(errors, attempts);
    const consumerId = idsFrom();
    const beside = Array.from({ length: others }, () => ({ put: eventOf(consumerId), expect: 'absent' as const }));
    await store.commit([{ put: profileOf(consumerId), expect: 'absent' }, ...beside]);
    expect((await store.get([{ kind: 'profile', consumerId }], true))[0]?.version).toBe(1);
    close();
  });

  it('does not hide a conflict with somebody else', async () => {
    const consumerId = idsFrom();
    await dynamoStore('regulars', 'a key for tests', table.client).commit([
      { put: profileOf(consumerId), expect: 'absent' },
    ]);
    for (const beside of [[], [{ put: eventOf(consumerId), expect: 'absent' as const }]]) {
      const { store, close } = losing([]);
      const late = store.commit([{ put: profileOf(consumerId, { fullName: 'other' }), expect: 'absent' }, ...beside]);
      await expect(late).rejects.toBeInstanceOf(WriteConflict);
      close();
    }
  });

  it('of a removal is no conflict either', async () => {
    const consumerId = idsFrom();
    const { store, close } = losing([]);
    await store.commit([{ put: profileOf(consumerId), expect: 'absent' }]);
    close();
    const second = losing(['TimeoutError']);
    await second.store.commit([{ remove: { kind: 'profile', consumerId }, expect: { version: 1 } }]);
    second.close();
  });
});

describe('on a crowded table', () => {
  const crowded = (code: string) =>
    new TransactionCanceledException({
      message: 'cancelled',
      $metadata: {},
      CancellationReasons: [{ Code: 'None' }, { Code: code }],
    });
  const two = [profileOf('a'), profileOf('b')].map((put) => ({ put, expect: 'absent' as const }));
  const mocked = () => {
    process.env['AWS_REGION'] = 'eu-west-1';
    const client = dynamoClient();
    return { mock: mockClient(client), store: dynamoStore('regulars', 'a key for tests', client) };
  };

  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    '%s asks the caller to decide again',
    async (code) => {
      const { mock, store } = mocked();
      mock.on(TransactWriteItemsCommand).rejects(crowded(code));
      await expect(store.commit(two)).rejects.toMatchObject({ name: 'WriteConflict', failed: [] });
    },
  );

  it('a single write that meets a transaction too', async () => {
    const { mock, store } = mocked();
    mock.on(PutItemCommand).rejects(Object.assign(new Error(), { name: 'TransactionConflictException' }));
    await expect(store.commit(two.slice(0, 1))).rejects.toMatchObject({ name: 'WriteConflict', failed: [] });
  });

  it.each([
    ['ThrottlingException', 4],
    ['TransactionInProgressException', 1],
  ])('%s as the answer to attempt %i is no conflict: the transaction may have taken effect', async (name, attempts) => {
    const { mock, store } = mocked();
    mock.on(TransactWriteItemsCommand).rejects(Object.assign(new Error(), { name, $metadata: { attempts } }));
    await expect(store.commit(two)).rejects.toMatchObject({ name });
    const tokens = mock.commandCalls(TransactWriteItemsCommand).map(({ args }) => args[0].input.ClientRequestToken);
    expect(tokens.length).toBeGreaterThan(1);
    expect(new Set(tokens).size).toBe(1);
  });

  it('anything else is a fault, not a conflict', async () => {
    const { mock, store } = mocked();
    mock.on(TransactWriteItemsCommand).rejects(crowded('ValidationError'));
    await expect(store.commit(two)).rejects.toBeInstanceOf(TransactionCanceledException);
  });

  it('asks again for keys that were left unread', async () => {
    const { mock, store } = mocked();
    const [a, b] = [profileOf('a'), profileOf('b')];
    const unread = { UnprocessedKeys: { regulars: { Keys: [{ pk: { S: 'C#b' }, sk: { S: 'z/profile' } }] } } };
    mock
      .on(BatchGetItemCommand)
      .resolvesOnce({ Responses: { regulars: [itemOf(a)] }, ...unread })
      .resolves({ Responses: { regulars: [itemOf(b)] } });
    expect(await store.get([a, b])).toEqual([a, b]);
    expect(mock.commandCalls(BatchGetItemCommand)[1]?.args[0].input.RequestItems?.['regulars']?.Keys).toHaveLength(1);
  });

  it('each transaction carries a token of its own', async () => {
    const { mock, store } = mocked();
    mock.on(TransactWriteItemsCommand).resolves({});
    await store.commit(two);
    await store.commit(two);
    const tokens = mock.commandCalls(TransactWriteItemsCommand).map(({ args }) => args[0].input.ClientRequestToken);
    expect(new Set(tokens).size).toBe(2);
    expect(tokens).not.toContain(undefined);
  });
});
