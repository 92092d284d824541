/**
 * As much of S3 as files of exports need, over the parts that every AWS client is made of. The SDK's own client brings the
 * shapes of all of S3 along: a third of what a function may weigh, read at every cold start.
 */
import { createHash, createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Instant } from '../domain/facts.ts';

export interface BucketPlace {
  bucket: string;
  region: string;
  /** The endpoint of S3 if it is not the one of AWS. */
  endpoint?: string | undefined;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined };
}
export interface S3Request {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Absent: of the bucket itself. */
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
}
export interface S3Answer {
  headers: Record<string, string>;
  body: string;
}
export interface S3Client {
  /** Throws `S3Error` where S3 refuses; what may pass is tried again first. */
  send(request: S3Request): Promise<S3Answer>;
  /** A signed URL of an object. It is valid for the given seconds from this instant. */
  linkTo(key: string, from: Instant, seconds: number): Promise<string>;
}

/** S3's refusal, by its code: `NoSuchUpload`. */
export class S3Error extends Error {
  readonly status: number;
  constructor(code: string, status: number) {
    super(`S3 answered ${status} ${code}`);
    this.name = code;
    this.status = status;
  }
}

const CONNECT_TIMEOUT_MS = 1_000;
/** A part of a file takes a second or so; completing a large one some more. */
const ANSWER_TIMEOUT_MS = 30_000;
const MOST_ATTEMPTS = 4;
const FIRST_WAIT_MS = 100;

export const s3Client = (place: BucketPlace): S3Client => {
  const signer = new SignatureV4({ ...place, service: 's3', sha256: Sha256, uriEscapePath: false });
  const handler = new NodeHttpHandler({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: ANSWER_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  });

  const attempt = async (request: S3Request): Promise<S3Answer> => {
    const signed = await signer.sign(httpRequestOf(place, request));
    const { response } = await handler.handle(new HttpRequest(signed));
    const body = await textOf(response.body);
    // Completing an upload may fail after the response has started. The error is then in the body.
    const isError = response.statusCode >= 300 || /^\s*(<\?xml[^>]*\?>)?\s*<Error>/.test(body);
    if (isError) throw new S3Error(/<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? 'Unknown', response.statusCode);
    return { headers: response.headers, body };
  };

  return {
    send: async (request) => {
      for (let attempts = 1; ; attempts++) {
        try {
          return await attempt(request);
        } catch (error) {
          if (attempts === MOST_ATTEMPTS || !mayPass(error)) throw error;
          await wait(FIRST_WAIT_MS * 2 ** attempts * Math.random());
        }
      }
    },
    linkTo: async (key, from, seconds) => {
      const request = httpRequestOf(place, { method: 'GET', key });
      request.headers = { host: request.headers['host'] ?? '', 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' };
      return addressOf(await signer.presign(request, { expiresIn: seconds, signingDate: new Date(from) }));
    },
  };
};

const PAYLOAD_HASH = 'x-amz-content-sha256';

/** No response, a request to retry later, or an internal S3 error. */
const mayPass = (error: unknown): boolean =>
  !(error instanceof S3Error) || error.status === 200 || error.status === 429 || error.status >= 500;

const httpRequestOf = (place: BucketPlace, { method, key = '', query = {}, headers = {}, body }: S3Request) => {
  const { bucket, region, endpoint } = place;
  const url = new URL(endpoint ?? `https://${bucket}.s3.${region}.amazonaws.com`);
  const folder = endpoint === undefined ? '' : `${url.pathname.replace(/\/$/, '')}/${bucket}`;
  const hash = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  return new HttpRequest({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: `${folder}/${key}`,
    query,
    headers: { host: url.host, [PAYLOAD_HASH]: hash, ...headers },
    body,
  });
};

const addressOf = ({ protocol, hostname, port, path, query }: Awaited<ReturnType<SignatureV4['presign']>>): string => {
  const parameters = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}?${parameters.join('&')}`;
};

const textOf = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

/** SHA-256, or with a secret its HMAC, as the signer asks for it. */
class Sha256 {
  private readonly hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Uint8Array): void {
    this.hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {}
}

const bytesOf = (data: string | ArrayBuffer | ArrayBufferView): Uint8Array => {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
};
