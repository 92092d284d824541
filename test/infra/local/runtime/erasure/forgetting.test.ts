import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { regulars } from '../../../../../infra/local/regulars.ts';
import { createClock } from '../../../../../infra/local/runtime/base/clock.ts';
import { createGate } from '../../../../../infra/local/runtime/base/gate.ts';
import { anonymizer, Redaction } from '../../../../../infra/local/runtime/base/redaction.ts';
import { createTable, startDynamo } from '../../../../../infra/local/runtime/dynamodb/dynamodb.ts';
import { createFaults } from '../../../../../infra/local/runtime/dynamodb/faults.ts';
import { createMetrics } from '../../../../../infra/local/runtime/dynamodb/metrics.ts';
import { createDynamoProxy } from '../../../../../infra/local/runtime/dynamodb/proxy.ts';
import { AUTHORIZATION, openWire, STREAMS, TABLES } from '../../../../../infra/local/runtime/dynamodb/wire.ts';
import { scrub } from '../../../../../infra/local/runtime/erasure/scrubbing.ts';
import { type Stack, startStack } from '../../../../../infra/local/runtime/stack/stack.ts';
import { passedIn } from '../../../../../infra/local/runtime/streams/positions.ts';
import { smallTable } from '../../support/dynamo-local.ts';
import { base, lambda, route, type SmallAssembly, writeAssembly } from '../../support/small-assembly.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'forgetting-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

/** Files of a folder, and of those in it, that hold this text anywhere. */
const holding = (text: string, folder = directory): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
    .map(({ name }) => name);

describe('a gate', () => {
  it('lets calls through side by side, and none during exclusive work', async () => {
    const gate = createGate();
    const seen: string[] = [];
    const first = Promise.withResolvers<void>();
    const calls = ['a', 'b'].map((name) => gate.through(() => first.promise.then(() => seen.push(name))));
    const inside = Promise.withResolvers<void>();
    const alone = gate.alone(() => inside.promise.then(() => void seen.push('alone')));
    const late = gate.through(async () => seen.push('late'));
    first.resolve();
    await Promise.all(calls);
    inside.resolve();
    await Promise.all([alone, late]);
    expect(seen).toEqual(['a', 'b', 'alone', 'late']);
  });

  it('opens again where what was done inside fails', async () => {
    const gate = createGate();
    await expect(gate.alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await gate.through(async () => 'open')).toBe('open');
  });
});

