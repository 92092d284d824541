/** The local stack's own controls under `/_local`: tokens, the clock, jobs, and what the parts have done. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Application, PublishedEvent } from '../base/application.ts';
import { LambdaFailure } from '../base/invoke.ts';
import type { Faults } from '../dynamodb/faults.ts';
import {
  ControlProblem,
  faultPlanOf,
  jsonOf,
  readInstant,
  scopesNamed,
  secondsOf,
  targetOf,
} from './control-requests.ts';

export const CONTROLS_PREFIX = '/_local';

/** The parts of the stack that the controls use. */
export interface Controlled {
  application: Pick<Application, 'scopes' | 'messageIn'>;
  token(scopes: string[], expiresInSeconds: number): Promise<string>;
  now(): string;
  /** Runs everything that falls due on the way, then sets the clock. */
  advanceTo(instant: string): Promise<void>;
  jobs(): unknown[];
  /** Null where there is no such job. */
  runJob(name: string): Promise<unknown> | null;
  settle(): Promise<void>;
  busSince(instant: string): PublishedEvent[];
  executions(): unknown[];
  metrics: { snapshot(): unknown; reset(): void };
  faults: Pick<Faults, 'plan' | 'clear' | 'snapshot'>;
  deadLetters(): unknown;
}
interface Call {
  stack: Controlled;
  query: URLSearchParams;
  body: unknown;
  /** The part of the path that matches `*`. */
  name: string;
}
type Control = (call: Call) => unknown;

const CONTROLS: Record<string, Control> = {
  'GET /token': async ({ stack, query }) => {
    const scopes = scopesNamed(query.get('scope'), stack.application.scopes);
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
  'GET /messages': ({ stack }) => ({
    items: stack.busSince('').flatMap((event) => stack.application.messageIn(event) ?? []),
  }),
  'GET /bus': ({ stack, query }) => {
    const since = query.get('since');
    return { items: stack.busSince(since === null ? '' : readInstant(since, 'since')) };
  },
  'GET /executions': ({ stack }) => ({ items: stack.executions() }),
  'GET /metrics': ({ stack }) => stack.metrics.snapshot(),
  'DELETE /metrics': ({ stack }) => {
    stack.metrics.reset();
  },
  'GET /faults': ({ stack }) => ({ plan: stack.faults.snapshot() }),
  'PUT /faults': ({ stack, body }) => {
    stack.faults.plan(faultPlanOf(body));
    return { plan: stack.faults.snapshot() };
  },
  'DELETE /faults': ({ stack }) => {
    stack.faults.clear();
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

/** Two moves at a time: the later one may find the clock past its goal. */
function refuseBackwards(error: unknown): never {
  if (error instanceof RangeError) throw new ControlProblem(409, 'clock_backwards', error.message);
  throw error;
}

function refuseFailed(error: unknown): never {
  if (error instanceof LambdaFailure) throw new ControlProblem(502, 'job_failed', error.message);
  throw error;
}

function respond(response: ServerResponse, status: number, body?: unknown, type = 'application/json'): void {
  response.statusCode = status;
  if (body !== undefined) response.setHeader('content-type', type);
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
