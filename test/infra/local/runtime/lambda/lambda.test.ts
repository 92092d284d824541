import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAssembly } from '../../../../../infra/local/runtime/assembly/assembly.ts';
import { Stopped } from '../../../../../infra/local/runtime/base/stopped.ts';
import { type LambdaSettings, Lambdas } from '../../../../../infra/local/runtime/lambda/lambda.ts';
import { base, lambda, type SmallAssembly, writeAssembly } from '../../support/small-assembly.ts';

/** One bundle that does as the event says. */
const CODE = `
  let seen = 0;
  let atOnce = 0;
  const acts = {
    echo: (event) => event.value,
    count: () => (seen += 1),
    environment: () => process.env,
    context: (event, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() }),
    overlap: async () => {
      atOnce += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      const highest = atOnce;
      atOnce -= 1;
      return highest;
    },
    nothing: () => undefined,
    date: () => new Date(0),
    refuse: () => { throw new TypeError('no such thing'); },
    hang: () => new Promise(() => setInterval(() => {}, 1000)),
    spin: () => { for (;;); },
    leave: () => process.exit(7),
    reject: async () => { Promise.reject(new Error('left alone')); await new Promise(() => {}); },
    hoard: () => { const all = []; for (;;) all.push(new Array(100000).fill(all.length)); },
    say: (event) => { console.log(event.value); console.error('and ' + event.value); },
  };
  exports.handler = async (event, context) => acts[event.act](event, context);
`;

