/** Authenticates requests to the embedded S3: AWS signatures (SigV4), in headers or in a link. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError } from '../base/aws-error.ts';

export interface Signed {
  /** Path and query, unchanged. */
  target: string;
  method: string;
  headers: IncomingMessage['headers'];
}
export interface SignatureSettings {
  secret: string;
  /** The stack's clock: links end by it. */
  nowMs: () => number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** A link that begins later than that was made by a clock that is wrong. */
const SKEW_MS = 15 * 60_000;

/**
 * Throws an `AwsError` where it is not signed, not by our secret, or by a link that has ended. Answers the hash that the
 * body must have, null where it may be any.
 */
export function checkSignature(request: Signed, settings: SignatureSettings): string | null {
  const [path = '', rawQuery = ''] = request.target.split(/\?(.*)/s);
  const query = [...new URLSearchParams(rawQuery)];
  const inQuery = new Map(query);
  const isLink = inQuery.has('X-Amz-Signature');
  const { credential, signedHeaders, signature } = isLink ? linkOf(inQuery) : authorizationOf(request);
  if (isLink) refuseEnded(inQuery, settings.nowMs());
  const date = (isLink ? inQuery.get('X-Amz-Date') : headerOf(request, 'x-amz-date')) ?? '';
  const payload = isLink ? 'UNSIGNED-PAYLOAD' : (headerOf(request, 'x-amz-content-sha256') ?? '');
  const scope = credential.split('/').slice(1);
  const canonical = [
    request.method,
    path,
    canonicalQuery(query.filter(([name]) => name !== 'X-Amz-Signature')),
    ...signedHeaders.map((name) => `${name}:${headerOf(request, name)?.trim().replace(/ +/g, ' ') ?? ''}`),
    '',
    signedHeaders.join(';'),
    payload,
  ].join('\n');
  const toSign = [ALGORITHM, date, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>((signing, part) => hmac(signing, part), `AWS4${settings.secret}`);
  if (!signedHeaders.includes('host') || !isSame(hmac(key, toSign).toString('hex'), signature)) {
    throw new AwsError('SignatureDoesNotMatch', 'The signature is not the one of this request.', 403);
  }
  return /^[0-9a-f]{64}$/.test(payload) ? payload : null;
}

interface Claimed {
  credential: string;
  signedHeaders: string[];
  signature: string;
}

function authorizationOf(request: Signed): Claimed {
  const text = headerOf(request, 'authorization') ?? '';
  const [, credential, signedHeaders, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(text) ?? [];
  if (credential === undefined || signedHeaders === undefined || signature === undefined) {
    throw new AwsError('AccessDenied', 'The request is not signed.', 403);
  }
  return { credential, signedHeaders: signedHeaders.split(';'), signature };
}

function linkOf(query: Map<string, string>): Claimed {
  const named = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  if (named('Algorithm') !== ALGORITHM) throw new AwsError('AccessDenied', 'The link is signed in no known way.', 403);
  return {
    credential: named('Credential'),
    signedHeaders: named('SignedHeaders').split(';'),
    signature: named('Signature'),
  };
}

function refuseEnded(query: Map<string, string>, nowMs: number): void {
  const date = query.get('X-Amz-Date') ?? '';
  const fromMs = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  const endsMs = fromMs + Number(query.get('X-Amz-Expires')) * 1000;
  if (!(nowMs < endsMs)) throw new AwsError('AccessDenied', 'Request has expired', 403);
  if (nowMs < fromMs - SKEW_MS) throw new AwsError('AccessDenied', 'Request is not valid yet', 403);
}

const headerOf = ({ headers }: Signed, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

const canonicalQuery = (query: [string, string][]): string =>
  query
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join('&');

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
