/** Runs the local stack in its own process, like `npm start`, for tests over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { sharedAssembly } from './assembly.ts';
import { checkAnswer, routeFor } from './published-answers.ts';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: journeys look into answers as a caller without our types does
  body: any;
}
export interface ServedStack {
  url: string;
  data: string;
  /**
   * A call by staff, unless another token is given; null for none. A text body is sent unchanged. Throws if the API
   * catalogue does not list such an answer.
   */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  token(scope: string, expiresInSeconds?: number): Promise<string>;
  /** Kills the process with SIGKILL: nothing is finished, nothing written. */
  kill(): Promise<void>;
  /** Stops in order, like Ctrl-C. */
  stop(): Promise<void>;
}
export interface CallOptions {
  token?: string | null;
  headers?: Record<string, string>;
}

/** A stack that a test can restart on the same data. */
export interface LastingStack extends ServedStack {
  /** Restarts after `kill` or `stop`, on another port unless `sameAddress` is set. */
  startAgain(options?: { sameAddress: boolean }): Promise<void>;
}

/** The stack of a test file. Starts before the first test on a new folder; both are removed after the last test. */
export const servedForAll = (options: { now?: string } = {}): LastingStack => {
  const { data, remove } = dataFolder();
  let current: ServedStack;
  beforeAll(async () => {
    current = await serve(data, options);
  }, 120_000);
  afterAll(async () => {
    await current?.stop();
    remove();
  }, 60_000);
  return {
    data,
    get url() {
      return current.url;
    },
    call: (...args) => current.call(...args),
    token: (...args) => current.token(...args),
    kill: () => current.kill(),
    stop: () => current.stop(),
    startAgain: async ({ sameAddress } = { sameAddress: false }) => {
      current = await serve(data, sameAddress ? { port: Number(new URL(current.url).port) } : {});
    },
  };
};

/** Serves on a free port unless one is given. The caller removes the data folder: see `dataFolder`. */
export const serve = async (data: string, options: { port?: number; now?: string } = {}): Promise<ServedStack> => {
  const args = ['infra/local/start.ts', '--empty', '--port', String(options.port ?? 0), '--data', data];
  args.push('--assembly', sharedAssembly());
  const child = spawn(join('node_modules', '.bin', 'node'), [...args, ...(options.now ? ['--now', options.now] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const url = await servingAt(child);
  const token = async (scope: string, expiresInSeconds = 3600): Promise<string> => {
    const response = await fetch(`${url}/_local/token?scope=${scope}&expiresIn=${expiresInSeconds}`);
    return ((await response.json()) as { token: string }).token;
  };
  const staff = await token('admin', 86_400);
  return {
    url,
    data,
    token,
    call: async (method, path, body, { token: given = staff, headers = {} } = {}) => {
      const answer = await send(`${url}${path}`, method, body, {
        ...(given !== null && { authorization: `Bearer ${given}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      });
      checkServed(method, path, answer);
      return answer;
    },
    kill: () => ended(child, 'SIGKILL'),
    stop: () => ended(child, 'SIGTERM'),
  };
};

/** A new folder for a stack's data, and its removal. */
export const dataFolder = (): { data: string; remove: () => void } => {
  const data = mkdtempSync(join(tmpdir(), 'regulars-journey-'));
  return { data, remove: () => rmSync(data, { recursive: true, force: true, maxRetries: 5 }) };
};

const servingAt = async (child: ChildProcess): Promise<string> => {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const [, url] = /serving at (http:\/\/[\d.:]+)/.exec(output) ?? [];
      if (url) resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`the stack ended with ${code}:\n${output}`)));
  });
};

const ended = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
};

const send = async (url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Answer> => {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, { method, headers, ...(text !== undefined && { body: text }) });
  const answered = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(answered) };
};

/** Calls of the local controls, and paths that no route matches, have no row to check against. */
const checkServed = (method: string, path: string, { status, headers, body }: Answer): void => {
  const route = routeFor(method, path);
  if (!route) return;
  const contentType = headers.get('content-type') ?? undefined;
  checkAnswer(route, { status, contentType, body: body === '' ? undefined : body });
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
