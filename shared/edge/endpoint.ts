/** What every HTTP endpoint has in common: parse everything, run the use case, answer; refusals become problems. */
import middy from '@middy/core';
import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod/mini';
import { canonicalJson } from '../domain/canonical.ts';
import type { Instant } from '../domain/facts.ts';
import { invalid, Refusal } from '../domain/refusal.ts';
import type { Commit, Store } from '../usecases/ports.ts';
import type { Route } from './catalogue.ts';
import type { Reply, RequestKey } from './idempotency.ts';
import { commitUnder, keepAnswer, keyHashOf, Replayed, replayStored } from './idempotency.ts';
import { parsed, parsedJson, refuseHostile } from './input.ts';
import { logError } from './log.ts';
import { problemOf, refusalIn } from './problems.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;
export type HttpResult = APIGatewayProxyStructuredResultV2;

type Output<S> = S extends z.ZodMiniType ? z.output<S> : undefined;

export interface Caller {
  /** The person or server that called: whose idempotency keys these are, and who is named as the actor. */
  id: string;
  admin: boolean;
}

/** A request that fits its route's schemas. */
export interface Request<R extends Route> {
  params: Output<R['params']>;
  query: Output<R['query']>;
  body: Output<R['body']>;
  now: Instant;
  caller: Caller;
  /** The version that the caller read, from `If-Match`. */
  ifMatch: number | undefined;
  /** What forms of an answer the caller takes, from `Accept`. */
  accept: string | undefined;
  /** Identifies this request among its caller's, where it carries an Idempotency-Key: 43 characters. */
  keyHash: string | undefined;
  requestId: string;
}

const DEFAULT_BODY_LIMIT_BYTES = 64 * 1024;

/**
 * An endpoint: `run` is the use case, `present` turns its result into the reply. The reply is committed together with
 * the use case's writes where the request carries an Idempotency-Key.
 */
export const endpoint = <R extends Route, T>(
  route: R,
  deps: { store: Store },
  run: (request: Request<R>, commit: Commit) => Promise<T>,
  present: (result: T) => Reply,
  /** Makes the first body again of what was kept of it, and of the same request. */
  revived: (kept: unknown, request: Request<R>) => Promise<unknown> | unknown = (kept) => kept,
) => {
  const handle = async (event: HttpEvent): Promise<HttpResult> => {
    const { request, key } = requestOf(route, event, deps.store);
    const { commit, isStored } = commitUnder(deps.store, key, present);
    try {
      if (key && route.commitsInParts) await replayStored(deps.store, key);
      const result = await run(request, commit);
      if (key && !isStored()) await keepAnswer(deps.store, key, () => commit([], result));
      return resultOf(present(result));
    } catch (error) {
      const thrown = key && error instanceof Refusal ? await storedOr(error, deps.store, key) : error;
      if (!(thrown instanceof Replayed)) throw thrown;
      const { reply } = thrown;
      return resultOf({ ...reply, body: await revived(reply.body, request) });
    }
  };
  return middy<HttpEvent, HttpResult>()
    .use({
      after: (request) => {
        if (request.response) request.response.headers = { ...SECURITY_HEADERS, ...request.response.headers };
      },
      onError: (request) => {
        request.response = failureOf(request.error, request.event);
      },
    })
    .handler(handle);
};

/** The first answer, where the request was answered before; else what was thrown. */
const storedOr = async (error: unknown, store: Store, key: RequestKey): Promise<unknown> => {
  try {
    await replayStored(store, key);
    return error;
  } catch (stored) {
    return stored;
  }
};

/** Replies that most endpoints give. */
export const ok = (body: unknown, consumerId?: string): Reply => ({
  status: 200,
  body,
  ...(consumerId && { consumerId }),
});
export const created = (body: unknown, consumerId?: string): Reply => ({ ...ok(body, consumerId), status: 201 });
/** What shows people is not kept: an erased one would live on in it. */
export const okUnkept = (body: unknown): Reply => ({ ...ok(body), kept: false });
export const noContent = (): Reply => ({ status: 204 });

const requestOf = <R extends Route>(
  route: R,
  event: HttpEvent,
  store: Store,
): { request: Request<R>; key: RequestKey | null } => {
  const now = new Date(event.requestContext.timeEpoch).toISOString();
  const caller = callerOf(event);
  const params = partOf(route.params, event.pathParameters ?? {});
  const query = partOf(route.query, queryOf(event.rawQueryString));
  const sent = bodyOf(route, event);
  const body = route.body && parsed(route.body, sent);
  const key = route.method === 'GET' ? null : keyOf(event, { caller, sent, now }, store);
  return {
    request: {
      params,
      query,
      body,
      now,
      caller,
      ifMatch: ifMatchOf(event.headers['if-match']),
      accept: event.headers['accept'],
      keyHash: key?.keyHash,
      requestId: event.requestContext.requestId,
    } as Request<R>,
    key,
  };
};

