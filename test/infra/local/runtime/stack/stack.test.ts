import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { regulars } from '../../../../../infra/local/regulars.ts';
import { type Stack, startStack } from '../../../../../infra/local/runtime/stack/stack.ts';
import { base, lambda, route, type SmallAssembly, writeAssembly } from '../../support/small-assembly.ts';

/** Requests as the SDK's clients send them, without the SDK. */
const AWS = `
  const call = async (url, target, body) => {
    const scope = process.env.AWS_ACCESS_KEY_ID + '/20310101/us-east-1/dynamodb/aws4_request';
    const headers = {
      'x-amz-target': target,
      'content-type': target.startsWith('AWS') ? 'application/x-amz-json-1.1' : 'application/x-amz-json-1.0',
      authorization: 'AWS4-HMAC-SHA256 Credential=' + scope + ', SignedHeaders=host, Signature=0',
    };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  const table = (operation, body) =>
    call(process.env.AWS_ENDPOINT_URL_DYNAMODB, 'DynamoDB_20120810.' + operation, { TableName: process.env.TABLE_NAME, ...body });
`;

const WRITER = `${AWS}
  exports.handler = async (event) => {
    const key = { pk: { S: event.pathParameters.id }, sk: { S: 'item' } };
    if (event.requestContext.http.method === 'PUT') {
      await table('PutItem', { Item: { ...key, kind: { S: 'item' }, at: { N: String(event.requestContext.timeEpoch) } } });
      return { statusCode: 201 };
    }
    const { Item } = await table('GetItem', { Key: key, ConsistentRead: true });
    return { statusCode: Item ? 200 : 404, body: JSON.stringify(Item ?? null) };
  };
`;

const PUBLISHER = `${AWS}
  exports.handler = async (event) => {
    const Entries = event.Records.map(({ dynamodb }) => ({
      EventBusName: process.env.BUS_NAME, Source: 'test', DetailType: 'item.written', Detail: JSON.stringify({ id: dynamodb.Keys.pk.S }),
    }));
    await call(process.env.AWS_ENDPOINT_URL_EVENTBRIDGE, 'AWSEvents.PutEvents', { Entries });
  };
`;

const capability = (name: string) => ({
  Timeout: 10,
  MemorySize: 128,
  Environment: { Variables: { TABLE_NAME: { Ref: 'Table' }, BUS_NAME: { Ref: 'Bus' } } },
  Tags: [{ Key: 'capability', Value: name }],
});
const resources = {
  ...base,
  Authorizer: {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      ApiId: { Ref: 'Api' },
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Audience: ['client'], Issuer: 'https://issuer.test' },
    },
  },
  Writer: lambda('writer', capability('writer')),
  Publisher: lambda('publisher', capability('publisher')),
  ...route('Put', 'PUT /items/{id}', 'Writer'),
  ...route('Get', 'GET /items/{id}', 'Writer', {
    AuthorizationType: 'JWT',
    AuthorizerId: { Ref: 'Authorizer' },
    AuthorizationScopes: ['regulars/admin'],
  }),
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
      FunctionName: { Ref: 'Publisher' },
      StartingPosition: 'TRIM_HORIZON',
      // The bus accepts ten events at once.
      BatchSize: 10,
      MaximumRetryAttempts: 3,
    },
  },
};

jest.setTimeout(60_000);

