import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { leanPackages } from '../../infra/lean-packages.ts';
import { folder, removeFolders } from '../support/templates.ts';

interface Call {
  headers: IncomingHttpHeaders;
  body: string;
}

const ANSWERS: Record<string, unknown> = {
  'DynamoDB_20120810.GetItem': { Item: { pk: { S: 'found' } } },
  'AWSEvents.PutEvents': { FailedEntryCount: 0, Entries: [{ EventId: 'put' }] },
  'AWSStepFunctions.StartExecution': { executionArn: 'started', startDate: 1 },
};
const SOURCE = `
  import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
  import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
  import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
  export const ask = {
    item: () => new DynamoDBClient({}).send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'p' } } })),
    put: () => new EventBridgeClient({}).send(new PutEventsCommand({ Entries: [{ Source: 's', DetailType: 'd', Detail: '{}' }] })),
    start: () => new SFNClient({}).send(new StartExecutionCommand({ stateMachineArn: 'arn:aws:states:eu-west-1:1:stateMachine:m' })),
  };`;

describe('the bundled SDK', () => {
  const calls: Call[] = [];
  const before = { ...process.env };
  let server: Server;
  let ask: Record<'item' | 'put' | 'start', () => Promise<Record<string, unknown>>>;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        calls.push({ headers: request.headers, body });
        response.setHeader('content-type', 'application/x-amz-json-1.0');
        response.end(JSON.stringify(ANSWERS[String(request.headers['x-amz-target'])]));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDTHEROLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'the-session',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    });
    const outfile = join(folder(), 'bundle', 'index.js');
    mkdirSync(join(outfile, '..'));
    await build({
      stdin: { contents: SOURCE, resolveDir: process.cwd() },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      outfile,
      plugins: [leanPackages],
      logLevel: 'silent',
    });
    ({ ask } = require(outfile));
  });

  afterAll(() => {
    process.env = before;
    removeFolders();
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['item', { Item: { pk: { S: 'found' } } }],
    ['put', { FailedEntryCount: 0 }],
    ['start', { executionArn: 'started' }],
  ] as const)("asks (%s) under the role's credentials, from the environment", async (what, answer) => {
    expect(await ask[what]()).toMatchObject(answer);
    const [last] = calls.slice(-1);
    expect(last?.headers['authorization']).toContain('Credential=AKIDTHEROLE/');
    expect(last?.headers['x-amz-security-token']).toBe('the-session');
  });

  it('reports the version of the client', async () => {
    const { version } = JSON.parse(readFileSync('node_modules/@aws-sdk/client-dynamodb/package.json', 'utf8'));
    await ask.item();
    expect(calls.at(-1)?.headers['user-agent']).toContain(`aws-sdk-js/${version} `);
  });

  it('ignores profiles of the machine', async () => {
    const profiles = join(folder(), 'config');
    writeFileSync(profiles, '[default]\nsdk_ua_app_id = of-a-profile\n');
    process.env['AWS_CONFIG_FILE'] = profiles;
    await ask.item();
    expect(calls.at(-1)?.headers['user-agent']).not.toContain('of-a-profile');
  });

  it('throws an error without credentials', async () => {
    delete process.env['AWS_ACCESS_KEY_ID'];
    await expect(ask.item()).rejects.toThrow(/credentials/i);
  });
});
