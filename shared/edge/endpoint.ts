/** The frame of every HTTP endpoint: parse the request, run the use case, present the result. Refusals become problems. */
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Refusal } from '../domain/refusal.ts';
import type { Commit } from '../usecases/ports/deps.ts';
import type { Store } from '../usecases/ports/store.ts';
import type { Route } from './catalogue.ts';
import type { Reply, RequestKey } from './idempotency.ts';
import { commitUnder, Replayed, replayStored, storeReply } from './idempotency.ts';
import { logError } from './log.ts';
import { problemOf, refusalIn } from './problems.ts';
import { type HttpEvent, type Request, requestOf } from './request.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export type HttpResult = APIGatewayProxyStructuredResultV2;

/**
 * Creates a handler: `run` is the use case, `present` turns its result into the reply. If the request has an
 * Idempotency-Key, the reply is committed in the same transaction as the use case's writes.
 */
export const endpoint = <R extends Route, T>(
  route: R,
  deps: { store: Store },
  run: (request: Request<R>, commit: Commit) => Promise<T>,
  present: (result: T) => Reply,
  /** Restores the original body from its stored form and the repeated request. */
  restoreBody: (stored: unknown, request: Request<R>) => Promise<unknown> | unknown = (stored) => stored,
) => {
  const handle = async (event: HttpEvent): Promise<HttpResult> => {
    const { request, key } = requestOf(route, event, deps.store);
    const { commit, isStored } = commitUnder(deps.store, key, present);
    try {
      if (key && route.commitsInParts) await replayStored(deps.store, key);
      const result = await run(request, commit);
      if (key && !isStored()) await storeReply(deps.store, key, () => commit([], result));
      return resultOf(present(result));
    } catch (error) {
      const thrown = key && error instanceof Refusal ? await replayOr(error, deps.store, key) : error;
      if (!(thrown instanceof Replayed)) throw thrown;
      const { reply } = thrown;
      return resultOf({ ...reply, body: await restoreBody(reply.body, request) });
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

/** The stored reply if the request was answered before, otherwise the refusal itself. */
const replayOr = async (error: unknown, store: Store, key: RequestKey): Promise<unknown> => {
  try {
    await replayStored(store, key);
    return error;
  } catch (replayed) {
    return replayed;
  }
};

/** The usual replies. */
export const ok = (body: unknown, consumerId?: string): Reply => ({
  status: 200,
  body,
  ...(consumerId && { consumerId }),
});
export const created = (body: unknown, consumerId?: string): Reply => ({ ...ok(body, consumerId), status: 201 });
/** A reply that is not stored under an Idempotency-Key: stored personal data would outlive an erasure. */
export const okUnkept = (body: unknown): Reply => ({ ...ok(body), kept: false });
export const noContent = (): Reply => ({ status: 204 });

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
    title: 'Internal error',
    status: 500,
    detail: 'Try again. If the error persists, contact the operators and quote the request id.',
    code: 'internal_error',
    requestId,
  };
};
