/**
 * The HTTP API on 127.0.0.1, with the routes, authorizer, CORS settings and time limits of the template, and API Gateway's
 * own answers where a request reaches no function.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Authorizer } from './authorizer.ts';
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts';
import type { Invoke } from './invoke.ts';
import type { ApiModel } from './model.ts';
import { answerOf, type GatewayAnswer, payloadOf } from './payload.ts';
import { createSelector, type Match } from './route-selection.ts';

export interface GatewaySettings {
  api: ApiModel;
  authorizer: Authorizer;
  invoke: Invoke;
  /** The stack's clock: functions take "now" from the request. */
  nowMs: () => number;
  /** Answers the paths that are the local stack's own. */
  controls: { prefix: string; serve: (request: IncomingMessage, response: ServerResponse) => Promise<void> };
  port: number;
  log: (line: string) => void;
}

export interface Gateway {
  url: string;
  /** Lets what is being answered finish. */
  stop(): Promise<void>;
}

/** Quotas of HTTP APIs. */
const BODY_BYTES_MAX = 10 * 1024 * 1024;
const HEADER_BYTES_MAX = 10_240;
/** Lambda's own limit for an event. */
const EVENT_BYTES_MAX = 6 * 1024 * 1024;

const MESSAGES: Record<number, string> = {
  400: 'Bad Request',
  404: 'Not Found',
  413: 'Request Too Long',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export async function startGateway(settings: GatewaySettings): Promise<Gateway> {
  const respond = createResponder(settings);
  const underWay = new Set<ServerResponse>();
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    underWay.add(response.once('close', () => underWay.delete(response)));
    if (!server.listening) response.setHeader('connection', 'close');
    const { prefix, serve } = settings.controls;
    const answered = request.url?.startsWith(prefix) ? serve(request, response) : respond(request, response);
    answered.catch((error: unknown) => {
      if (request.destroyed || response.writableEnded) return;
      settings.log(`gateway ${error instanceof Error ? error.stack : error}`);
      send(response, plain(500));
    });
  });
  server.on('clientError', refuseUnreadable);
  await listening(server, settings.port);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: () => closed(server, underWay) };
}

function createResponder({ api, authorizer, invoke, nowMs, log }: GatewaySettings) {
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
      const result = await within(route.timeoutMs, invoke(route.functionId, event));
      return result === TIMED_OUT ? plain(503) : (answerOf(result) ?? plain(500));
    } catch (error) {
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

/** What Node's parser refuses never becomes a request: answered here, in the gateway's manner. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) return;
  const statusCode = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = JSON.stringify({ message: MESSAGES[statusCode] });
  socket.end(
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const TIMED_OUT = Symbol('timed out');

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | typeof TIMED_OUT> {
  const limit = Promise.withResolvers<typeof TIMED_OUT>();
  const timer = setTimeout(() => limit.resolve(TIMED_OUT), milliseconds);
  return Promise.race([work, limit.promise]).finally(() => clearTimeout(timer));
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Each connection ends with the answer under way: a busy caller would never let it go. */
function closed(server: Server, underWay: Set<ServerResponse>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    for (const response of underWay) if (!response.headersSent) response.setHeader('connection', 'close');
  });
}