const callerOf = (event: HttpEvent): Caller => {
  const jwt = event.requestContext.authorizer?.jwt;
  const scopes = String(jwt?.claims['scope'] ?? '').split(' ');
  return {
    // People who share an app are told apart by `sub`; for a server's own token it is the client id.
    id: String(jwt?.claims['sub'] ?? jwt?.claims['client_id'] ?? 'public'),
    admin: scopes.includes('regulars/admin'),
  };
};

const partOf = (schema: z.ZodMiniType | undefined, value: Record<string, unknown>): unknown => {
  refuseHostile(value);
  if (schema) return parsed(schema, value);
  const [surplus] = Object.keys(value);
  if (surplus !== undefined) throw invalid(surplus, 'unknown_field', 'There is no such parameter.');
  return undefined;
};

const queryOf = (raw: string): Record<string, string> => {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(raw)) {
    if (Object.hasOwn(query, name)) throw invalid(name, 'invalid_value', 'The parameter is given more than once.');
    Object.defineProperty(query, name, { value, enumerable: true });
  }
  return query;
};

const bodyOf = (route: Route, event: HttpEvent): unknown => {
  const text = event.body && event.isBase64Encoded ? decoded(event.body) : (event.body ?? '');
  if (Buffer.byteLength(text) > (route.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES)) {
    throw new Refusal(
      'body_too_large',
      `The body may have ${route.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES} bytes at most.`,
    );
  }
  if (!route.body) {
    if (text !== '') throw invalid('', 'unknown_field', 'This request takes no body.');
    return undefined;
  }
  if (text === '' && route.body.safeParse(undefined).success) return undefined;
  return parsedJson(text, event.headers['content-type'], route.commitsInParts);
};

const decoded = (base64: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    throw new Refusal('unreadable_body', 'The body is not UTF-8 text.');
  }
};

const keyOf = (
  event: HttpEvent,
  { caller, sent, now }: { caller: Caller; sent: unknown; now: Instant },
  store: Store,
): RequestKey | null => {
  const key = event.headers['idempotency-key'];
  if (key === undefined) return null;
  if (key === '' || key.length > 255) {
    throw invalid('Idempotency-Key', key === '' ? 'too_short' : 'too_long', 'The key has 1 to 255 characters.');
  }
  const said = canonicalJson([targetOf(event), event.rawQueryString, event.headers['if-match'], sent]);
  const consumerId = event.pathParameters?.['consumerId'];
  return { keyHash: keyHashOf(caller.id, key), digest: store.keyedHashOf(said), now, consumerId };
};

const targetOf = (event: HttpEvent): string => `${event.requestContext.http.method} ${event.rawPath}`;

const ifMatchOf = (header: string | undefined): number | undefined => {
  if (header === undefined || header === '*') return undefined;
  const version = /^(?:W\/)?"?(\d{1,15})"?$/.exec(header)?.[1];
  if (version === undefined) throw invalid('If-Match', 'invalid_format', 'If-Match takes the ETag of an answer.');
  return Number(version);
};

const resultOf = (reply: Reply): HttpResult => {
  if (reply.text !== undefined) return { statusCode: reply.status, headers: { ...reply.headers }, body: reply.text };
  const version = (reply.body as { version?: unknown } | undefined)?.version;
  const etag: Record<string, string> = typeof version === 'number' ? { etag: `"${version}"` } : {};
  if (reply.body === undefined) return { statusCode: reply.status, headers: { ...reply.headers } };
  return {
    statusCode: reply.status,
    headers: { 'content-type': 'application/json', ...etag, ...reply.headers },
    body: JSON.stringify(reply.body),
  };
};

const failureOf = (error: unknown, event: HttpEvent): HttpResult => {
  const requestId = event.requestContext.requestId;
  const refusal = refusalIn(error);
  const problem = refusal ? problemOf(refusal, requestId) : unexpected(error, event.routeKey, requestId);
  return withHeaders({
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json', ...(problem.status === 429 && { 'retry-after': '1' }) },
    body: JSON.stringify(problem),
  });
};

const withHeaders = (result: HttpResult): HttpResult => ({
  ...result,
  headers: { ...SECURITY_HEADERS, ...result.headers },
});

const unexpected = (error: unknown, routeKey: string, requestId: string) => {
  logError('request failed', error, { route: routeKey, requestId });
  return {
    type: '/docs#internal_error',
    title: 'Something went wrong on our side',
    status: 500,
    detail: 'Try again; if it goes on, tell the operators the request id.',
    code: 'internal_error',
    requestId,
  };
};