describe('the file of DynamoDB Local', () => {
  const clock = createClock({ file: null });
  const opened = async () => {
    const dynamo = await startDynamo({ directory, log: () => {} });
    const table = smallTable();
    const { streamArn } = await createTable(dynamo.endpoint, table);
    const wire = openWire(dynamo.endpoint, dynamo.gate);
    const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'thing' } });
    const shardOf = async () => {
      const input = { StreamArn: streamArn };
      const { StreamDescription: found } = await wire.send<{ StreamDescription: { Shards: { ShardId: string }[] } }>(
        `${STREAMS}.DescribeStream`,
        input,
      );
      return found.Shards[0]?.ShardId ?? '';
    };
    const records = async (from: Record<string, unknown>) => {
      const place = { StreamArn: streamArn, ShardId: await shardOf(), ...from };
      const { ShardIterator } = await wire.send<{ ShardIterator: string }>(`${STREAMS}.GetShardIterator`, place);
      const { Records } = await wire.send<{
        Records: { dynamodb: { Keys: { pk: { S: string } }; SequenceNumber: string } }[];
      }>(`${STREAMS}.GetRecords`, { ShardIterator });
      return Records.map(({ dynamodb }) => [Number(dynamodb.SequenceNumber), dynamodb.Keys.pk.S]);
    };
    return {
      dynamo,
      records,
      put: (pk: string, name: string) =>
        wire.send(`${TABLES}.PutItem`, {
          TableName: table.name,
          Item: { ...key(pk), shard: { S: name }, name: { S: name } },
        }),
      remove: (pk: string) => wire.send(`${TABLES}.DeleteItem`, { TableName: table.name, Key: key(pk) }),
      names: async () => {
        const { Items } = await wire.send<{ Items: { name: { S: string } }[] }>(`${TABLES}.Scan`, {
          TableName: table.name,
        });
        return Items.map(({ name }) => name.S).sort();
      },
      stop: async () => {
        await dynamo.stop();
        wire.close();
      },
    };
  };

  it('holds what was deleted or overwritten until it is scrubbed, then only what there is', async () => {
    const table = await opened();
    for (let at = 0; at < 30; at += 1) await table.put(`p${at}`, `MARKED-${at}`);
    for (let at = 0; at < 30; at += 2) await table.remove(`p${at}`);
    for (let at = 1; at < 30; at += 2) await table.put(`p${at}`, `kept-${at}`);
    expect(holding('MARKED')).not.toEqual([]);

    await table.dynamo.rest(async () => void scrub(directory, () => 60));
    expect(holding('MARKED')).toEqual([]);
    expect(await table.names()).toHaveLength(15);
    await table.put('later', 'later');
    expect(
      await table.records({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '60'.padStart(21, '0') }),
    ).toEqual([[61, 'later']]);
    expect(await table.records({ ShardIteratorType: 'TRIM_HORIZON' })).toEqual([
      [60, '-'],
      [61, 'later'],
    ]);
    await table.stop();
  });

  it('keeps every record that a mapping has still to read', async () => {
    const table = await opened();
    for (let at = 1; at <= 9; at += 1) await table.put(`p${at}`, `name-${at}`);
    let left: { behind: boolean } | undefined;
    await table.dynamo.rest(async () => {
      left = scrub(directory, () => 6);
    });
    expect(left).toEqual({ behind: true });
    expect(await table.records({ ShardIteratorType: 'TRIM_HORIZON' })).toEqual([
      [7, 'p7'],
      [8, 'p8'],
      [9, 'p9'],
    ]);
    await table.stop();
  });

  it('answers requests that arrive meanwhile, after it is done', async () => {
    const table = await opened();
    await table.put('a', 'first');
    let isDone = false;
    const resting = table.dynamo.rest(async () => {
      scrub(directory, () => 0);
      isDone = true;
    });
    const put = table.put('b', 'second').then(() => isDone);
    await resting;
    expect([await put, await table.names()]).toEqual([true, ['first', 'second']]);
    await table.stop();
  });

  it('is not written to by callers that gave up meanwhile', async () => {
    const table = await opened();
    const { gate, endpoint } = table.dynamo;
    const settings = {
      ...{ endpoint, gate, table: smallTable(), metrics: createMetrics({ clock }) },
      ...{ faults: createFaults(), onWrite: () => {} },
    };
    const proxy = createDynamoProxy(settings);
    const Item = { pk: { S: 'late' }, sk: { S: 'thing' }, shard: { S: 's' }, name: { S: 'late' } };
    const body = Buffer.from(JSON.stringify({ TableName: 'things', Item }));
    let isAwaited = true;
    const resting = table.dynamo.rest(async () => {});
    const late = proxy.pass('PutItem', `${TABLES}.PutItem`, {
      authorization: AUTHORIZATION,
      body,
      isAwaited: () => isAwaited,
    });
    isAwaited = false;
    await expect(late).rejects.toThrow('no longer waits');
    await resting;
    expect(await table.names()).toEqual([]);
    proxy.close();
    await table.stop();
  });

  it('is whole after kill -9 in the midst of it', async () => {
    const table = await opened();
    const names = Array.from({ length: 60 }, (_, at) => `name-${at}-${'x'.repeat(2_000)}`);
    await Promise.all(names.map((name, at) => table.put(`p${at}`, name)));
    await table.stop();
    for (let round = 0; round < 5; round += 1) {
      const child = spawn(process.execPath, [
        join(__dirname, '../../support/scrub-often.ts'),
        directory,
        String(10 + round),
      ]);
      await seenIn(directory, round % 2 === 0 ? 'shared-local-instance.db-journal' : 'scrubbed.db');
      await killed(child);
    }
    const again = await opened();
    expect(await again.names()).toEqual([...names].sort());
    expect((await again.records({ ShardIteratorType: 'TRIM_HORIZON' })).length).toBeGreaterThanOrEqual(60 - 14);
    await again.put('later', 'later');
    expect(await again.names()).toContain('later');
    await again.stop();
  });
});

/** Resolves as soon as something happens to the file. */
const seenIn = (folder: string, file: string): Promise<void> =>
  new Promise((resolve) => {
    const watcher = watch(folder, (_, name) => {
      if (name !== file) return;
      watcher.close();
      resolve();
    });
  });

const killed = (child: ChildProcess): Promise<unknown> => {
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  return exit;
};

