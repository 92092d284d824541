import { readdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { s3Files } from '../../../../../shared/data/s3-files.ts';
import { BUCKET as Bucket, localS3, SECRET } from '../../../../support/local-files.ts';

const region = 'us-east-1';
type Running = Awaited<ReturnType<typeof localS3>>;
const clientOf = ({ url }: Running, secretAccessKey = SECRET) =>
  new S3Client({ region, endpoint: url, credentials: { accessKeyId: 'exports', secretAccessKey }, maxAttempts: 1 });
let s3: Running;
/** AWS's own client: what it signs and reads is how S3 does it. */
let aws: S3Client;
beforeAll(async () => {
  s3 = await localS3();
  aws = clientOf(s3);
});
afterAll(async () => {
  aws.destroy();
  await s3.stop();
});

const startUpload = async (Key: string) =>
  (await aws.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'text/plain' }))).UploadId ?? '';
const put = async (Key: string, ...parts: string[]): Promise<void> => {
  const UploadId = await startUpload(Key);
  const Parts = [];
  for (const [index, Body] of parts.entries()) {
    const PartNumber = index + 1;
    const { ETag } = await aws.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await aws.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
};
const textOf = async (Key: string) => (await aws.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
const listed = async (Prefix: string) => {
  const { Contents = [] } = await aws.send(new ListObjectsV2Command({ Bucket, Prefix }));
  return Contents.map(({ Key }) => Key);
};
const linkTo = (Key: string, signingDate: string, client = aws) =>
  getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), { expiresIn: 900, signingDate: new Date(signingDate) });
const codeIn = async (response: Response) => [response.status, /<Code>(\w+)/.exec(await response.text())?.[1]];

describe("the embedded S3, asked by AWS's own client", () => {
  it('joins the parts of an object and describes it', async () => {
    await put('listed/one.txt', 'Hello, ', 'wörld');
    expect(await textOf('listed/one.txt')).toBe('Hello, wörld');
    const head = await aws.send(new HeadObjectCommand({ Bucket, Key: 'listed/one.txt' }));
    expect([head.ContentLength, head.ContentType]).toEqual([13, 'text/plain']);
    expect(await listed('listed/')).toEqual(['listed/one.txt']);
    expect(await listed('absent/')).toEqual([]);
  });

  it('lets an object go', async () => {
    await put('gone.txt', 'x');
    await aws.send(new DeleteObjectCommand({ Bucket, Key: 'gone.txt' }));
    await expect(textOf('gone.txt')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await aws.send(new DeleteObjectCommand({ Bucket, Key: 'gone.txt' }));
  });

  it('lists uploads, and ends them: then there is nothing to complete', async () => {
    const [Key, other] = ['pending/a', 'pending/b'];
    const [UploadId, otherId] = [await startUpload(Key), await startUpload(other)];
    const { Uploads } = await aws.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'pending/a' }));
    expect(Uploads).toMatchObject([{ Key, UploadId }]);
    await aws.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    const part = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x' });
    await expect(aws.send(part)).rejects.toMatchObject({ name: 'NoSuchUpload' });
    const complete = { MultipartUpload: { Parts: [{ PartNumber: 1, ETag: 'x' }] } };
    await expect(
      aws.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, ...complete })),
    ).rejects.toMatchObject({ name: 'NoSuchUpload' });
    await expect(
      aws.send(new CompleteMultipartUploadCommand({ Bucket, Key: other, UploadId: otherId, ...complete })),
    ).rejects.toMatchObject({ name: 'InvalidPart' });
  });

  it.each([
    ['in a bucket that is not there', { Bucket: 'none', Key: 'x' }, 'NoSuchBucket'],
    ['where nothing is', { Bucket, Key: 'nothing' }, 'NoSuchKey'],
  ])('finds nothing %s', async (_, place, name) => {
    await expect(aws.send(new GetObjectCommand(place))).rejects.toMatchObject({ name });
  });

  it('refuses who signs with another secret', async () => {
    const stranger = clientOf(s3, 'guessed');
    await expect(stranger.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
    stranger.destroy();
  });
});

