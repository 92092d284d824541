import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createClock } from '../../../../../infra/local/runtime/base/clock.ts';
import { createFaults } from '../../../../../infra/local/runtime/dynamodb/faults.ts';
import { createMetrics, type Metrics } from '../../../../../infra/local/runtime/dynamodb/metrics.ts';
import { EventBus } from '../../../../../infra/local/runtime/events/bus.ts';
import { type Aws, startAws } from '../../../../../infra/local/runtime/stack/aws.ts';
import { StateMachines } from '../../../../../infra/local/runtime/states/state-machines.ts';
import { startSmallTable } from '../../support/dynamo-local.ts';

jest.setTimeout(60_000);

const region = 'us-east-1';
const as = (name: string) => ({ region, credentials: { accessKeyId: name, secretAccessKey: 'local' } });
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:erasure';
const TableName = 'things';
const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'thing' } });
/** An item of about 1.5 KB: two write units. */
const item = (pk: string, more = {}) => ({ ...key(pk), text: { S: 'x'.repeat(1400) }, ...more });

let small: Awaited<ReturnType<typeof startSmallTable>>;
let aws: Aws;
let metrics: Metrics;
const faults = createFaults();
let bus: EventBus;
let dynamo: DynamoDBClient;
let events: EventBridgeClient;
let sfn: SFNClient;

beforeAll(async () => {
  small = await startSmallTable();
  const clock = createClock({ file: null });
  metrics = createMetrics({ clock });
  const invoke = async () => null;
  const model = { name: 'regulars', arn: 'arn:aws:events:us-east-1:000000000000:event-bus/regulars', rules: [] };
  bus = new EventBus({ model, invoke, startExecution: async () => null, clock, file: null });
  const definition = { QueryLanguage: 'JSONata', StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };
  const machine = { logicalId: 'Erasure', name: 'erasure', arn: MACHINE, definition };
  const machines = new StateMachines({
    ...{ machines: new Map([['Erasure', machine]]), functions: new Map(), invoke, clock, file: null },
  });
  aws = await startAws({ dynamoEndpoint: small.endpoint, table: small.table, metrics, bus, machines, faults });
  dynamo = new DynamoDBClient({ ...as('consumers'), endpoint: aws.endpoints.dynamodb });
  events = new EventBridgeClient({ ...as('outbox'), endpoint: aws.endpoints.eventbridge });
  sfn = new SFNClient({ ...as('privacy'), endpoint: aws.endpoints.sfn });
});
afterAll(async () => {
  for (const client of [dynamo, events, sfn]) client?.destroy();
  await aws?.stop();
  await small?.stop();
});
beforeEach(() => {
  metrics.reset();
  faults.clear();
});

const counted = (operation: string) => metrics.snapshot().functions['consumers']?.[operation];