describe('positions in the stream', () => {
  it.each<[string, Record<string, Record<string, unknown>>, number]>([
    ['the one of who is furthest behind', { a: { s: { after: '0009' } }, b: { s: { after: '0007' } } }, 7],
    ['none where a mapping has not started', { a: { s: { after: '0009' } } }, 0],
    [
      'beyond everything where all have finished',
      { a: { s: 'finished' }, b: { s: 'finished' } },
      Number.MAX_SAFE_INTEGER,
    ],
  ])('of all are %s', (_, mappings, expected) => {
    const file = join(directory, 'streams.json');
    writeFileSync(file, JSON.stringify({ streamArn: 'x', mappings }));
    expect(passedIn(file, ['a', 'b'])('s')).toBe(expected);
  });

  it('are those of all mappings that ever read, where the mappings are not known yet', () => {
    const file = join(directory, 'streams.json');
    expect(passedIn(file)('s')).toBe(0);
    const mappings = { a: { s: { after: '0009' } }, b: { s: { after: '0007' } } };
    writeFileSync(file, JSON.stringify({ streamArn: 'x', mappings }));
    expect(passedIn(file)('s')).toBe(7);
  });
});

describe('events about the erased', () => {
  it('keep only type and id; events about others stay complete', () => {
    const erased = { detailType: 'consumer.erased', detail: { consumerId: 'gone', sources: ['shop'] } };
    const events = [
      { detailType: 'consumer.updated', detail: { consumerId: 'gone', name: 'X' } },
      { detailType: 'consumer.updated', detail: { consumerId: 'here', name: 'Y' } },
      { detailType: 'consumer.merged', detail: { consumerId: 'here', from: { id: 'gone' }, name: 'Z' } },
      erased,
    ];
    const redaction = new Redaction(regulars.erasure);
    expect(events.map(redaction.redactor(redaction.erasedIn(events))).map(({ detail }) => detail)).toEqual([
      { consumerId: 'gone' },
      { consumerId: 'here', name: 'Y' },
      {},
      { consumerId: 'gone', sources: ['shop'] },
    ]);
  });
});

describe('a history', () => {
  it('shows "erased" in place of the ids, and is otherwise unchanged', () => {
    const line = { output: { cursor: 'gone', done: false }, place: { data: ['gone#1', 'here'] } };
    expect(anonymizer(['gone', 'other'])(line)).toEqual({
      output: { cursor: 'erased', done: false },
      place: { data: ['erased#1', 'here'] },
    });
    expect(anonymizer(['other'])(line)).toBe(line);
  });
});

const AWS = `
  const call = async (url, target, body) => {
    const headers = {
      'x-amz-target': target,
      'content-type': 'application/x-amz-json-1.0',
      authorization: 'AWS4-HMAC-SHA256 Credential=x/20310101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  const table = (operation, body) =>
    call(process.env.AWS_ENDPOINT_URL_DYNAMODB, 'DynamoDB_20120810.' + operation, { TableName: 'regulars', ...body });
`;
/** Items come, with a name and an end far away, and go. */
const ITEMS = `${AWS}
  exports.handler = async ({ pathParameters: { id }, queryStringParameters: query, requestContext }) => {
    const key = { pk: { S: id }, sk: { S: 'item' } };
    if (requestContext.http.method === 'DELETE') await table('DeleteItem', { Key: key });
    else await table('PutItem', { Item: { ...key, name: { S: query.name }, ttl: { N: '99999999999' } } });
    return { statusCode: 200 };
  };
`;
/** Publishes an event for each change; fails on items whose name starts with "failing". */
const TELLING = `${AWS}
  exports.handler = async ({ Records }) => {
    const entryOf = ({ eventName, dynamodb }) => {
      if (dynamodb.NewImage?.name?.S.startsWith('failing')) throw new Error('not this one');
      const [DetailType, more] = eventName === 'REMOVE' ? ['consumer.erased', {}] : ['consumer.updated', { name: dynamodb.NewImage.name.S }];
      return { EventBusName: 'regulars', Source: 'test', DetailType, Detail: JSON.stringify({ consumerId: dynamodb.Keys.pk.S, ...more }) };
    };
    const Entries = Records.map(entryOf);
    await call(process.env.AWS_ENDPOINT_URL_EVENTBRIDGE, 'AWSEvents.PutEvents', { Entries });
  };
`;
const mapping = (name: string, properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    ...{ EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] }, FunctionName: { Ref: name }, BatchSize: 10 },
    ...{ StartingPosition: 'TRIM_HORIZON', MaximumRetryAttempts: -1, ...properties },
  },
});

