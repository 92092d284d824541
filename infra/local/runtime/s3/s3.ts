/**
 * The part of S3 that deployed code uses, served next to the HTTP API under the same address, so that links work from any
 * client that reaches the stack. Every request must be signed; links end by the stack's clock.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BucketModel } from '../assembly/model.ts';
import { AwsError } from '../base/aws-error.ts';
import type { Clock } from '../base/clock.ts';
import { Objects } from './objects.ts';
import { checkSignature } from './signature.ts';

export const S3_PREFIX = '/_s3';

export interface S3Settings {
  buckets: BucketModel[];
  /** The folder of the objects. */
  directory: string;
  clock: Pick<Clock, 'nowMs'>;
  /** Key with which requests are signed. */
  secret: string;
}
export interface LocalS3 {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Removes what has expired by the stack's clock. Also runs every minute. */
  sweep(): void;
  stop(): Promise<void>;
}

interface Call {
  objects: Objects;
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
}
interface Answer {
  status?: number;
  headers?: Record<string, string>;
  xml?: string;
  /** A file to send, of this many bytes. */
  file?: { path: string; size: number };
}

/** More than any part that is sent. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;
const SWEEP_EVERY_MS = 60_000;

/** By method, whether it is about an object, and the parameter that says what is asked. */
const OPERATIONS: Record<string, (call: Call) => Answer | Promise<Answer>> = {
  'GET bucket uploads': ({ objects, query }) => ({
    xml: listing('ListMultipartUploadsResult', 'Upload', objects.uploads(query.get('prefix') ?? ''), uploadElements),
  }),
  'GET bucket list-type': ({ objects, query }) => ({
    xml: listing('ListBucketResult', 'Contents', objects.objects(query.get('prefix') ?? ''), objectElements),
  }),
  'POST object uploads': ({ objects, key, headers }) => {
    const uploadId = objects.begin(key, {
      type: headers['content-type'] ?? 'binary/octet-stream',
      disposition: headers['content-disposition'] ?? null,
    });
    return { xml: element('InitiateMultipartUploadResult', element('UploadId', uploadId)) };
  },
  'PUT object uploadId': ({ objects, query, body }) => {
    const number = Number(query.get('partNumber'));
    if (!Number.isInteger(number) || number < 1 || number > 10_000) {
      throw new AwsError('InvalidArgument', 'A part has a number from 1 to 10000.');
    }
    return { headers: { etag: objects.addPart(query.get('uploadId') ?? '', number, body) } };
  },
  'POST object uploadId': async ({ objects, query, body }) => {
    const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, n]) => Number(n));
    if (numbers.length === 0) throw new AwsError('MalformedXML', 'An object has one part or more.');
    const { etag } = await objects.complete(query.get('uploadId') ?? '', numbers);
    return { xml: element('CompleteMultipartUploadResult', element('ETag', escaped(etag))) };
  },
  'DELETE object uploadId': ({ objects, query }) => {
    objects.abort(query.get('uploadId') ?? '');
    return { status: 204 };
  },
  'DELETE object': ({ objects, key }) => {
    objects.remove(key);
    return { status: 204 };
  },
  'GET object': ({ objects, key }) => {
    const found = objects.object(key);
    if (!found) throw new AwsError('NoSuchKey', 'There is no such object.', 404);
    const { path, size, type, disposition, etag, atMs } = found;
    const headers = { 'content-type': type, etag, 'last-modified': new Date(atMs).toUTCString() };
    return {
      headers: { ...headers, ...(disposition !== null && { 'content-disposition': disposition }) },
      file: { path, size },
    };
  },
};

export function createS3({ buckets, directory, clock, secret }: S3Settings): LocalS3 {
  const kept = new Map(buckets.map((model) => [model.name, new Objects(join(directory, model.name), model, clock)]));

  const answered = async (request: IncomingMessage): Promise<Answer> => {
    const { method = '', url: target = '', headers } = request;
    const hash = checkSignature({ method, target, headers }, { secret, nowMs: clock.nowMs });
    const body = await bodyOf(request);
    if (hash !== null && createHash('sha256').update(body).digest('hex') !== hash) {
      throw new AwsError('XAmzContentSHA256Mismatch', 'The body is not the one that was signed.');
    }
    const { pathname, searchParams: query } = new URL(target, 'http://s3');
    const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/.exec(pathname.slice(S3_PREFIX.length)) ?? [];
    const objects = kept.get(bucket);
    if (!objects) throw new AwsError('NoSuchBucket', 'There is no such bucket.', 404);
    const about = `${method === 'HEAD' ? 'GET' : method} ${key === '' ? 'bucket' : 'object'}`;
    const asked = ['uploads', 'uploadId', 'list-type'].find((name) => query.has(name));
    const operation = OPERATIONS[asked === undefined ? about : `${about} ${asked}`];
    if (!operation) throw new AwsError('NotImplemented', `The local stack's S3 has no ${about}.`, 501);
    return operation({ objects, key: decodeURIComponent(key), query, headers, body });
  };
  const sweep = () => {
    for (const objects of kept.values()) objects.sweep();
  };
  sweep();
  const sweeping = setInterval(sweep, SWEEP_EVERY_MS);
  sweeping.unref();
  return {
    serve: async (request, response) => send(request, response, await answered(request).catch(refusalOf)),
    sweep,
    stop: async () => clearInterval(sweeping),
  };
}

function refusalOf(error: unknown): Answer {
  if (!(error instanceof AwsError)) throw error;
  const content = element('Code', error.name) + element('Message', escaped(error.message));
  return { status: error.status, xml: element('Error', content) };
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, headers, xml, file }: Answer,
): Promise<void> {
  const text = xml === undefined ? '' : `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`;
  response.writeHead(status, {
    ...(xml !== undefined && { 'content-type': 'application/xml' }),
    ...(status !== 204 && { 'content-length': file ? file.size : Buffer.byteLength(text) }),
    ...headers,
  });
  if (file && request.method !== 'HEAD') await pipeline(createReadStream(file.path), response).catch(unlessLeft);
  else response.end(request.method === 'HEAD' ? undefined : text);
}

/** A client that disconnects during a download, or with its last byte, is not an error. */
function unlessLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new AwsError('EntityTooLarge', 'The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

const listing = <T>(root: string, name: string, items: T[], elements: (item: T) => Record<string, string>): string => {
  const listed = items.map((item) =>
    element(
      name,
      Object.entries(elements(item))
        .map(([part, text]) => element(part, escaped(text)))
        .join(''),
    ),
  );
  return element(root, element('IsTruncated', 'false') + element('KeyCount', String(items.length)) + listed.join(''));
};
const objectElements = ({ key, atMs, etag, size }: ReturnType<Objects['objects']>[number]) => ({
  ...{ Key: key, LastModified: new Date(atMs).toISOString(), ETag: etag, Size: String(size) },
});
const uploadElements = ({ key, uploadId, atMs }: ReturnType<Objects['uploads']>[number]) => ({
  ...{ Key: key, UploadId: uploadId, Initiated: new Date(atMs).toISOString() },
});
