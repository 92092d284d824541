// @ts-check
/**
 * Runs inside the worker thread of one environment: loads a deployed bundle once, then handles one event at a time.
 * Events and results travel as JSON text, so that a handler sees exactly what Lambda would pass to it.
 *
 * Plain JavaScript, because each worker thread would otherwise load its own TypeScript compiler: that costs 6 MB and a
 * quarter of the start time of every environment.
 */
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * @import { Context } from 'aws-lambda'
 * @import { EnvironmentSettings, ErrorDescription, Invocation, Reply } from './messages.ts'
 */

/** @typedef {(event: unknown, context: Context) => unknown} Handler */

const port = parentPort;
if (!port) throw new Error('worker.mjs runs in a worker thread');
const settings = /** @type {EnvironmentSettings} */ (workerData);

/** @param {Reply} message */
const reply = (message) => port.postMessage(message);

try {
  const handler = loadHandler();
  port.on('message', async (/** @type {Invocation} */ invocation) => reply(await handle(handler, invocation)));
  reply({ kind: 'ready' });
} catch (error) {
  reply({ kind: 'failure', error: describeError(error) });
}

/** @returns {Handler} */
function loadHandler() {
  const [file = '', name = ''] = settings.handler.split('.');
  const code = pathToFileURL(`${settings.codeDirectory}/`).href;
  // Bundles are CommonJS. Lambda has no package.json next to them; here the project's own one says otherwise.
  registerHooks({
    load: (url, context, next) => next(url, url.startsWith(code) ? { ...context, format: 'commonjs' } : context),
  });
  const entry = join(settings.codeDirectory, `${file}.js`);
  const exported = createRequire(entry)(entry)[name];
  if (typeof exported !== 'function') throw new Error(`${settings.handler} is undefined or not exported`);
  return exported;
}

/**
 * @param {Handler} handler
 * @param {Invocation} invocation
 * @returns {Promise<Reply>}
 */
async function handle(handler, { requestId, event, deadlineMs }) {
  try {
    const result = await handler(JSON.parse(event), contextOf(requestId, deadlineMs));
    return { kind: 'result', result: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { kind: 'failure', error: describeError(error) };
  }
}

/**
 * @param {string} awsRequestId
 * @param {number} deadlineMs
 * @returns {Context}
 */
function contextOf(awsRequestId, deadlineMs) {
  return {
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: settings.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: settings.functionArn,
    memoryLimitInMB: String(settings.memoryMb),
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'] ?? '',
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
    done: refuseCallback,
    fail: refuseCallback,
    succeed: refuseCallback,
  };
}

/** @returns {never} */
function refuseCallback() {
  throw new Error('The Node.js 24 runtime has no callbacks: return a promise.');
}

/**
 * @param {unknown} error
 * @returns {ErrorDescription}
 */
function describeError(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), stack: '' };
  return { errorType: error.name, errorMessage: error.message, stack: error.stack ?? '' };
}