describe('a stack', () => {
  let assembly: SmallAssembly;
  let stack: Stack;
  beforeEach(async () => {
    const of = (hash: string) => lambda(hash, { Timeout: 10, MemorySize: 128 });
    const resources = {
      ...{ ...base, Items: of('items'), Telling: of('telling'), Mapping: mapping('Telling') },
      ...route('Put', 'PUT /items/{id}', 'Items'),
      ...route('Delete', 'DELETE /items/{id}', 'Items'),
    };
    assembly = writeAssembly({ Regulars: { Resources: resources } }, { items: ITEMS, telling: TELLING });
    stack = await started();
  });
  afterEach(async () => {
    await stack.stop();
    assembly.remove();
  });
  const started = () =>
    startStack({
      application: regulars,
      assemblyDirectory: assembly.directory,
      dataDirectory: directory,
      port: 0,
      log: () => {},
    });
  const call = async (method: string, path: string) => {
    const response = await fetch(`${stack.url}${path}`, { method });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const bus = async () => {
    const { items } = (await (await call('GET', '/_local/bus')).json()) as { items: { detail: unknown }[] };
    return items.map(({ detail }) => detail);
  };

  it('has nothing of the erased in its folder once it has settled, and goes on', async () => {
    await call('PUT', '/items/one?name=MARKED-one');
    await call('PUT', '/items/two?name=kept-two');
    await call('DELETE', '/items/one');
    await call('POST', '/_local/settle');
    expect(holding('MARKED')).toEqual([]);
    expect(holding('kept-two')).not.toEqual([]);
    expect(await bus()).toEqual([
      { consumerId: 'one' },
      { consumerId: 'two', name: 'kept-two' },
      { consumerId: 'one' },
    ]);

    await call('PUT', '/items/three?name=three');
    await call('POST', '/_local/settle');
    expect((await bus()).at(-1)).toEqual({ consumerId: 'three', name: 'three' });
    expect(readdirSync(directory)).not.toContain('forgetting-due');
  });

  it('leaves no ids of the erased but in what it published, dead letters aside', async () => {
    await call('PUT', '/items/MARKED-id?name=n');
    await call('DELETE', '/items/MARKED-id');
    await call('POST', '/_local/settle');
    expect(holding('MARKED-id')).toEqual(['bus.jsonl']);
  });

  it('forgets when it stops without a settle', async () => {
    await call('PUT', '/items/one?name=MARKED-one');
    await call('DELETE', '/items/one');
    while ((await bus()).length < 2) await new Promise((resolve) => setImmediate(resolve));
    await stack.stop();
    expect(holding('MARKED', join(directory, 'dynamodb'))).toEqual([]);
    stack = await started();
    await call('POST', '/_local/settle');
    expect(holding('MARKED')).toEqual([]);
  });

  it('that was killed forgets before it starts again', async () => {
    await stack.stop();
    const child = spawn(
      process.execPath,
      [join(__dirname, '../../support/run-stack.ts'), assembly.directory, directory],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const url = await new Promise<string>((resolve) =>
      child.stdout?.once('data', (chunk: Buffer) => resolve(String(chunk).trim())),
    );
    stack = { ...stack, url };
    await call('PUT', '/items/one?name=MARKED-one');
    await call('DELETE', '/items/one');
    while ((await bus()).length < 2) await new Promise((resolve) => setImmediate(resolve));
    await killed(child);
    expect(holding('MARKED', join(directory, 'dynamodb'))).not.toEqual([]);
    stack = await started();
    await call('POST', '/_local/settle');
    expect(holding('MARKED')).toEqual([]);
    // Events published just before the kill may be published again.
    expect(new Set((await bus()).map((detail) => JSON.stringify(detail)))).toEqual(new Set(['{"consumerId":"one"}']));
  });

  it('keeps what a consumer of the stream has still to read, and forgets it once it has', async () => {
    await call('PUT', '/items/one?name=one');
    await call('DELETE', '/items/one');
    while ((await bus()).length < 2) await new Promise((resolve) => setImmediate(resolve));
    await call('PUT', '/items/two?name=failing-MARKED');
    await call('DELETE', '/items/two');
    await stack.stop();
    expect(holding('MARKED', join(directory, 'dynamodb'))).not.toEqual([]);
    expect(readdirSync(directory)).toContain('forgetting-due');

    const mended = { items: ITEMS, telling: TELLING.replace("'failing'", "'other'") };
    assembly.remove();
    const of = (hash: string) => lambda(hash, { Timeout: 10, MemorySize: 128 });
    assembly = writeAssembly(
      { Regulars: { Resources: { ...base, Telling: of('telling'), Mapping: mapping('Telling') } } },
      mended,
    );
    stack = await started();
    await call('POST', '/_local/settle');
    expect((await bus()).slice(2)).toEqual([{ consumerId: 'two' }, { consumerId: 'two' }]);
    expect(holding('MARKED')).toEqual([]);
  });
});
