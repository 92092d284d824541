/**
 * The HTTP API on 127.0.0.1, with the routes, authorizer, CORS settings and time limits of the template, and API Gateway's
 * own answers where a request reaches no function.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiModel } from '../assembly/model.ts';
import { withinGrace } from '../base/grace.ts';
import type { Invoke } from '../base/invoke.ts';
import { Stopped } from '../base/stopped.ts';
import type { Authorizer } from './authorizer.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import type { Door } from './door.ts';
import { answerOf, type GatewayAnswer, payloadOf } from './payload.ts';
import { createSelector, type Match } from './route-selection.ts';

export interface GatewaySettings {
  api: ApiModel;
  authorizer: Authorizer;
  invoke: Invoke;
  /** The stack's clock: functions take "now" from the request. */
  nowMs: () => number;
  /** The source of requests. */
  door: Door;
  /** Handlers of the local stack's own paths. Those for functions answer until the functions have ended. */
  own: {
    prefix: string;
    serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    isForFunctions?: boolean;
  }[];
  log: (line: string) => void;
}

/** Quota of HTTP APIs. */
const BODY_BYTES_MAX = 10 * 1024 * 1024;
/** Lambda's own limit for an event. */
const EVENT_BYTES_MAX = 6 * 1024 * 1024;

const MESSAGES: Record<number, string> = {
  400: 'Bad Request',
  404: 'Not Found',
  413: 'Request Too Long',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export interface Gateway {
  /** Lets what is being answered finish; from now on only functions are answered. */
  close(): Promise<void>;
}

/** Answers all requests that arrive at the door. */
export function startGateway({ door, own, ...settings }: GatewaySettings): Gateway {
  const respond = createResponder(settings);
  const underWay = new Set<Promise<void>>();
  let isClosed = false;
  door.open((request, response) => {
    const ours = own.find(({ prefix }) => request.url?.startsWith(prefix));
    if (isClosed && !ours?.isForFunctions) return send(response, plain(503, undefined, { connection: 'close' }));
    const answered = (ours ? ours.serve(request, response) : respond(request, response))
      .catch((error: unknown) => {
        if (request.destroyed || response.writableEnded) return;
        settings.log(`gateway ${error instanceof Error ? error.stack : error}`);
        if (response.headersSent) response.destroy();
        else send(response, plain(500));
      })
      .finally(() => underWay.delete(answered));
    underWay.add(answered);
  });
  return {
    close: async () => {
      isClosed = true;
      // A caller that reads slowly must not keep the stack from stopping.
      await withinGrace(Promise.all(underWay));
    },
  };
}

function createResponder({ api, authorizer, invoke, nowMs, log }: Omit<GatewaySettings, 'door' | 'own'>) {
  const select = createSelector(api.routes);

  const answered = async (request: IncomingMessage, requestId: string): Promise<GatewayAnswer> => {
    if (isPreflight(api.cors, request)) return { ...plain(204), headers: preflightHeaders(api.cors, request) };
    const match = selected(select, request);
    if (match === null) return plain(404);
    if (match === 'undecodable') return plain(400);
    const authorization = await authorizer.authorize(request.headers.authorization, match.route);
    if (!authorization.allowed)
      return plain(authorization.status, authorization.message, { 'www-authenticate': authorization.challenge });
    const body = await bodyOf(request);
    if (body === null) return plain(413);
    const { method = '', url: target = '/', rawHeaders } = request;
    const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
    const stamp = { requestId, timeEpoch: nowMs(), jwt: authorization.jwt };
    const event = payloadOf({ method, target, rawHeaders, body, sourceIp }, match, api, stamp);
    if ((event.body?.length ?? 0) > EVENT_BYTES_MAX) return plain(413);
    return invoked(event, match);
  };

  const invoked = async (event: unknown, { route }: Match): Promise<GatewayAnswer> => {
    try {
      const result = await within(route.timeoutMs, (onStart) => invoke(route.functionId, event, onStart));
      return result === TIMED_OUT ? plain(503) : (answerOf(result) ?? plain(500));
    } catch (error) {
      if (error instanceof Stopped) return plain(503, undefined, { connection: 'close' });
      log(`gateway ${route.routeKey} ${error instanceof Error ? error.message : error}`);
      return plain(500);
    }
  };

  return async (request: IncomingMessage, response: ServerResponse) => {
    const requestId = randomUUID();
    const answer = await answered(request, requestId);
    const headers = { ...answer.headers, ...corsHeaders(api.cors, request), 'apigw-requestid': requestId };
    send(response, { ...answer, headers });
  };
}

function selected(select: ReturnType<typeof createSelector>, request: IncomingMessage): Match | null | 'undecodable' {
  try {
    return select(request.method ?? '', (request.url ?? '/').split('?')[0] ?? '/');
  } catch {
    return 'undecodable';
  }
}

/** The whole body, or null where it is longer than the gateway takes. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  // Left whole where it is too long, so that the refusal still reaches the caller.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An answer of the gateway itself. */
function plain(
  statusCode: number,
  message = MESSAGES[statusCode],
  headers: Record<string, string> = {},
): GatewayAnswer {
  if (message === undefined) return { statusCode, headers, cookies: [], body: Buffer.alloc(0) };
  const body = Buffer.from(JSON.stringify({ message }));
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, cookies: [], body };
}

function send(response: ServerResponse, { statusCode, headers, cookies, body }: GatewayAnswer): void {
  response.statusCode = statusCode;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  if (statusCode !== 204 && statusCode !== 304) response.setHeader('content-length', body.length);
  response.end(body);
}

const TIMED_OUT = Symbol('timed out');

/**
 * The time limit begins when the function does. AWS starts another environment instead of letting an invocation wait, so
 * waiting for one of the few local environments must not count.
 */
async function within<T>(
  milliseconds: number,
  invoke: (onStart: () => void) => Promise<T>,
): Promise<T | typeof TIMED_OUT> {
  const limit = Promise.withResolvers<typeof TIMED_OUT>();
  let timer: NodeJS.Timeout | undefined;
  const onStart = () => {
    timer = setTimeout(limit.resolve, milliseconds, TIMED_OUT);
  };
  try {
    return await Promise.race([invoke(onStart), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