describe('what DynamoDB is asked, through the local stack', () => {
  it('is answered as DynamoDB answers it, without figures that were not requested', async () => {
    await dynamo.send(new PutItemCommand({ TableName, Item: item('plain') }));
    const answer = await dynamo.send(new GetItemCommand({ TableName, Key: key('plain') }));
    expect(answer.Item).toEqual(item('plain'));
    expect(answer).not.toHaveProperty('ConsumedCapacity');
    const none = await dynamo.send(new GetItemCommand({ TableName, Key: key('missing') }));
    expect(none.Item).toBeUndefined();
  });

  it('gives figures to those who ask', async () => {
    const asking = { TableName, Item: item('asked'), ReturnConsumedCapacity: 'TOTAL' as const };
    const answer = await dynamo.send(new PutItemCommand(asking));
    expect(answer.ConsumedCapacity?.CapacityUnits).toBe(2);
    expect(counted('PutItem')).toMatchObject({ requests: 1, writeUnits: 2 });
  });

  it('keeps data that looks like the figures', async () => {
    const odd = item('odd', { '"ConsumedCapacity":': { S: '"ReturnConsumedCapacity":"NONE","ConsumedCapacity":{' } });
    await dynamo.send(new PutItemCommand({ TableName, Item: odd }));
    const answer = await dynamo.send(new GetItemCommand({ TableName, Key: key('odd') }));
    expect(answer.Item).toEqual(odd);
    expect(counted('GetItem')).toMatchObject({ requests: 1, readUnits: 0.5 });
    const map = item('map', { ConsumedCapacity: { M: { a: { L: [] } } }, ReturnConsumedCapacity: { S: 'x' } });
    await dynamo.send(new PutItemCommand({ TableName, Item: map }));
    expect((await dynamo.send(new GetItemCommand({ TableName, Key: key('map') }))).Item).toEqual(map);
    expect(counted('PutItem')).toMatchObject({ requests: 2, writeUnits: 4 });
  });

  it.each<[string, () => Promise<unknown>, Record<string, unknown>]>([
    ['PutItem', () => dynamo.send(new PutItemCommand({ TableName, Item: item('p') })), { writeUnits: 2, indexes: {} }],
    [
      'TransactWriteItems',
      () => dynamo.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: item('t') } }] })),
      { writeUnits: 4, indexes: {} },
    ],
    [
      'TransactGetItems',
      () => dynamo.send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key: key('t') } }] })),
      { readUnits: 2 },
    ],
  ])('is billed for %s as AWS bills it', async (operation, act, expected) => {
    await act();
    expect(counted(operation)).toMatchObject({ requests: 1, ...expected });
  });

  it('is billed for indexes by name, once even in a transaction', async () => {
    await dynamo.send(new PutItemCommand({ TableName, Item: item('i', { shard: { S: '1' } }) }));
    expect(counted('PutItem')).toMatchObject({ writeUnits: 4, indexes: { population: 2 } });
    const Put = { TableName, Item: item('it', { shard: { S: '1' } }) };
    await dynamo.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] }));
    expect(counted('TransactWriteItems')).toMatchObject({ writeUnits: 6, indexes: { population: 2 } });
    const query = {
      ...{ TableName, IndexName: 'population', KeyConditionExpression: '#s = :s' },
      ...{ ExpressionAttributeNames: { '#s': 'shard' }, ExpressionAttributeValues: { ':s': { S: '1' } } },
    };
    expect((await dynamo.send(new QueryCommand(query))).Items).toHaveLength(2);
    expect(counted('Query')).toMatchObject({ readUnits: 0.5, indexes: { population: 0.5 } });
  });

  it('is billed for each item of a transaction, alike or not', async () => {
    const put = (pk: string, more = {}) => ({ Put: { TableName, Item: { ...key(pk), ...more } } });
    const TransactItems = [
      put('x1'),
      put('x2'),
      put('x3', { shard: { S: '1' } }),
      { Put: { TableName, Item: item('x4') } },
    ];
    await dynamo.send(new TransactWriteItemsCommand({ TransactItems }));
    expect(counted('TransactWriteItems')).toMatchObject({
      writeUnits: 2 * (1 + 1 + 1 + 2) + 1,
      indexes: { population: 1 },
    });
  });

  it('is billed for keys of a batch that do not exist', async () => {
    await dynamo.send(new PutItemCommand({ TableName, Item: item('there') }));
    const Keys = [key('there'), key('nowhere'), key('never')];
    await dynamo.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }));
    expect(counted('BatchGetItem')).toMatchObject({ requests: 1, readUnits: 1.5 });
    await dynamo.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }));
    expect(counted('BatchGetItem')).toMatchObject({ requests: 2, readUnits: 4.5 });
  });

  it('is refused as DynamoDB refuses it, and counted as a request', async () => {
    const refused = new UpdateItemCommand({
      ...{ TableName, Key: key('missing'), UpdateExpression: 'SET a = :a' },
      ...{ ConditionExpression: 'attribute_exists(pk)', ExpressionAttributeValues: { ':a': { S: 'a' } } },
    });
    await expect(dynamo.send(refused)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(counted('UpdateItem')).toMatchObject({ requests: 1, writeUnits: 0 });
  });

  it('is counted by function, in totals, and as writes that a reset leaves alone', async () => {
    const other = new DynamoDBClient({ ...as('events'), endpoint: aws.endpoints.dynamodb });
    const writes = metrics.writes();
    await dynamo.send(new PutItemCommand({ TableName, Item: item('a') }));
    await other.send(new GetItemCommand({ TableName, Key: key('a'), ConsistentRead: true }));
    other.destroy();
    const { functions, totals } = metrics.snapshot();
    expect(Object.keys(functions).sort()).toEqual(['consumers', 'events']);
    expect(totals).toEqual({ requests: 2, readUnits: 1, writeUnits: 2 });
    metrics.reset();
    expect(metrics.snapshot().functions).toEqual({});
    expect(metrics.writes()).toBe(writes + 1);
  });
});

