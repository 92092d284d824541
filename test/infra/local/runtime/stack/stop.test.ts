import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { base, lambda, route, type SmallAssembly, writeAssembly } from '../../support/small-assembly.ts';

/** Handles an event once a file is there. Until then every invocation lasts as long as its time limit allows. */
const PATIENT = `
  const { existsSync } = require('node:fs');
  exports.handler = async (event) => {
    while (!existsSync(process.env.DOOR)) await new Promise((resolve) => setTimeout(resolve, 50));
    return event.index ?? null;
  };
`;

/** Writes an item, then starts an execution. */
const STARTER = `
  const call = async (url, target, body) => {
    const headers = {
      'x-amz-target': target,
      'content-type': 'application/x-amz-json-1.0',
      authorization: 'AWS4-HMAC-SHA256 Credential=starter/20310101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
  };
  exports.handler = async () => {
    const Item = { pk: { S: 'a' }, sk: { S: 'item' } };
    await call(process.env.AWS_ENDPOINT_URL_DYNAMODB, 'DynamoDB_20120810.PutItem', { TableName: 'regulars', Item });
    const stateMachineArn = process.env.MACHINE;
    await call(process.env.AWS_ENDPOINT_URL_SFN, 'AWSStepFunctions.StartExecution', { stateMachineArn, name: 'backfill', input: '{}' });
    return { statusCode: 202 };
  };
`;

const INDEXES = Array.from({ length: 30 }, (_, index) => index);

const definition = (functionArn: string) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      Items: INDEXES,
      MaxConcurrency: 20,
      ItemProcessor: {
        StartAt: 'Patient',
        States: {
          Patient: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Arguments: { FunctionName: functionArn, Payload: { index: '{% $states.input %}' } },
            Output: '{% $states.result.Payload %}',
            End: true,
          },
        },
      },
      End: true,
    },
  },
});

interface Execution {
  status: string;
  output: unknown;
  history: { type: string }[];
}

describe('Ctrl-C while functions, a workflow and a stream are busy', () => {
  const door = join(tmpdir(), `door-${process.pid}`);
  let assembly: SmallAssembly;
  let dataDirectory: string;

  beforeAll(() => {
    const patient = lambda('patient', {
      Timeout: 900,
      FunctionName: 'patient',
      Environment: { Variables: { DOOR: door } },
    });
    const resources = {
      ...base,
      Patient: patient,
      Starter: lambda('starter', { Timeout: 30, Environment: { Variables: { MACHINE: { Ref: 'Machine' } } } }),
      ...route('Start', 'POST /start', 'Starter'),
      ...route('Wait', 'GET /wait', 'Patient'),
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: { DefinitionString: JSON.stringify(definition('patient')) },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
          FunctionName: { Ref: 'Patient' },
          StartingPosition: 'TRIM_HORIZON',
          MaximumRetryAttempts: 0,
        },
      },
    };
    assembly = writeAssembly({ Regulars: { Resources: resources } }, { patient: PATIENT, starter: STARTER });
    dataDirectory = mkdtempSync(join(tmpdir(), 'stop-'));
  });
  afterAll(() => {
    assembly.remove();
    rmSync(dataDirectory, { recursive: true, force: true });
    rmSync(door, { force: true });
  });

  const run = () =>
    spawn(process.execPath, [join(__dirname, '../../support/run-stack.ts'), assembly.directory, dataDirectory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const executions = async (url: string): Promise<Execution[]> => {
    const response = await fetch(`${url}/_local/executions`);
    return ((await response.json()) as { items: Execution[] }).items;
  };

  it('ends the process, and the next start finishes the work', async () => {
    const first = run();
    const exit = once(first, 'exit');
    const url = await addressOf(first);
    expect((await fetch(`${url}/start`, { method: 'POST' })).status).toBe(202);
    const waiting = fetch(`${url}/wait`).then(({ status }) => status, String);
    // Twenty items have entered their task: some are running, the others wait for an environment.
    const entered = async () =>
      (await executions(url)).flatMap(({ history }) => history).filter(({ type }) => type === 'TaskStateEntered');
    while ((await entered()).length < 20) await pause(20);
    first.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
    expect(await waiting).not.toBe(200);

    writeFileSync(door, '');
    const second = run();
    const exitOfSecond = once(second, 'exit');
    const again = await addressOf(second);
    await fetch(`${again}/_local/settle`, { method: 'POST' });
    expect(await executions(again)).toMatchObject([{ status: 'SUCCEEDED', output: INDEXES }]);
    const letters = await (await fetch(`${again}/_local/dead-letters`)).json();
    expect(letters).toEqual([]);
    second.kill('SIGINT');
    await exitOfSecond;
  });
});

/** The address that the stack prints once it serves. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  for await (const chunk of stdout ?? []) return String(chunk).trim();
  throw new Error('the stack ended before it served');
}
