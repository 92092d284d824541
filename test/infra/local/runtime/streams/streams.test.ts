import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StreamMappingModel } from '../../../../../infra/local/runtime/assembly/model.ts';
import { type Clock, createClock } from '../../../../../infra/local/runtime/base/clock.ts';
import { createDeadLetters, type DeadLetters } from '../../../../../infra/local/runtime/base/dead-letters.ts';
import { LambdaFailure } from '../../../../../infra/local/runtime/base/invoke.ts';
import type { StreamRecord } from '../../../../../infra/local/runtime/base/stream-records.ts';
import { createTable } from '../../../../../infra/local/runtime/dynamodb/dynamodb.ts';
import { startExpiry } from '../../../../../infra/local/runtime/dynamodb/expiry.ts';
import { TABLES } from '../../../../../infra/local/runtime/dynamodb/wire.ts';
import { type StreamSettings, type Streams, startStreams } from '../../../../../infra/local/runtime/streams/streams.ts';
import { smallTable, startSmallTable } from '../../support/dynamo-local.ts';

jest.setTimeout(60_000);

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:letters';
const mapping = (more: Partial<StreamMappingModel> = {}): StreamMappingModel => ({
  ...{ logicalId: 'Mapping', functionId: 'Counter', batchSize: 100, batchWindowSeconds: 0, maximumRetries: 2 },
  ...{ bisectOnError: true, reportBatchItemFailures: true, filters: [], onFailureQueueArn: QUEUE },
  ...more,
});
type Handler = (records: StreamRecord[], functionId: string) => unknown;
const keyOf = ({ dynamodb }: StreamRecord): string => (dynamodb.Keys['pk'] as { S: string }).S;
const failing = (records: StreamRecord[], poison: string[]) => ({
  batchItemFailures: records
    .filter((record) => poison.includes(keyOf(record)))
    .map(({ dynamodb }) => ({ itemIdentifier: dynamodb.SequenceNumber })),
});

let small: Awaited<ReturnType<typeof startSmallTable>>;
let clock: Clock;
let queues: DeadLetters;
let directory: string;
let tables = 0;
let streamArn: string;
let tableName: string;
const running: Streams[] = [];

beforeAll(async () => {
  small = await startSmallTable();
});
afterAll(() => small?.stop());
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'streams-'));
  clock = createClock({ file: null, start: '2031-01-31T09:30:00.000Z' });
  queues = createDeadLetters({ directory: null, clock });
  tables += 1;
  tableName = `things${tables}`;
  ({ streamArn } = await createTable(small.endpoint, smallTable(tableName)));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((streams) => streams.stop()));
  rmSync(directory, { recursive: true, force: true });
});

const put = (pk: string, more: Record<string, unknown> = {}) =>
  small.wire.send(`${TABLES}.PutItem`, { TableName: tableName, Item: { pk: { S: pk }, sk: { S: 'thing' }, ...more } });
const putAll = async (keys: string[]) => {
  for (const each of keys) await put(each);
};
const start = async (handler: Handler, settings: Partial<StreamSettings> & { mapping?: StreamMappingModel } = {}) => {
  const streams = await startStreams({
    ...{ endpoint: small.endpoint, streamArn, eventSourceArn: small.table.streamArn, clock, queues, log: () => {} },
    ...{ mappings: [settings.mapping ?? mapping()], positionsFile: join(directory, 'positions.json') },
    invoke: async (functionId, event) => handler((event as { Records: StreamRecord[] }).Records, functionId),
    ...settings,
  });
  running.push(streams);
  return streams;
};
/** A function that takes everything, and the batches that it was given. */
const taking = () => {
  const batches: string[][] = [];
  return { batches, handler: (records: StreamRecord[]) => void batches.push(records.map(keyOf)) };
};
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `k${String(index).padStart(4, '0')}`);

