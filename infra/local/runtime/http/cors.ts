/** CORS as an HTTP API answers it from its configuration, without asking a function. */
import type { IncomingMessage } from 'node:http';
import type { ApiModel } from '../assembly/model.ts';

type Cors = ApiModel['cors'];

export const isPreflight = (cors: Cors, { method, headers }: IncomingMessage): boolean =>
  cors !== null && method === 'OPTIONS' && !!headers.origin && !!headers['access-control-request-method'];

/** Headers of every answer to a request with an allowed origin. */
export function corsHeaders(cors: Cors, { headers }: IncomingMessage): Record<string, string> {
  const origin = allowedOrigin(cors, headers.origin);
  if (!cors || !origin) return {};
  return {
    'access-control-allow-origin': origin,
    ...(cors.allowCredentials && { 'access-control-allow-credentials': 'true' }),
    ...(cors.exposeHeaders.length > 0 && { 'access-control-expose-headers': cors.exposeHeaders.join(',') }),
    ...(origin !== '*' && { vary: 'Origin' }),
  };
}

export function preflightHeaders(cors: Cors, { headers }: IncomingMessage): Record<string, string> {
  if (!cors || !allowedOrigin(cors, headers.origin)) return {};
  return {
    'access-control-allow-methods': cors.allowMethods.join(','),
    'access-control-allow-headers': cors.allowHeaders.join(','),
    'access-control-max-age': String(cors.maxAgeSeconds),
  };
}

function allowedOrigin(cors: Cors, origin: string | undefined): string | null {
  if (!cors || !origin) return null;
  if (cors.allowOrigins.includes('*')) return '*';
  return cors.allowOrigins.find((allowed) => allowed.toLowerCase() === origin.toLowerCase()) ? origin : null;
}