describe('a link', () => {
  it('works for a quarter of an hour of the stack, and then no more', async () => {
    await put('linked.txt', 'content');
    const link = await linkTo('linked.txt', s3.clock.now());
    expect(await (await fetch(link)).text()).toBe('content');
    s3.clock.set(new Date(s3.clock.nowMs() + 14 * 60_000).toISOString());
    expect((await fetch(link)).status).toBe(200);
    s3.clock.set(new Date(s3.clock.nowMs() + 60_000).toISOString());
    expect(await codeIn(await fetch(link))).toEqual([403, 'AccessDenied']);
    expect((await fetch(await linkTo('linked.txt', s3.clock.now()))).status).toBe(200);
  });

  it.each<[string, (link: string) => string, string]>([
    ['another object', (link) => link.replace('linked', 'other'), 'SignatureDoesNotMatch'],
    ['a longer life', (link) => link.replace('Expires=900', 'Expires=9000'), 'SignatureDoesNotMatch'],
    ['another signature', (link) => link.replace(/.$/, (last) => (last === '0' ? '1' : '0')), 'SignatureDoesNotMatch'],
    ['no signature', (link) => link.split('?')[0] ?? '', 'AccessDenied'],
  ])('leads nowhere with %s', async (_, forged, code) => {
    const link = await linkTo('linked.txt', s3.clock.now());
    expect(await codeIn(await fetch(forged(link)))).toEqual([403, code]);
  });

  it('gives no right to do anything else', async () => {
    const link = await linkTo('linked.txt', s3.clock.now());
    expect((await fetch(link, { method: 'DELETE' })).status).toBe(403);
    expect((await fetch(link, { method: 'PUT', body: 'x' })).status).toBe(403);
  });

  it('of ours hands the file over under a name', async () => {
    const files = s3Files(s3.place);
    const file = { exportId: '01JZZZZZZZZZZZZZZZZZZZZZZZ', format: 'csv' } as const;
    const content = async function* () {
      yield Buffer.from('zipped');
    };
    await files.write(file, content());
    const response = await fetch(await files.link(file, s3.clock.now()));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="export-${file.exportId}.zip"`,
    });
    expect(await textOf(`exports/${file.exportId}.zip`)).toBe('zipped');
  });
});

describe('what is in the embedded S3', () => {
  it('may be left in the middle of a download', async () => {
    await put('large.txt', 'x'.repeat(6 << 20));
    const link = await linkTo('large.txt', s3.clock.now());
    // The stack has more to send than a connection holds: it learns of the end while it sends.
    const left = Promise.withResolvers<void>();
    const asked = get(link, (response) => response.once('data', () => response.destroy()).once('close', left.resolve));
    await left.promise;
    asked.destroy();
    expect(await textOf('large.txt')).toHaveLength(6 << 20);
  });

  it('is there after a kill, an upload and its parts too; what was half an object is not', async () => {
    await put('kept.txt', 'kept');
    const UploadId = await startUpload('later.txt');
    const first = { Bucket, Key: 'later.txt', UploadId, PartNumber: 1 };
    const { ETag } = await aws.send(new UploadPartCommand({ ...first, Body: 'late' }));
    writeFileSync(join(s3.directory, Bucket, 'content', 'orphan'), 'half');
    const again = await localS3(s3.directory, s3.clock.now());
    const client = clientOf(again);
    try {
      const kept = await client.send(new GetObjectCommand({ Bucket, Key: 'kept.txt' }));
      expect(await kept.Body?.transformToString()).toBe('kept');
      const Parts = [{ PartNumber: 1, ETag }];
      await client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key: 'later.txt', UploadId, MultipartUpload: { Parts } }),
      );
      const late = await client.send(new GetObjectCommand({ Bucket, Key: 'later.txt' }));
      expect(await late.Body?.transformToString()).toBe('late');
      expect(readdirSync(join(s3.directory, Bucket, 'content'))).not.toContain('orphan');
    } finally {
      client.destroy();
      await again.stop();
    }
  });

  it('is gone a day later, by the clock of the stack, and off the disk with the next sweep', async () => {
    await put('old.txt', 'old');
    const UploadId = await startUpload('old-upload.txt');
    const contents = () => readdirSync(join(s3.directory, Bucket, 'content')).length;
    s3.clock.set(new Date(s3.clock.nowMs() + 86_400_000 - 60_000).toISOString());
    expect(await textOf('old.txt')).toBe('old');
    s3.clock.set(new Date(s3.clock.nowMs() + 60_000).toISOString());
    await expect(textOf('old.txt')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await listed('')).toEqual([]);
    const part = { Bucket, Key: 'old-upload.txt', UploadId, PartNumber: 1, Body: 'x' };
    await expect(aws.send(new UploadPartCommand(part))).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(contents()).toBeGreaterThan(0);
    s3.s3.sweep();
    expect([contents(), readdirSync(join(s3.directory, Bucket, 'uploads'))]).toEqual([0, []]);
  });

  it('is off the disk where its time ended while the stack was not running', async () => {
    await put('left.txt', 'left');
    const contents = () => readdirSync(join(s3.directory, Bucket, 'content')).length;
    expect(contents()).toBe(1);
    const again = await localS3(s3.directory, new Date(s3.clock.nowMs() + 86_400_000).toISOString());
    await again.stop();
    expect(contents()).toBe(0);
  });
});