describe('the stream of the table', () => {
  it('reaches the function whole and in order, in batches no larger than asked', async () => {
    const { batches, handler } = taking();
    const keys = numbered(250);
    await Promise.all([putAll(keys), start(handler, { mapping: mapping({ batchSize: 40 }) })]);
    await running[0]?.idle();
    expect(batches.flat()).toEqual(keys);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(40);
  });

  it("brings records as Lambda does, at the stack's time and under the template's stream", async () => {
    const seen: StreamRecord[] = [];
    const streams = await start((records) => void seen.push(...records));
    await put('a', { kind: { S: 'profile' } });
    await put('a', { kind: { S: 'profile' }, version: { N: '2' } });
    await streams.idle();
    const seconds = Date.parse('2031-01-31T09:30:00Z') / 1000;
    expect(seen).toMatchObject([
      {
        eventName: 'INSERT',
        eventSource: 'aws:dynamodb',
        eventSourceARN: small.table.streamArn,
        awsRegion: 'us-east-1',
      },
      {
        eventName: 'MODIFY',
        dynamodb: {
          OldImage: { kind: { S: 'profile' } },
          NewImage: { version: { N: '2' } },
          SequenceNumber: expect.any(String),
        },
      },
    ]);
    const at = seen[0]?.dynamodb.ApproximateCreationDateTime ?? 0;
    expect(Number.isInteger(at) && at >= seconds && at < seconds + 60).toBe(true);
    expect(seen[0]).not.toHaveProperty('userIdentity');
  });

  it('brings only what a filter admits', async () => {
    const { batches, handler } = taking();
    const filters = ['NewImage', 'OldImage'].map((image) => ({
      dynamodb: { [image]: { kind: { S: ['event', 'order'] } } },
    }));
    const streams = await start(handler, { mapping: mapping({ filters }) });
    for (const kind of ['event', 'profile', 'order']) await put(kind, { kind: { S: kind } });
    await streams.idle();
    expect(batches.flat()).toEqual(['event', 'order']);
  });

  it('is read by each mapping at its own pace', async () => {
    const seen: Record<string, string[]> = { Slow: [], Fast: [] };
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const handler: Handler = async (records, functionId) => {
      if (functionId === 'Slow') await held;
      seen[functionId]?.push(...records.map(keyOf));
      if (functionId === 'Fast' && seen['Fast']?.length === 3) release();
    };
    const mappings = ['Slow', 'Fast'].map((functionId) => mapping({ functionId, logicalId: functionId }));
    const streams = await start(handler, { mappings });
    await putAll(['a', 'b', 'c']);
    await streams.idle();
    expect(seen).toEqual({ Slow: ['a', 'b', 'c'], Fast: ['a', 'b', 'c'] });
  });

  it('is not idle before the slowest function has ended', async () => {
    const ended: string[] = [];
    const handler: Handler = async (records, functionId) => {
      // Longer than the other mapping takes to find that nothing is left.
      for (let n = 0; functionId === 'Slow' && n < 50; n += 1) await small.wire.send(`${TABLES}.ListTables`, {});
      ended.push(...records.map((record) => `${functionId} ${keyOf(record)}`));
    };
    const mappings = ['Slow', 'Fast'].map((functionId) => mapping({ functionId, logicalId: functionId }));
    const streams = await start(handler, { mappings });
    await put('a');
    await streams.idle();
    expect(ended).toEqual(['Fast a', 'Slow a']);
  });

  it('gathers a batch for its window, which ends early when a caller waits for the stack', async () => {
    const { batches, handler } = taking();
    const streams = await start(handler, { mapping: mapping({ batchWindowSeconds: 300 }) });
    await putAll(['a', 'b']);
    await put('c');
    await streams.idle();
    expect(batches.flat()).toEqual(['a', 'b', 'c']);
  });
});

describe('a batch that fails', () => {
  it('is tried again, then delivered once', async () => {
    let failures = 2;
    const { batches, handler } = taking();
    const streams = await start((records) => {
      failures -= 1;
      if (failures >= 0) throw new LambdaFailure('Error', 'not now');
      handler(records);
    });
    await put('a');
    await streams.idle();
    expect(batches).toEqual([['a']]);
    expect(queues.list()).toEqual([]);
  });

  it('is delivered again from the first reported failure on', async () => {
    const { batches, handler } = taking();
    let isFirst = true;
    const streams = await start(
      (records) => {
        handler(records);
        const answer = failing(records, isFirst ? ['c', 'd'] : []);
        isFirst = records.length < 4;
        return answer;
      },
      { mapping: mapping({ batchWindowSeconds: 300, batchSize: 5 }) },
    );
    await putAll(['a', 'b', 'c', 'd', 'e']);
    await streams.idle();
    expect(batches).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['c', 'd', 'e'],
    ]);
  });

  it.each([
    ['reported', (records: StreamRecord[]) => failing(records, ['c'])],
    [
      'thrown',
      (records: StreamRecord[]) => {
        if (records.some((record) => keyOf(record) === 'c')) throw new LambdaFailure('TypeError', 'poison');
      },
    ],
    [
      'unreadable',
      (records: StreamRecord[]) =>
        records.some((r) => keyOf(r) === 'c') ? { batchItemFailures: [{ itemIdentifier: '' }] } : null,
    ],
  ])('loses only the poisoned record, to the dead letter queue, when its failure is %s', async (_, fail) => {
    const taken: string[] = [];
    const attempts: string[][] = [];
    const streams = await start(
      (records) => {
        attempts.push(records.map(keyOf));
        const answer = fail(records);
        const first = records.findIndex((record) => keyOf(record) === 'c');
        taken.push(...records.slice(0, first < 0 ? undefined : first).map(keyOf));
        return answer;
      },
      { mapping: mapping({ batchWindowSeconds: 300, batchSize: 5 }) },
    );
    await putAll(['a', 'b', 'c', 'd', 'e']);
    await streams.idle();
    expect([...new Set(taken)]).toEqual(['a', 'b', 'd', 'e']);
    expect(attempts.filter((keys) => keys.length === 1 && keys[0] === 'c')).toHaveLength(3);
    expect(queues.list()).toMatchObject([
      {
        queue: 'letters',
        body: {
          requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
          DDBStreamBatchInfo: { batchSize: 1, streamArn: small.table.streamArn, shardId: expect.any(String) },
        },
      },
    ]);
    expect(JSON.stringify(queues.list())).not.toContain('"c"');
  });

  it('goes to the dead letter queue whole where batches are not bisected', async () => {
    const quiet = mapping({
      bisectOnError: false,
      reportBatchItemFailures: false,
      maximumRetries: 1,
      batchWindowSeconds: 300,
    });
    let attempts = 0;
    const streams = await start(
      () => {
        attempts += 1;
        throw new LambdaFailure('Error', 'always');
      },
      { mapping: quiet },
    );
    await putAll(['a', 'b', 'c']);
    await streams.idle();
    expect(attempts).toBe(2);
    expect(queues.list()).toMatchObject([{ body: { DDBStreamBatchInfo: { batchSize: 3 } } }]);
  });
});