let assembly: SmallAssembly;
let dataDirectory: string;
beforeAll(() => {
  assembly = writeAssembly({ Regulars: { Resources: resources } }, { writer: WRITER, publisher: PUBLISHER });
  dataDirectory = mkdtempSync(join(tmpdir(), 'stack-'));
});
afterAll(() => {
  assembly.remove();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const start = (settings: { dataDirectory: string | null; port?: number; now?: string }): Promise<Stack> =>
  startStack({ application: regulars, assemblyDirectory: assembly.directory, port: 0, log: () => {}, ...settings });
/** The parts of the answers that the tests read. */
interface Answer {
  token: string;
  now: string;
  at: { N: string };
  items: { detail: { id: string } }[];
  functions: object;
}
const json = async (response: Promise<Response>) => (await (await response).json()) as Answer;
const tokenOf = async (url: string): Promise<string> => (await json(fetch(`${url}/_local/token?scope=admin`))).token;
const read = (url: string, id: string, token: string) =>
  fetch(`${url}/items/${id}`, { headers: { authorization: `Bearer ${token}` } });
const write = async (url: string, id: string) => (await fetch(`${url}/items/${id}`, { method: 'PUT' })).status;
const published = async (url: string): Promise<string[]> => {
  await fetch(`${url}/_local/settle`, { method: 'POST' });
  const { items } = await json(fetch(`${url}/_local/bus`));
  return items.map(({ detail }) => detail.id);
};

describe('a stack', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await start({ dataDirectory: null, now: '2031-01-31T09:30:00.000Z' });
  });
  afterAll(() => stack.stop());

  it('carries a request through the function, the table, its stream and the bus', async () => {
    expect(await write(stack.url, 'a')).toBe(201);
    expect((await read(stack.url, 'a', await tokenOf(stack.url))).status).toBe(200);
    expect(await published(stack.url)).toEqual(['a']);
  });

  it("gives functions the stack's own time", async () => {
    const moved = { method: 'PUT', body: JSON.stringify({ advance: 'P30D' }) };
    const { now } = await json(fetch(`${stack.url}/_local/clock`, moved));
    expect(now).toMatch(/^2031-03-02T09:/);
    await write(stack.url, 'b');
    const item = await json(read(stack.url, 'b', await tokenOf(stack.url)));
    expect(Number(item.at.N)).toBeGreaterThanOrEqual(Date.parse(now));
  });

  it('settles what was written before, although others keep writing', async () => {
    let isBusy = true;
    const busy = (async () => {
      while (isBusy) await write(stack.url, 'busy');
    })();
    await write(stack.url, 'earlier');
    expect(await published(stack.url)).toContain('earlier');
    isBusy = false;
    await busy;
  });

  it('counts what each function asked of the table', async () => {
    await fetch(`${stack.url}/_local/metrics`, { method: 'DELETE' });
    await write(stack.url, 'c');
    const { functions } = await json(fetch(`${stack.url}/_local/metrics`));
    expect(functions).toMatchObject({ writer: { PutItem: { requests: 1, writeUnits: 1 } } });
  });
});

describe('what a stack keeps', () => {
  it('outlives an orderly restart: items, events, tokens and the clock', async () => {
    const first = await start({ dataDirectory });
    const token = await tokenOf(first.url);
    await write(first.url, 'kept');
    await fetch(`${first.url}/_local/clock`, { method: 'PUT', body: JSON.stringify({ advance: 'P9D' }) });
    const { now: before } = await json(fetch(`${first.url}/_local/clock`));
    await first.stop();
    const second = await start({ dataDirectory });
    const { now: after } = await json(fetch(`${second.url}/_local/clock`));
    expect(after >= before).toBe(true);
    expect((await read(second.url, 'kept', token)).status).toBe(200);
    expect(await published(second.url)).toEqual(['kept']);
    await second.stop();
  });

  it('survives kill -9: every acknowledged item is there, and reaches the stream', async () => {
    const child = runStack(dataDirectory);
    const url = await addressOf(child);
    const acknowledged: string[] = [];
    const writing = Array.from({ length: 40 }, async (_, i) => {
      if ((await write(url, `k${i}`)) === 201) acknowledged.push(`k${i}`);
      if (acknowledged.length === 15) child.kill('SIGKILL');
    });
    await Promise.allSettled([...writing, ended(child)]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(15);
    const stack = await start({ dataDirectory });
    const token = await tokenOf(stack.url);
    for (const id of acknowledged) expect((await read(stack.url, id, token)).status).toBe(200);
    expect(await published(stack.url)).toEqual(expect.arrayContaining(acknowledged));
    await stack.stop();
  });

  it('belongs to one stack at a time', async () => {
    const stack = await start({ dataDirectory });
    await expect(start({ dataDirectory })).rejects.toThrow(`another local stack (process ${process.pid}) uses`);
    await stack.stop();
  });
});

describe('a stack that cannot start', () => {
  it('names the taken port, and leaves the data to the next stack', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const { port } = squatter.address() as AddressInfo;
    await expect(start({ dataDirectory, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => squatter.close(resolve));
    await (await start({ dataDirectory })).stop();
  });

  it('ends the parts it had started where there is no assembly', async () => {
    const assemblyDirectory = () => Promise.reject(new Error('does not synthesize'));
    const started = startStack({ assemblyDirectory, dataDirectory, port: 0, log: () => {} });
    await expect(started).rejects.toThrow('does not synthesize');
    await (await start({ dataDirectory })).stop();
  });
});

const ended = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.once('exit', resolve));

const runStack = (directory: string): ChildProcess =>
  spawn(process.execPath, [join(__dirname, '../../support/run-stack.ts'), assembly.directory, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** The address that the stack prints once it serves. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  for await (const chunk of stdout ?? []) return String(chunk).trim();
  throw new Error('the stack ended before it served');
}
