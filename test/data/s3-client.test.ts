import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { s3Client } from '../../shared/data/s3-client.ts';
import { s3Files } from '../../shared/data/s3-files.ts';
import { NOW } from '../support/events.ts';

const credentials = { accessKeyId: 'AKIDTHEROLE', secretAccessKey: 'secret', sessionToken: 'the session/+' };
const place = { bucket: 'files', region: 'eu-west-1', credentials };

type Act = (response: ServerResponse, request: IncomingMessage) => void;
let acts: Act[];
let asked: string[];
let endpoint: string;
let server: ReturnType<typeof createServer>;
beforeEach(async () => {
  [acts, asked] = [[], []];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => (acts.shift() ?? answering(200))(response, request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
const answering =
  (status: number, body = '', headers: Record<string, string> = {}): Act =>
  (response) =>
    response.writeHead(status, headers).end(body);
const refusing = (status: number, code: string): Act =>
  answering(status, `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>no</Message></Error>`);
const hangingUp: Act = (_, request) => request.socket.destroy();
const get = () => s3Client({ ...place, endpoint }).send({ method: 'GET', key: 'exports/x.json' });

describe('what S3 is asked', () => {
  it.each<[string, Act]>([
    ['a fault of its own', refusing(500, 'InternalError')],
    ['that it is busy', refusing(503, 'SlowDown')],
    ['that too much is asked', refusing(429, 'TooManyRequests')],
    ['nothing', hangingUp],
    ['an error after it had begun to say yes', refusing(200, 'InternalError')],
  ])('is asked again where it answers %s', async (_, act) => {
    acts = [act, act, answering(200, 'there')];
    expect((await get()).body).toBe('there');
    expect(asked).toHaveLength(3);
  });

  it('is asked no more after four times', async () => {
    acts = Array.from({ length: 9 }, () => refusing(503, 'SlowDown'));
    await expect(get()).rejects.toMatchObject({ name: 'SlowDown', status: 503 });
    expect(asked).toHaveLength(4);
  });

  it.each([
    [403, 'AccessDenied'],
    [404, 'NoSuchKey'],
    [400, 'EntityTooSmall'],
  ])('is asked once where it refuses with %i %s, and the refusal has its name', async (status, code) => {
    acts = [refusing(status, code)];
    await expect(get()).rejects.toMatchObject({ name: code, status });
    expect(asked).toEqual(['GET /files/exports/x.json']);
  });

  it('carries the session of its role', async () => {
    let seen: IncomingMessage['headers'] = {};
    acts = [
      (response, request) => {
        seen = request.headers;
        response.end();
      },
    ];
    await get();
    expect(seen['x-amz-security-token']).toBe('the session/+');
    expect(seen.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDTHEROLE\/\d{8}\/eu-west-1\/s3\/aws4_request, /,
    );
  });
});

describe('a link', () => {
  it('leads to the bucket of the region, for so long, with the session that it is signed in', async () => {
    const link = new URL(await s3Client(place).linkTo('exports/x.json', NOW, 900));
    expect(link.origin + link.pathname).toBe('https://files.s3.eu-west-1.amazonaws.com/exports/x.json');
    expect(Object.fromEntries(link.searchParams)).toMatchObject({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDTHEROLE/20260301/eu-west-1/s3/aws4_request',
      'X-Amz-Date': '20260301T120000Z',
      'X-Amz-Expires': '900',
      'X-Amz-Security-Token': 'the session/+',
      'X-Amz-SignedHeaders': 'host',
    });
    expect(link.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a file', () => {
  const file = { exportId: 'x', format: 'json' } as const;
  const content = async function* () {
    yield Buffer.from('text');
  };
  const begun = answering(200, '<R><UploadId>u1</UploadId></R>');

  it('whose upload cannot be completed is given up, and nothing is left of it', async () => {
    acts = [begun, answering(200, '', { etag: '"e1"' }), refusing(400, 'InvalidPart'), answering(204)];
    await expect(s3Files({ ...place, endpoint }).write(file, content())).rejects.toMatchObject({ name: 'InvalidPart' });
    expect(asked).toEqual([
      'POST /files/exports/x.json?uploads=',
      'PUT /files/exports/x.json?partNumber=1&uploadId=u1',
      'POST /files/exports/x.json?uploadId=u1',
      'DELETE /files/exports/x.json?uploadId=u1',
    ]);
  });

  it('says what failed also where giving it up fails', async () => {
    acts = [begun, refusing(403, 'AccessDenied'), refusing(403, 'Forbidden')];
    await expect(s3Files({ ...place, endpoint }).write(file, content())).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  it('is removed where its upload has ended meanwhile', async () => {
    const upload = '<R><Upload><Key>exports/x.json</Key><UploadId>u1</UploadId></Upload></R>';
    const object = '<R><Contents><Key>exports/x.json</Key></Contents></R>';
    acts = [answering(200, upload), refusing(404, 'NoSuchUpload'), answering(200, object), answering(204)];
    await s3Files({ ...place, endpoint }).remove('x');
    expect(asked).toEqual([
      'GET /files/?prefix=exports%2Fx.&uploads=',
      'DELETE /files/exports/x.json?uploadId=u1',
      'GET /files/?list-type=2&prefix=exports%2Fx.',
      'DELETE /files/exports/x.json',
    ]);
  });
});
