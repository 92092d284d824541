/** What every HTTP endpoint has in common: parse everything, run the use case, answer; refusals become problems. */
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Refusal } from '../domain/refusal.ts';
import type { Commit } from '../usecases/ports/deps.ts';
import type { Store } from '../usecases/ports/store.ts';
import type { Route } from './catalogue.ts';
import type { Reply, RequestKey } from './idempotency.ts';
import { commitUnder, keepAnswer, Replayed, replayStored } from './idempotency.ts';
import { logError } from './log.ts';
import { problemOf, refusalIn } from './problems.ts';
import { type HttpEvent, type Request, requestOf } from './request.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

export type HttpResult = APIGatewayProxyStructuredResultV2;

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
