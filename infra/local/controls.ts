/** The local stack's own controls under `/_local`: tokens, the clock, jobs, and what the parts have done. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { advanced, instantOf } from './clock-moves.ts';
import { LambdaFailure } from './invoke.ts';

export const CONTROLS_PREFIX = '/_local';

/** What the controls reach of the stack. */
export interface Controlled {
  token(scopes: string[], expiresInSeconds: number): Promise<string>;
  now(): string;
  /** Runs everything that falls due on the way, then sets the clock. */
  advanceTo(instant: string): Promise<void>;
  jobs(): unknown[];
  /** Null where there is no such job. */
  runJob(name: string): Promise<unknown> | null;
  settle(): Promise<void>;
  busSince(instant: string): BusItem[];
  executions(): unknown[];
  metrics: { snapshot(): unknown; reset(): void };
  deadLetters(): unknown;
}
export interface BusItem {
  at: string;
  source: string;
  detailType: string;
  detail: unknown;
}

interface Call {
  stack: Controlled;
  query: URLSearchParams;
  body: unknown;
  /** What stands for `*` in the path. */
  name: string;
}
type Control = (call: Call) => unknown;

/** A refusal of a control call, answered as problem+json. */
class ControlProblem extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const SCOPES: Record<string, string> = { admin: 'regulars/admin', storefront: 'regulars/storefront' };
const MESSAGE_EVENTS = ['verification.requested', 'message.requested'];
const BODY_BYTES_MAX = 64 * 1024;

const CONTROLS: Record<string, Control> = {
  'GET /token': async ({ stack, query }) => {
    const scopes = (query.get('scope') ?? 'admin').split(/[\s,]+/).map(scopeNamed);
    return { token: await stack.token(scopes, secondsOf(query.get('expiresIn') ?? '3600')) };
  },
  'GET /clock': ({ stack }) => ({ now: stack.now() }),
  'PUT /clock': async ({ stack, body }) => {
    await stack.advanceTo(targetOf(stack.now(), body)).catch(refuseBackwards);
    return { now: stack.now() };
  },
  'GET /jobs': ({ stack }) => ({ items: stack.jobs() }),
  'POST /jobs/*': async ({ stack, name }) => {
    const run = stack.runJob(name);
    if (!run) throw new ControlProblem(404, 'not_found', `there is no job ${name}`);
    return { job: name, result: await run.catch(refuseFailed) };
  },
  'POST /settle': async ({ stack }) => {
    await stack.settle();
    return { settled: true };
  },
  'GET /messages': ({ stack }) => ({ items: stack.busSince('').flatMap(messageOf) }),
  'GET /bus': ({ stack, query }) => {
    const since = query.get('since');
    return { items: stack.busSince(since === null ? '' : readInstant(since, 'since')) };
  },
  'GET /executions': ({ stack }) => ({ items: stack.executions() }),
  'GET /metrics': ({ stack }) => stack.metrics.snapshot(),
  'DELETE /metrics': ({ stack }) => {
    stack.metrics.reset();
  },
  'GET /dead-letters': ({ stack }) => stack.deadLetters(),
};

/** Serves the controls. Pages of other sites are turned away: a browser would let them call 127.0.0.1. */
export function createControls(stack: Controlled) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      refuseForeign(request);
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const [control, name] = controlOf(request.method ?? '', url.pathname.slice(CONTROLS_PREFIX.length));
      const result = await control({ stack, query: url.searchParams, body: await jsonOf(request), name });
      if (result === undefined) respond(response, 204);
      else respond(response, 200, result);
    } catch (error) {
      const status = error instanceof ControlProblem ? error.status : 500;
      const code = error instanceof ControlProblem ? error.code : 'internal_error';
      const detail = error instanceof Error ? error.message : String(error);
      respond(
        response,
        status,
        { type: 'about:blank', title: 'Not done', status, detail, code },
        'application/problem+json',
      );
    }
  };
}

function controlOf(method: string, path: string): [Control, string] {
  const exact = CONTROLS[`${method} ${path}`];
  if (exact) return [exact, ''];
  const [, folder = '', name = ''] = /^(\/[^/]+)\/([\w-]+)$/.exec(path) ?? [];
  const named = CONTROLS[`${method} ${folder}/*`];
  if (!named) throw new ControlProblem(404, 'not_found', `the local stack has no ${method} ${CONTROLS_PREFIX}${path}`);
  return [named, name];
}

function refuseForeign({ headers }: IncomingMessage): void {
  const isLocal = (host: string) => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host);
  const origin = headers.origin?.replace(/^https?:\/\//, '');
  if (
    !isLocal(headers.host ?? '') ||
    (origin !== undefined && !isLocal(origin)) ||
    headers['sec-fetch-site'] === 'cross-site'
  )
    throw new ControlProblem(403, 'foreign_caller', 'only this machine may use the local controls');
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.length > BODY_BYTES_MAX) throw new ControlProblem(413, 'body_too_large', 'the body is too large');
  }
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlProblem(400, 'unreadable_body', 'the body is not JSON');
  }
}

function scopeNamed(name: string): string {
  const scope = SCOPES[name];
  if (!scope) throw new ControlProblem(400, 'unknown_scope', `scope is admin, storefront or both, not "${name}"`);
  return scope;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(seconds) || Math.abs(seconds) > 1e9)
    throw new ControlProblem(400, 'invalid_request', 'expiresIn is a whole number of seconds');
  return seconds;
}

function readInstant(value: unknown, name: string): string {
  const instant = instantOf(value);
  if (instant === null)
    throw new ControlProblem(422, 'invalid_request', `${name} is an ISO 8601 instant with its offset`);
  return instant;
}

/** The instant that a body asks for: `{now}` or `{advance}`. */
function targetOf(now: string, body: unknown): string {
  const {
    now: wanted,
    advance,
    ...others
  } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (Object.keys(others).length > 0 || (wanted === undefined) === (advance === undefined))
    throw new ControlProblem(422, 'invalid_request', 'the body is {"now": instant} or {"advance": duration}');
  const target = wanted === undefined ? advanced(now, advance) : readInstant(wanted, 'now');
  if (target === null)
    throw new ControlProblem(
      422,
      'invalid_request',
      'advance is an ISO 8601 duration of weeks, days, hours, minutes and seconds',
    );
  if (target < now) throw new ControlProblem(409, 'clock_backwards', `the clock stands at ${now} and never goes back`);
  return target;
}

/** Two moves at a time: the later one may find the clock past its goal. */
function refuseBackwards(error: unknown): never {
  if (error instanceof RangeError) throw new ControlProblem(409, 'clock_backwards', error.message);
  throw error;
}

function refuseFailed(error: unknown): never {
  if (error instanceof LambdaFailure) throw new ControlProblem(502, 'job_failed', error.message);
  throw error;
}

/** A code or another text that would have been sent, as `GET /_local/messages` shows it. */
function messageOf({ at, detailType, detail }: BusItem): unknown[] {
  if (!MESSAGE_EVENTS.includes(detailType)) return [];
  const { messageId, verificationId, channel, to, contact, code, text } = detail as Record<string, unknown>;
  // Whom it was to was erased.
  if (to === undefined && contact === undefined) return [];
  return [{ messageId: messageId ?? verificationId, channel, to: to ?? contact, code, text, at }];
}

function respond(response: ServerResponse, status: number, body?: unknown, type = 'application/json'): void {
  response.statusCode = status;
  if (body !== undefined) response.setHeader('content-type', type);
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