describe('a request that is to fail', () => {
  const put = (pk: string) => dynamo.send(new PutItemCommand({ TableName, Item: item(pk) }));
  const isThere = async (pk: string) => {
    const { Item } = await dynamo.send(new GetItemCommand({ TableName, Key: key(pk), ConsistentRead: true }));
    return Item !== undefined;
  };
  /** How often the SDK asks DynamoDB before it gives up. */
  const MOST_ATTEMPTS = 4;

  it.each([
    ['refused', false],
    ['answer_lost', true],
  ] as const)('is %s, after those that may pass: carried out is %p', async (how, isCarriedOut) => {
    faults.plan({ function: 'consumers', skip: 1, count: MOST_ATTEMPTS, how });
    await put(`${how} before`);
    await expect(put(how)).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(faults.snapshot()).toMatchObject({ passed: 1, failed: MOST_ATTEMPTS });
    expect([await isThere(`${how} before`), await isThere(how)]).toEqual([true, isCarriedOut]);
  });

  it('is asked again by the SDK, and passes once the fault is over', async () => {
    faults.plan({ function: 'consumers', skip: 0, count: MOST_ATTEMPTS - 1, how: 'refused' });
    await put('patient');
    expect(await isThere('patient')).toBe(true);
  });

  it('and its repetitions leave those alone that are made beside it', async () => {
    faults.plan({ function: 'consumers', skip: 0, count: MOST_ATTEMPTS, how: 'refused' });
    const outcomes = await Promise.allSettled(['one', 'two', 'three'].map((name) => put(`beside ${name}`)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  });

  it('is a write where the answer is to get lost: of a read, that is a refusal', async () => {
    faults.plan({ function: 'consumers', skip: 0, count: MOST_ATTEMPTS, how: 'answer_lost' });
    expect(await isThere('lost')).toBe(false);
    expect(faults.snapshot()).toMatchObject({ passed: 0, failed: 0 });
    await expect(put('lost')).rejects.toThrow();
    expect(await isThere('lost')).toBe(true);
  });

  it("is that function's alone", async () => {
    faults.plan({ function: 'privacy', skip: 0, count: 100, how: 'refused' });
    await put('other');
    expect(faults.snapshot()).toMatchObject({ passed: 0, failed: 0 });
  });
});

describe('EventBridge in the local stack', () => {
  const entry = { EventBusName: 'regulars', Source: 'regulars', DetailType: 'tier.changed', Detail: '{"a":1}' };

  it('keeps what is published, at the instant that the publisher names', async () => {
    const Time = new Date('2031-01-01T00:00:00.250Z');
    const answer = await events.send(new PutEventsCommand({ Entries: [{ ...entry, Time }] }));
    expect(answer).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
    const kept = { at: Time.toISOString(), source: 'regulars', detailType: 'tier.changed', detail: { a: 1 } };
    expect(bus.since('')).toEqual([kept]);
  });

  it.each([
    ['an unknown bus', { EventBusName: 'nowhere' }, 'ResourceNotFoundException'],
    ['a detail that is no object', { Detail: '[1]' }, 'MalformedDetail'],
    ['no source', { Source: '' }, 'InvalidArgument'],
  ])('refuses an entry with %s and takes the others', async (_, wrong, ErrorCode) => {
    const answer = await events.send(new PutEventsCommand({ Entries: [{ ...entry, ...wrong }, entry] }));
    expect(answer).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode }, { EventId: expect.any(String) }] });
  });

  it('refuses more than ten entries, and more than 256 KB', async () => {
    const Entries = Array.from({ length: 11 }, () => entry);
    await expect(events.send(new PutEventsCommand({ Entries }))).rejects.toMatchObject({ name: 'ValidationException' });
    const big = { ...entry, Detail: JSON.stringify({ text: 'x'.repeat(257 * 1024) }) };
    const tooBig = events.send(new PutEventsCommand({ Entries: [big] }));
    await expect(tooBig).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('names an operation that it does not have', async () => {
    await expect(events.send(new ListRulesCommand({}))).rejects.toThrow('AWSEvents.ListRules');
  });
});

describe('Step Functions in the local stack', () => {
  const start = (name: string, input: unknown, stateMachineArn = MACHINE) =>
    sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));

  it('starts an execution once by its name', async () => {
    const { executionArn } = await start('one', { consumerId: 'c' });
    expect((await start('one', { consumerId: 'c' })).executionArn).toBe(executionArn);
    await expect(start('one', { consumerId: 'd' })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).toMatchObject({ name: 'one', input: '{"consumerId":"c"}', startDate: expect.any(Date) });
  });

  it('refuses a bad name and an unknown machine', async () => {
    await expect(start('a b', {})).rejects.toMatchObject({ name: 'InvalidName' });
    await expect(start('x', {}, `${MACHINE}s`)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  });
});
