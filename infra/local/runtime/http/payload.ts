/**
 * API Gateway's Lambda payload format 2.0: the event made of a request, and the HTTP answer made of what a function
 * returned. Format and samples: "Create AWS Lambda proxy integrations for HTTP APIs" in the API Gateway developer guide.
 */

import { ACCOUNT_ID } from '../assembly/identities.ts';
import type { ApiModel } from '../assembly/model.ts';
import type { JwtIdentity } from './authorizer.ts';
import type { Match } from './route-selection.ts';

export interface GatewayRequest {
  method: string;
  /** Path and query as sent. */
  target: string;
  /** Names and values in turn, as received. */
  rawHeaders: string[];
  body: Buffer;
  sourceIp: string;
}

/** Facts that the gateway adds to a request. */
export interface GatewayStamp {
  requestId: string;
  timeEpoch: number;
  jwt: JwtIdentity | null;
}

export interface GatewayAnswer {
  statusCode: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

/** The event that a function is invoked with. */
export function payloadOf(
  request: GatewayRequest,
  { route, pathParameters }: Match,
  api: ApiModel,
  stamp: GatewayStamp,
) {
  const [path = '/', ...query] = request.target.split('?');
  const rawQueryString = query.join('?');
  const rawPath = decodeURIComponent(path);
  const { headers, cookies } = receivedHeaders(request.rawHeaders);
  const parameters = joined([...new URLSearchParams(rawQueryString)]);
  const domainName = (headers['host'] ?? '').replace(/:\d+$/, '');
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers: { ...headers, 'x-forwarded-for': request.sourceIp, 'x-forwarded-proto': 'http' },
    ...(rawQueryString !== '' && { queryStringParameters: parameters }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: api.apiId,
      ...(stamp.jwt && { authorizer: { jwt: stamp.jwt } }),
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: request.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: stamp.requestId,
      routeKey: route.routeKey,
      stage: '$default',
      time: logTime(stamp.timeEpoch),
      timeEpoch: stamp.timeEpoch,
    },
    ...bodyOf(request.body, headers['content-type']),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(Object.keys(api.stageVariables).length > 0 && { stageVariables: api.stageVariables }),
  };
}

/** The HTTP answer, or null where the function's answer is none that the gateway can read (a 500). */
export function answerOf(result: unknown): GatewayAnswer | null {
  if (!isRecord(result) || !('statusCode' in result)) {
    // Anything without a status is the body itself.
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return answer(200, { 'content-type': 'application/json' }, [], Buffer.from(body));
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = result;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return null;
  if (!isRecord(headers) || !Array.isArray(cookies) || typeof body !== 'string') return null;
  const texts = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const sent = { ...(body !== '' && { 'content-type': 'text/plain;charset=utf-8' }), ...Object.fromEntries(texts) };
  return answer(status, sent, cookies.map(String), Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'));
}

const answer = (
  statusCode: number,
  headers: Record<string, string>,
  cookies: string[],
  body: Buffer,
): GatewayAnswer => ({ statusCode, headers, cookies, body });

function receivedHeaders(raw: string[]): { headers: Record<string, string>; cookies: string[] } {
  const pairs: [string, string][] = [];
  const cookies: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = raw[i + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ''));
    else pairs.push([name, value]);
  }
  return { headers: joined(pairs), cookies };
}

/** Values of one name are joined with commas. */
function joined(pairs: [string, string][]): Record<string, string> {
  const byName = new Map<string, string>();
  for (const [name, value] of pairs) byName.set(name, byName.has(name) ? `${byName.get(name)},${value}` : value);
  return Object.fromEntries(byName);
}

/** Text travels as text, everything else as base64. */
function bodyOf(body: Buffer, contentType = ''): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const isText = /^(text\/.+|application\/(json|xml|javascript|.+\+json|.+\+xml))$/.test(type);
  if (isText) return { body: body.toString('utf8'), isBase64Encoded: false };
  return { body: body.toString('base64'), isBase64Encoded: true };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Common log format: `12/Mar/2020:19:03:58 +0000`. */
function logTime(epochMs: number): string {
  const [date = '', time = ''] = new Date(epochMs).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
