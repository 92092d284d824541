/**
 * One execution environment, in a worker thread: loads a deployed bundle once, then answers one event at a time.
 * Events and answers travel as JSON text, so that a handler sees exactly what Lambda would hand it.
 */
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Context } from 'aws-lambda';

export interface SandboxSettings {
  codeDirectory: string;
  handler: string;
  functionName: string;
  functionArn: string;
  memoryMb: number;
}
export interface Order {
  requestId: string;
  event: string;
  deadlineMs: number;
}
export interface Answer {
  /** What happened: the code is loaded, an event was answered, or one of the two failed. */
  kind: 'ready' | 'result' | 'failure';
  result?: string;
  error?: { errorType: string; errorMessage: string; stack: string };
}

type Handler = (event: unknown, context: Context) => unknown;

const port = parentPort;
if (!port) throw new Error('worker.ts runs in a worker thread');
const settings = workerData as SandboxSettings;
const answer = (message: Answer) => port.postMessage(message);

try {
  const handler = loadHandler();
  port.on('message', async (order: Order) => answer(await answered(handler, order)));
  answer({ kind: 'ready' });
} catch (error) {
  answer({ kind: 'failure', error: described(error) });
}

function loadHandler(): Handler {
  const [file = '', name = ''] = settings.handler.split('.');
  const code = pathToFileURL(`${settings.codeDirectory}/`).href;
  // A bundle is CommonJS, whatever the package.json of the project around the assembly says: there is none in Lambda.
  registerHooks({
    load: (url, context, next) => next(url, url.startsWith(code) ? { ...context, format: 'commonjs' } : context),
  });
  const entry = join(settings.codeDirectory, `${file}.js`);
  const exported = (createRequire(entry)(entry) as Record<string, unknown>)[name];
  if (typeof exported !== 'function') throw new Error(`${settings.handler} is undefined or not exported`);
  return exported as Handler;
}

async function answered(handler: Handler, { requestId, event, deadlineMs }: Order): Promise<Answer> {
  try {
    const result = await handler(JSON.parse(event), contextOf(requestId, deadlineMs));
    return { kind: 'result', result: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { kind: 'failure', error: described(error) };
  }
}

function contextOf(awsRequestId: string, deadlineMs: number): Context {
  const group = process.env['AWS_LAMBDA_LOG_GROUP_NAME'] ?? '';
  return {
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: settings.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: settings.functionArn,
    memoryLimitInMB: String(settings.memoryMb),
    logGroupName: group,
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
    done: noCallbacks,
    fail: noCallbacks,
    succeed: noCallbacks,
  };
}

function noCallbacks(): never {
  throw new Error('The Node.js 24 runtime has no callbacks: return a promise.');
}

function described(error: unknown): { errorType: string; errorMessage: string; stack: string } {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), stack: '' };
  return { errorType: error.name, errorMessage: error.message, stack: error.stack ?? '' };
}
