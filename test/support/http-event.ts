import type { HttpEvent } from '../../shared/edge/request.ts';

export interface Sent {
  method?: string;
  path?: string;
  /** The method with the route's template, as API Gateway names it. */
  routeKey?: string;
  params?: Record<string, string>;
  query?: string;
  headers?: Record<string, string>;
  /** Sent as JSON; text is sent unchanged. */
  body?: unknown;
  now?: string;
  client?: string;
  /** The person who is signed in. Without one, the token is a server's own. */
  person?: string;
  scope?: string;
}

/** A request in API Gateway's payload format 2.0, with the fields that the handlers read. */
export const httpEvent = (sent: Sent): HttpEvent => {
  const method = sent.method ?? 'POST';
  const path = sent.path ?? '/v1/things';
  const body = sent.body === undefined || typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body);
  return {
    version: '2.0',
    routeKey: sent.routeKey ?? `${method} ${path}`,
    rawPath: path,
    rawQueryString: sent.query ?? '',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...sent.headers },
    pathParameters: sent.params,
    isBase64Encoded: false,
    body,
    requestContext: {
      requestId: 'request-1',
      timeEpoch: Date.parse(sent.now ?? '2026-03-01T12:00:00.000Z'),
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      authorizer: {
        jwt: {
          claims: {
            client_id: sent.client ?? 'shop',
            sub: sent.person ?? sent.client ?? 'shop',
            scope: sent.scope ?? 'regulars/storefront',
          },
          scopes: [],
        },
      },
    },
  } as unknown as HttpEvent;
};
