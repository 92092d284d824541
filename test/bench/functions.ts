/** What a deployed function costs: its bundle's size, its cold start, its own share of a warm call. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { BUNDLE_LIMIT_BYTES } from '../../infra/bundle.ts';
import type { LocalModel } from '../../infra/local/runtime/assembly/model.ts';
import { createTable, startDynamo } from '../../infra/local/runtime/dynamodb/dynamodb.ts';
import type { Measured } from './budget.ts';
import { atMost, median, shown, told } from './budget.ts';

const RUNS = 41;
const WARM_CALLS = 400;
const ROOT = join(import.meta.dirname, '../..');

export const measureBundles = (model: LocalModel): Measured[] => {
  const sizes = [...model.functions.values()].map(({ name, codeDirectory }) => ({
    name,
    bytes: statSync(join(codeDirectory, 'index.js')).size,
  }));
  const largest = sizes.reduce((a, b) => (a.bytes > b.bytes ? a : b));
  return [atMost(`largest bundle (${largest.name})`, BUNDLE_LIMIT_BYTES / 1024, largest.bytes / 1024, 'KB')];
};

/**
 * The consumers' function, reading a whole detail, against one with only middy, zod/mini and the DynamoDB client that
 * asks the table the same: started anew, and warm.
 */
export const measureFunctions = async (model: LocalModel): Promise<Measured[]> => {
  const directory = mkdtempSync(join(tmpdir(), 'regulars-bench-'));
  const dynamo = await startDynamo({ directory: null, log: () => {} });
  try {
    await createTable(dynamo.endpoint, model.table);
    const code = [...model.functions.values()].find(({ name }) => name === 'consumers');
    if (!code) throw new Error('there is no function of consumers');
    const files = { own: join(code.codeDirectory, 'index.js'), least: await leastFunction(directory) };
    const start = (which: keyof typeof files, event: object, calls = 0) =>
      probed(files[which], event, calls, { ...code.environment, AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint });
    const { consumerId } = JSON.parse((await start('own', CREATE)).body) as { consumerId: string };
    const read = reading(consumerId);
    const times: Record<keyof typeof files, number[]> = { own: [], least: [] };
    for (let run = 0; run < RUNS; run += 1) {
      // By turns, so that a busy moment of the machine meets both.
      times.least.push((await start('least', read)).loadMs);
      times.own.push((await start('own', read)).loadMs);
    }
    const cpuMs = (await start('own', read, WARM_CALLS)).cpuMs - (await start('least', read, WARM_CALLS)).cpuMs;
    const [ownMs, leastMs] = [median(times.own), median(times.least)];
    return [
      atMost('cold start against the least possible function', 1.15, ownMs / leastMs, '×'),
      told('cold start: load and first call', `${shown(ownMs)} ms (least: ${shown(leastMs)} ms)`),
      atMost("warm detail, CPU beyond the DynamoDB client's own, p50", 1, Math.max(0, cpuMs), 'ms'),
    ];
  } finally {
    await dynamo.stop();
    rmSync(directory, { recursive: true });
  }
};

/** Runs in a process of its own: prints the time of load and first call, and the median CPU of further calls. */
const PROBE = `
const [file, event, calls] = process.argv.slice(1);
const from = performance.now();
const { handler } = require(file);
(async () => {
  const { body } = await handler(JSON.parse(event), {});
  const loadMs = performance.now() - from;
  const cpu = [];
  for (let call = 0; call < Number(calls); call += 1) {
    const before = process.cpuUsage();
    for (let n = 0; n < 5; n += 1) await handler(JSON.parse(event), {});
    const used = process.cpuUsage(before);
    cpu.push((used.user + used.system) / 5000);
  }
  cpu.sort((a, b) => a - b);
  console.log(JSON.stringify({ loadMs, body, cpuMs: cpu[cpu.length >> 1] ?? 0 }));
  process.exit();
})();`;

const called = (method: string, path: string, more: object) => ({
  routeKey: `${method} ${path}`,
  rawPath: path,
  rawQueryString: '',
  headers: { 'content-type': 'application/json' },
  requestContext: { timeEpoch: 1_767_225_600_000, requestId: 'bench', http: { method } },
  ...more,
});
const CREATE = called('POST', '/v1/consumers', {
  body: JSON.stringify({ email: 'typical@example.com', fullName: 'Typical Example', tags: ['collector'] }),
});
const reading = (consumerId: string) => called('GET', '/v1/consumers/{consumerId}', { pathParameters: { consumerId } });

const probed = async (file: string, event: object, calls: number, environment: Record<string, string>) => {
  const env = {
    ...environment,
    PATH: process.env['PATH'] ?? '',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  };
  const options = ['-e', PROBE, file, JSON.stringify(event), String(calls)];
  const { stdout } = await promisify(execFile)(process.execPath, options, { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { loadMs: number; cpuMs: number; body: string };
};

/** The least function that parses a request and asks the table, bundled in the same way. */
const leastFunction = async (directory: string): Promise<string> => {
  const outfile = join(directory, 'least.cjs');
  await build({
    stdin: { contents: LEAST, resolveDir: ROOT, loader: 'js' },
    outfile,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  return outfile;
};
const LEAST = `
import middy from '@middy/core';
import * as z from 'zod/mini';
import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
const client = new DynamoDBClient({});
const TableName = process.env.TABLE_NAME;
const schema = z.object({ consumerId: z.string() });
export const handler = middy().handler(async (event) => {
  const { consumerId } = schema.parse(event.pathParameters);
  const values = { ':pk': { S: 'C#' + consumerId } };
  const all = await Promise.all([
    client.send(new QueryCommand({
      TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: values,
    })),
    client.send(new GetItemCommand({ TableName, Key: { pk: { S: 'O' }, sk: { S: 'settings' } } })),
  ]);
  return { statusCode: 200, body: JSON.stringify(all.map((one) => one.Items ?? one.Item)) };
});`;
