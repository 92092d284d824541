/** One execution environment of a function, seen from outside: a worker thread that may fail in all of Lambda's ways. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { FunctionModel } from '../assembly/model.ts';
import { LambdaFailure } from '../base/invoke.ts';
import type { Answer, Order, SandboxSettings } from './worker.ts';

export interface Sandbox {
  /** Answers an event; one at a time. Rejects with `LambdaFailure`. */
  run(event: unknown): Promise<unknown>;
  /** False once the environment has ended: crashed, out of memory, out of time. */
  usable(): boolean;
  end(): Promise<void>;
}

type Log = (line: string) => void;

export function openSandbox(model: FunctionModel, environment: Record<string, string>, log: Log): Sandbox {
  const worker = openWorker(model, environment, log);
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  let current = ready as PromiseWithResolvers<unknown>;
  let requestId = '';
  let alive = true;

  const die = (failure: LambdaFailure) => {
    if (alive) log(`${model.name} ${requestId} ${failure.message}`);
    alive = false;
    current.reject(failure);
    ready.reject(failure);
  };
  worker.on('message', ({ kind, result = 'null', error }: Answer) => {
    if (kind === 'ready') ready.resolve();
    else if (kind === 'result') current.resolve(JSON.parse(result));
    else if (error) {
      log(`${model.name} ${requestId} ${error.stack || `${error.errorType}: ${error.errorMessage}`}`);
      const failure = new LambdaFailure(error.errorType, error.errorMessage);
      if (requestId !== '') return current.reject(failure);
      die(failure);
      void worker.terminate();
    }
  });
  worker.on('error', (error) => die(crashed(error)));
  worker.on('exit', (code) =>
    die(
      new LambdaFailure(
        'Runtime.ExitError',
        `RequestId: ${requestId} Error: Runtime exited with error: exit status ${code}`,
      ),
    ),
  );

  const run = async (event: unknown): Promise<unknown> => {
    await ready.promise;
    requestId = randomUUID();
    const answered = Promise.withResolvers<unknown>();
    current = answered;
    // Lambda's time limit counts the handler's own time; loading the code has its own allowance.
    const timer = setTimeout(() => {
      die(timedOut(requestId, model.timeoutSeconds));
      void worker.terminate();
    }, model.timeoutSeconds * 1000);
    const deadlineMs = Date.now() + model.timeoutSeconds * 1000;
    worker.postMessage({ requestId, event: JSON.stringify(event), deadlineMs } satisfies Order);
    return answered.promise.finally(() => clearTimeout(timer));
  };
  const end = async () => {
    alive = false;
    await worker.terminate();
  };
  return { run, usable: () => alive, end };
}

function openWorker(model: FunctionModel, environment: Record<string, string>, log: Log): Worker {
  const worker = new Worker(join(import.meta.dirname, 'worker.ts'), {
    workerData: {
      codeDirectory: model.codeDirectory,
      handler: model.handler,
      functionName: environment['AWS_LAMBDA_FUNCTION_NAME'] ?? model.name,
      functionArn: model.arn,
      memoryMb: model.memoryMb,
    } satisfies SandboxSettings,
    env: environment,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: model.memoryMb },
    stdout: true,
    stderr: true,
  });
  for (const stream of [worker.stdout, worker.stderr]) logLines(stream, (line) => log(`${model.name} ${line}`));
  return worker;
}

function logLines(stream: Readable, log: Log): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log(line);
  });
}

const timedOut = (requestId: string, seconds: number): LambdaFailure =>
  new LambdaFailure(
    'Sandbox.Timedout',
    `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  );

/** What an error outside of the handler's promise means: no memory left, or a rejection that nobody handled. */
function crashed(error: unknown): LambdaFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new LambdaFailure('Runtime.OutOfMemory', 'Error: Runtime exited with error: signal: killed');
  return new LambdaFailure('Runtime.UnhandledPromiseRejection', message);
}
