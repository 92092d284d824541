/** Reads a request from API Gateway, enforces its limits and validates it against its route's schemas. */
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import type * as z from 'zod/mini';
import { canonicalJson } from '../domain/canonical.ts';
import type { Instant } from '../domain/facts.ts';
import { invalid, Refusal } from '../domain/refusal.ts';
import type { Store } from '../usecases/ports/store.ts';
import type { Route } from './catalogue.ts';
import { keyHashOf, type RequestKey } from './idempotency.ts';
import { parsed, parsedJson, refuseHostile } from './input.ts';

export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;

type Output<S> = S extends z.ZodMiniType ? z.output<S> : undefined;

export interface Caller {
  /** The person or server that called: the owner of the Idempotency-Keys and the actor of entries. */
  id: string;
  admin: boolean;
}

/** A request that matches its route's schemas. */
export interface Request<R extends Route> {
  params: Output<R['params']>;
  query: Output<R['query']>;
  body: Output<R['body']>;
  now: Instant;
  caller: Caller;
  /** The version from `If-Match`. */
  ifMatch: number | undefined;
  /** The `Accept` header. */
  accept: string | undefined;
  /** The hash of caller and Idempotency-Key, 43 characters; undefined without a key. */
  keyHash: string | undefined;
  requestId: string;
}

const DEFAULT_BODY_LIMIT_BYTES = 64 * 1024;

/** Throws a `Refusal` if the request is invalid. The key is null without an Idempotency-Key. */
export const requestOf = <R extends Route>(
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
    // `sub` identifies the person behind an app's token; a server's own token only has a client id.
    id: String(jwt?.claims['sub'] ?? jwt?.claims['client_id'] ?? 'public'),
    admin: scopes.includes('regulars/admin'),
  };
};

const partOf = (schema: z.ZodMiniType | undefined, value: Record<string, unknown>): unknown => {
  refuseHostile(value);
  if (schema) return parsed(schema, value);
  const [surplus] = Object.keys(value);
  if (surplus !== undefined) throw invalid(surplus, 'unknown_field', 'Unknown parameter.');
  return undefined;
};

const queryOf = (raw: string): Record<string, string> => {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(raw)) {
    if (Object.hasOwn(query, name)) throw invalid(name, 'invalid_value', 'The parameter must not be repeated.');
    Object.defineProperty(query, name, { value, enumerable: true });
  }
  return query;
};

const bodyOf = (route: Route, event: HttpEvent): unknown => {
  const text = event.body && event.isBase64Encoded ? decoded(event.body) : (event.body ?? '');
  if (Buffer.byteLength(text) > (route.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES)) {
    throw new Refusal(
      'body_too_large',
      `The body must not exceed ${route.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES} bytes.`,
    );
  }
  if (!route.body) {
    // Some clients always send a body, as an empty object.
    if (!/^\s*(\{\s*\})?\s*$/.test(text)) throw invalid('', 'unknown_field', 'This request has no body.');
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
    throw invalid('Idempotency-Key', key === '' ? 'too_short' : 'too_long', 'The key must have 1 to 255 characters.');
  }
  const content = canonicalJson([targetOf(event), event.rawQueryString, event.headers['if-match'], sent]);
  const consumerId = event.pathParameters?.['consumerId'];
  return { keyHash: keyHashOf(caller.id, key), digest: store.keyedHashOf(content), now, consumerId };
};

const targetOf = (event: HttpEvent): string => `${event.requestContext.http.method} ${event.rawPath}`;

const ifMatchOf = (header: string | undefined): number | undefined => {
  if (header === undefined || header === '*') return undefined;
  const version = /^(?:W\/)?"?(\d{1,15})"?$/.exec(header)?.[1];
  if (version === undefined) throw invalid('If-Match', 'invalid_format', 'If-Match must be an ETag from a response.');
  return Number(version);
};
