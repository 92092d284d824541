/** One execution environment of a function: a worker thread that can fail in every way a Lambda environment can. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { FunctionModel } from '../assembly/model.ts';
import { LambdaFailure } from '../base/invoke.ts';
import type { EnvironmentSettings, ErrorDescription, Invocation, Reply } from './messages.ts';

type Log = (line: string) => void;

export class Environment {
  readonly #model: FunctionModel;
  readonly #log: Log;
  readonly #worker: Worker;
  readonly #loaded = Promise.withResolvers<void>();
  #current: PromiseWithResolvers<unknown> | null = null;
  #requestId = '';
  #isAlive = true;

  constructor(model: FunctionModel, variables: Record<string, string>, log: Log) {
    this.#model = model;
    this.#log = log;
    this.#worker = startWorker(model, variables, log);
    this.#loaded.promise.catch(() => {});
    this.#worker.on('message', (reply: Reply) => this.#take(reply));
    this.#worker.on('error', (error) => this.#fail(crashFailure(error)));
    this.#worker.on('exit', (code) => this.#fail(exitFailure(this.#requestId, code)));
  }

  /** False once the environment has ended: it crashed, ran out of memory or time, or was ended. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Handles one event. Call it again only after the previous event was handled. Rejects with `LambdaFailure`. */
  async handle(event: unknown): Promise<unknown> {
    await this.#loaded.promise;
    const { timeoutSeconds } = this.#model;
    const current = Promise.withResolvers<unknown>();
    this.#current = current;
    this.#requestId = randomUUID();
    // Lambda's time limit covers the handler only. Loading the code has an allowance of its own.
    const timer = setTimeout(() => {
      this.#fail(timeoutFailure(this.#requestId, timeoutSeconds));
      void this.#worker.terminate();
    }, timeoutSeconds * 1000);
    const deadlineMs = Date.now() + timeoutSeconds * 1000;
    this.#worker.postMessage({
      requestId: this.#requestId,
      event: JSON.stringify(event),
      deadlineMs,
    } satisfies Invocation);
    return current.promise.finally(() => clearTimeout(timer));
  }

  /** Ends the worker thread. The event being handled, if any, is rejected with `reason`. */
  async end(reason: Error = new Error('the environment was ended')): Promise<void> {
    this.#isAlive = false;
    this.#loaded.reject(reason);
    this.#current?.reject(reason);
    await this.#worker.terminate();
  }

  #take({ kind, result = 'null', error }: Reply): void {
    if (kind === 'ready') this.#loaded.resolve();
    else if (kind === 'result') this.#current?.resolve(JSON.parse(result));
    else if (error) this.#takeFailure(error);
  }

  /** An error of the handler leaves the environment usable. An error while loading the code ends it. */
  #takeFailure({ errorType, errorMessage, stack }: ErrorDescription): void {
    this.#log(`${this.#model.name} ${this.#requestId} ${stack || `${errorType}: ${errorMessage}`}`);
    const failure = new LambdaFailure(errorType, errorMessage);
    if (this.#current) {
      this.#current.reject(failure);
      return;
    }
    this.#fail(failure);
    void this.#worker.terminate();
  }

  #fail(failure: LambdaFailure): void {
    if (this.#isAlive) this.#log(`${this.#model.name} ${this.#requestId} ${failure.message}`);
    this.#isAlive = false;
    this.#current?.reject(failure);
    this.#loaded.reject(failure);
  }
}

/** Bounds the short-lived garbage of a worker, which V8 would otherwise let grow to 48 MB per environment. */
const YOUNG_GENERATION_MB_MAX = 24;

function startWorker(model: FunctionModel, variables: Record<string, string>, log: Log): Worker {
  const worker = new Worker(join(import.meta.dirname, 'worker.mjs'), {
    workerData: {
      codeDirectory: model.codeDirectory,
      handler: model.handler,
      functionName: variables['AWS_LAMBDA_FUNCTION_NAME'] ?? model.name,
      functionArn: model.arn,
      memoryMb: model.memoryMb,
    } satisfies EnvironmentSettings,
    env: variables,
    execArgv: [],
    resourceLimits: {
      maxOldGenerationSizeMb: model.memoryMb,
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB_MAX,
    },
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

const timeoutFailure = (requestId: string, seconds: number): LambdaFailure =>
  new LambdaFailure(
    'Sandbox.Timedout',
    `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  );

const exitFailure = (requestId: string, code: number): LambdaFailure =>
  new LambdaFailure(
    'Runtime.ExitError',
    `RequestId: ${requestId} Error: Runtime exited with error: exit status ${code}`,
  );

/** Errors outside the handler's promise: the heap limit was reached, or a rejection was not handled. */
function crashFailure(error: unknown): LambdaFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new LambdaFailure('Runtime.OutOfMemory', 'Error: Runtime exited with error: signal: killed');
  return new LambdaFailure('Runtime.UnhandledPromiseRejection', message);
}