describe('functions run as in Lambda', () => {
  let assembly: SmallAssembly;
  let lambdas: Lambdas;
  let openLambdas: (limits: Partial<LambdaSettings>) => Lambdas;
  const lines: string[] = [];
  const invoke = (act: string, value?: unknown, functionId = 'Acts') => lambdas.invoke(functionId, { act, value });

  beforeAll(() => {
    const acts = lambda('acts', {
      Timeout: 1,
      MemorySize: 64,
      Environment: { Variables: { TABLE_NAME: { Ref: 'Table' } } },
      Tags: [{ Key: 'capability', Value: 'acts' }],
    });
    const others = lambda('acts', { Timeout: 60, MemorySize: 64 });
    const resources = { ...base, Acts: acts, Others: others, Broken: lambda('broken'), Nameless: lambda('nameless') };
    const code = { acts: CODE, broken: 'throw new RangeError("cannot load");', nameless: 'exports.other = 1;' };
    assembly = writeAssembly({ Regulars: { Resources: resources } }, code);
    const endpoints = { dynamodb: 'http://127.0.0.1:1', eventbridge: 'http://127.0.0.1:2', sfn: 'http://127.0.0.1:3' };
    const { functions } = readAssembly(assembly.directory);
    openLambdas = (limits) => new Lambdas({ functions, endpoints, log: (line) => lines.push(line), ...limits });
    lambdas = openLambdas({ concurrency: 2 });
  });
  afterAll(async () => {
    await lambdas.stop();
    assembly.remove();
  });

  it('hands over plain JSON and takes plain JSON back', async () => {
    expect(await invoke('echo', { text: 'ünïcode', list: [1, null] })).toEqual({ text: 'ünïcode', list: [1, null] });
    expect(await invoke('nothing')).toBeNull();
    expect(await invoke('date')).toBe('1970-01-01T00:00:00.000Z');
  });

  it("gives the template's environment and AWS's own, and nothing of this machine's", async () => {
    const environment = (await invoke('environment')) as Record<string, string>;
    expect(environment).toMatchObject({
      TABLE_NAME: 'regulars',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '64',
      AWS_ACCESS_KEY_ID: 'acts',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
    });
    expect(environment).not.toHaveProperty('PATH');
    expect(environment).not.toHaveProperty('HOME');
  });

  it('the context contains the remaining time', async () => {
    const context = (await invoke('context')) as Record<string, unknown>;
    expect(context).toMatchObject({ memoryLimitInMB: '64', functionVersion: '$LATEST' });
    expect(context['remaining']).toBeGreaterThan(0);
    expect(context['remaining']).toBeLessThanOrEqual(1000);
  });

  it('keeps an environment warm, and runs one event at a time in it', async () => {
    const first = (await invoke('count')) as number;
    expect(await invoke('count')).toBe(first + 1);
    const highest = await Promise.all(Array.from({ length: 8 }, () => invoke('overlap')));
    expect(highest).toEqual(Array(8).fill(1));
  });

  it.each([
    ['an error that is thrown', 'refuse', 'TypeError', 'no such thing'],
    ['no answer in time', 'hang', 'Sandbox.Timedout', 'Task timed out after 1.00 seconds'],
    ['a loop that never ends', 'spin', 'Sandbox.Timedout', 'Task timed out after 1.00 seconds'],
    ['an exit', 'leave', 'Runtime.ExitError', 'exit status 7'],
    ['an unhandled rejection', 'reject', 'Runtime.UnhandledPromiseRejection', 'left alone'],
    ['more memory than it has', 'hoard', 'Runtime.OutOfMemory', 'signal: killed', 'Others'],
  ])('fails the invocation alone on %s', async (_, act, errorType, errorMessage, functionId = 'Acts') => {
    await expect(invoke(act, undefined, functionId)).rejects.toMatchObject({
      errorType,
      errorMessage: expect.stringContaining(errorMessage),
    });
    expect(await invoke('echo', 'alive')).toBe('alive');
  });

  it.each([
    ['that throws while it is loaded', 'Broken', 'cannot load'],
    ['without the handler', 'Nameless', 'undefined or not exported'],
  ])('fails every invocation of a bundle %s', async (_, functionId, errorMessage) => {
    const failure = { errorMessage: expect.stringContaining(errorMessage) };
    await expect(invoke('echo', 1, functionId)).rejects.toMatchObject(failure);
    await expect(invoke('echo', 1, functionId)).rejects.toMatchObject(failure);
  });

  it("logs a handler's lines under the function's name", async () => {
    await invoke('say', 'hello');
    await lambdas.idle();
    // Lines travel beside the answer: a later answer of the same environments comes after them.
    while (!lines.includes('acts and hello')) await invoke('echo');
    expect(lines).toContain('acts hello');
  });

  it('idle() waits for earlier invocations and not for later ones', async () => {
    const order: string[] = [];
    const before = invoke('overlap').then(() => order.push('before'));
    const idle = lambdas.idle().then(() => order.push('idle'));
    const after = invoke('hang').catch(() => order.push('after'));
    await Promise.all([before, idle, after]);
    expect(order).toEqual(['before', 'idle', 'after']);
  });

  it('an environment without work ends, and the next invocation starts a new one', async () => {
    const resting = openLambdas({ idleMs: 20 });
    expect(await resting.invoke('Acts', { act: 'count' })).toBe(1);
    // Each pause is far longer than the limit: a warm environment would go on counting.
    let count: unknown;
    do {
      await pause(200);
      count = await resting.invoke('Acts', { act: 'count' });
    } while (count !== 1);
    await resting.stop();
  });

  it('an environment in use does not end', async () => {
    const resting = openLambdas({ idleMs: 1 });
    expect(await resting.invoke('Acts', { act: 'overlap' })).toBe(1);
    await resting.stop();
  });

  it('functions together have no more environments than allowed, and each function has one', async () => {
    const bounded = openLambdas({ environmentsMax: 1, concurrency: 4 });
    const counts = await Promise.all(
      ['Acts', 'Acts', 'Acts', 'Others'].map((id) => bounded.invoke(id, { act: 'count' })),
    );
    expect(counts).toEqual([1, 2, 3, 1]);
    await bounded.stop();
  });

  it('a stop lets a running invocation finish and refuses those that wait', async () => {
    const stopping = openLambdas({ concurrency: 1 });
    const running = stopping.invoke('Acts', { act: 'overlap' });
    const waiting = stopping.invoke('Acts', { act: 'overlap' });
    const stopped = stopping.stop();
    await expect(waiting).rejects.toBeInstanceOf(Stopped);
    expect(await running).toBe(1);
    await stopped;
    await expect(stopping.invoke('Acts', { act: 'count' })).rejects.toBeInstanceOf(Stopped);
  });

  it('a stop ends an invocation that runs past the grace period', async () => {
    const stopping = openLambdas({ graceMs: 10 });
    expect(await stopping.invoke('Others', { act: 'count' })).toBe(1);
    const running = stopping.invoke('Others', { act: 'hang' });
    const stopped = stopping.stop();
    await expect(running).rejects.toBeInstanceOf(Stopped);
    await stopped;
  });
});