describe('a restart of the stack', () => {
  it('goes on where it stopped', async () => {
    const first = taking();
    const before = await start(first.handler);
    await putAll(['a', 'b']);
    await before.idle();
    await before.stop();
    await putAll(['c', 'd']);
    const second = taking();
    const after = await start(second.handler);
    await after.idle();
    expect([first.batches.flat(), second.batches.flat()]).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('delivers again what was under way, as after kill -9', async () => {
    const positionsFile = join(directory, 'positions.json');
    await putAll(['a', 'b', 'c']);
    const first = await start((records) => failing(records, ['b']), { mapping: mapping({ maximumRetries: -1 }) });
    // The first stack never gets beyond b.
    while (!existsSync(positionsFile)) await new Promise((resolve) => setImmediate(resolve));
    const second = taking();
    const after = await start(second.handler, { positionsFile });
    await after.idle();
    expect(second.batches.flat()).toEqual(['b', 'c']);
    await first.stop();
  });
});

describe('an item whose time to live is over', () => {
  const expiring = (streams: () => Streams | undefined) =>
    startExpiry({
      ...{ endpoint: small.endpoint, table: smallTable(tableName), clock, file: join(directory, 'expiry.jsonl') },
      ...{ settle: async () => streams()?.idle(), log: () => {} },
    });
  const inDays = (days: number) => ({ ttl: { N: String(Math.floor(clock.nowMs() / 1000) + days * 86_400) } });
  const isThere = async (pk: string) => {
    const Key = { pk: { S: pk }, sk: { S: 'thing' } };
    const { Item } = await small.wire.send<{ Item?: unknown }>(`${TABLES}.GetItem`, { TableName: tableName, Key });
    return Item !== undefined;
  };

  it("is deleted by the stack's clock, in the name of the service", async () => {
    const seen: StreamRecord[] = [];
    let streams: Streams | undefined;
    const expiry = expiring(() => streams);
    const { observe, hasExpired } = expiry;
    streams = await start((records) => void seen.push(...records), { observe, hasExpired });
    await put('short', inDays(1));
    await put('long', inDays(30));
    await put('renewed', inDays(1));
    await put('renewed', inDays(30));
    await put('kept', inDays(1));
    await put('kept');
    await put('forever');
    await streams.idle();
    expect(await expiry.sweep()).toBe(0);
    clock.set('2031-02-05T00:00:00.000Z');
    expect(await expiry.sweep()).toBe(1);
    const Key = { pk: { S: 'long' }, sk: { S: 'thing' } };
    await small.wire.send(`${TABLES}.DeleteItem`, { TableName: tableName, Key });
    await streams.idle();
    const removed = seen.filter(({ eventName }) => eventName === 'REMOVE');
    expect(removed.map((record) => [keyOf(record), record.userIdentity])).toEqual([
      ['short', { type: 'Service', principalId: 'dynamodb.amazonaws.com' }],
      ['long', undefined],
    ]);
    expect(await expiry.sweep()).toBe(0);
    clock.set('2032-01-01T00:00:00.000Z');
    expect(await expiry.sweep()).toBe(1);
    expect(await Promise.all(['renewed', 'kept', 'forever'].map(isThere))).toEqual([false, true, true]);
    await expiry.stop();
  });

  it('is deleted after a restart too, even where a kill came between noting and deleting', async () => {
    let streams: Streams | undefined;
    const first = expiring(() => streams);
    streams = await start(() => {}, { observe: first.observe, hasExpired: first.hasExpired });
    await put('noted', inDays(1));
    await put('cut short', inDays(1));
    await streams.idle();
    const keys = { pk: { S: 'cut short' }, sk: { S: 'thing' } };
    const [line] = readFileSync(join(directory, 'expiry.jsonl'), 'utf8').split('\n');
    const { endsAtSeconds } = JSON.parse(line ?? '');
    appendFileSync(join(directory, 'expiry.jsonl'), `${JSON.stringify({ keys, endsAtSeconds, isOver: true })}\n{"ke`);
    await first.stop();
    clock.set('2031-02-05T00:00:00.000Z');
    const second = expiring(() => streams);
    expect(second.hasExpired(keys)).toBe(true);
    expect(await second.sweep()).toBe(2);
    expect(await Promise.all(['noted', 'cut short'].map(isThere))).toEqual([false, false]);
    await second.stop();
  });
});
