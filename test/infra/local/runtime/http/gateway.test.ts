import { Agent, get, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import { readAssembly } from '../../../../../infra/local/runtime/assembly/assembly.ts';
import { LambdaFailure } from '../../../../../infra/local/runtime/base/invoke.ts';
import { type Authorizer, createAuthorizer } from '../../../../../infra/local/runtime/http/authorizer.ts';
import { createDoor, type Door } from '../../../../../infra/local/runtime/http/door.ts';
import { type GatewaySettings, startGateway } from '../../../../../infra/local/runtime/http/gateway.ts';
import { base, lambda, route, type SmallAssembly, writeAssembly } from '../../support/small-assembly.ts';

const ISSUER = 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool';
const NOW_MS = Date.parse('2031-03-12T19:03:58.390Z');
const guarded = (scopes: string[]) => ({
  AuthorizationType: 'JWT',
  AuthorizerId: { Ref: 'Authorizer' },
  AuthorizationScopes: scopes,
});

const resources = {
  ...base,
  Api: {
    Type: 'AWS::ApiGatewayV2::Api',
    Properties: {
      ProtocolType: 'HTTP',
      CorsConfiguration: {
        AllowOrigins: ['https://shop.test'],
        AllowMethods: ['GET'],
        AllowHeaders: ['authorization'],
        MaxAge: 60,
      },
    },
  },
  Authorizer: {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      ApiId: { Ref: 'Api' },
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Audience: ['storefront-client'], Issuer: ISSUER },
    },
  },
  Function: lambda('code'),
  ...route('Open', 'GET /open', 'Function'),
  ...route('Post', 'POST /open', 'Function'),
  ...route('Staff', 'GET /staff', 'Function', guarded(['regulars/admin'])),
  ...route('Either', 'GET /either/{id}', 'Function', guarded(['regulars/storefront', 'regulars/admin'])),
  ...route('Any', 'GET /any', 'Function', guarded([])),
};

let assembly: SmallAssembly;
let gateway: Door;
let authorizer: Authorizer;
let seen: Record<string, unknown>[] = [];
/** Handler of the function behind every route. */
let act: (event: Record<string, unknown>) => unknown = () => ({ statusCode: 200 });

/** The door at which it answers. */
const opened = async (asked: Omit<GatewaySettings, 'door'>): Promise<Door> => {
  const door = await createDoor(0);
  startGateway({ ...asked, door });
  return door;
};
const settings = (): Omit<GatewaySettings, 'door'> => {
  const { api } = readAssembly(assembly.directory);
  return {
    api: { ...api, routes: api.routes.map((row) => ({ ...row, timeoutMs: 200 })) },
    authorizer,
    invoke: async (_, event, onStart) => {
      onStart?.();
      seen.push(event as Record<string, unknown>);
      return act(event as Record<string, unknown>);
    },
    nowMs: () => NOW_MS,
    own: [{ prefix: '/_local', serve: async (_, response) => void response.end('controls') }],
    log: () => {},
  };
};
beforeAll(async () => {
  assembly = writeAssembly({ Regulars: { Resources: resources } }, { code: '' });
  authorizer = await createAuthorizer({ jwt: readAssembly(assembly.directory).api.jwt, keyFile: null });
  gateway = await opened(settings());
});
afterAll(async () => {
  await gateway.stop();
  assembly.remove();
});

const call = async (path: string, init: RequestInit = {}) => {
  seen = [];
  const response = await fetch(gateway.url + path, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const admin = () => authorizer.token(['regulars/admin'], 60);

describe('a token', () => {
  const forged = async () => {
    const { privateKey } = await generateKeyPair('RS256');
    return new SignJWT({ scope: 'regulars/admin', client_id: 'storefront-client' })
      .setProtectedHeader({ alg: 'RS256', kid: 'local' })
      .setIssuer(ISSUER)
      .setExpirationTime('1h')
      .sign(privateKey);
  };
  const unsigned = () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: ISSUER, client_id: 'storefront-client', scope: 'regulars/admin', exp: Date.now() };
    return `${part({ alg: 'none' })}.${part(claims)}.`;
  };

  it.each<[string, () => Promise<string> | string]>([
    ['garbage', () => 'garbage'],
    ['expired', () => authorizer.token(['regulars/admin'], -10)],
    ['signed with another key', () => forged()],
    ['not signed', unsigned],
    [
      'of a changed content',
      async () => (await admin()).replace(/\.(.)/, (_, first) => `.${first === 'e' ? 'f' : 'e'}`),
    ],
  ])('that is %s is 401 with the reason in www-authenticate', async (_, token) => {
    const answer = await call('/staff', bearing(await token()));
    expect(answer).toMatchObject({ status: 401, text: '{"message":"Unauthorized"}' });
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Bearer scope="" error="invalid_token" error_description="[^"]+"$/,
    );
    expect(seen).toEqual([]);
  });

  it.each([
    ['issuer', { issuer: 'https://elsewhere.test', audience: ['storefront-client'] }],
    ['audience', { issuer: ISSUER, audience: ['another-client'] }],
  ])('of another %s is 401, though the key is ours', async (_, jwt) => {
    const keyFile = join(assembly.directory, 'key.json');
    const stranger = await createAuthorizer({ jwt, keyFile });
    const ours = await createAuthorizer({ jwt: { issuer: ISSUER, audience: ['storefront-client'] }, keyFile });
    const row = { routeKey: 'GET /', functionId: '', authorizer: 'jwt' as const, scopes: [], timeoutMs: 1 };
    const header = `Bearer ${await stranger.token(['regulars/admin'], 60)}`;
    expect(await ours.authorize(header, row)).toMatchObject({ allowed: false, status: 401 });
    const own = `Bearer ${await ours.token(['regulars/admin'], 60)}`;
    expect(await ours.authorize(own, row)).toMatchObject({ allowed: true });
  });

  it('that is missing is 401', async () => {
    const answer = await call('/staff');
    expect(answer).toMatchObject({ status: 401, text: '{"message":"Unauthorized"}' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each([
    ['/staff', ['regulars/storefront'], 403],
    ['/staff', ['regulars/admin'], 200],
    ['/staff', ['regulars/storefront', 'regulars/admin'], 200],
    ['/either/1', ['regulars/storefront'], 200],
    ['/either/1', ['regulars/other'], 403],
    ['/any', ['regulars/other'], 200],
  ])('for %s with scopes %j is %i', async (path, scopes, status) => {
    const answer = await call(path, bearing(await authorizer.token(scopes, 60)));
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.text).toBe('{"message":"Forbidden"}');
  });

  it('stays valid when the clock of the stack is years away', async () => {
    expect((await call('/staff', bearing(await admin()))).status).toBe(200);
  });

  it('that was believed is refused once it has expired', async () => {
    const token = await authorizer.token(['regulars/admin'], 1);
    expect((await call('/staff', bearing(token))).status).toBe(200);
    // Real time decides: asked again until it is over, which it is within a second.
    let { status } = await call('/staff', bearing(token));
    while (status === 200) ({ status } = await call('/staff', bearing(token)));
    expect(status).toBe(401);
  });

  it('may come without the word Bearer', async () => {
    expect((await call('/staff', { headers: { authorization: await admin() } })).status).toBe(200);
  });

  it('is not asked for where the route is public', async () => {
    expect((await call('/open')).status).toBe(200);
  });
});

describe('the event', () => {
  it("carries the caller's claims as text, and the stack's own time", async () => {
    await call('/either/a%20b?x=1', bearing(await authorizer.token(['regulars/storefront'], 60)));
    expect(seen[0]).toMatchObject({
      version: '2.0',
      routeKey: 'GET /either/{id}',
      rawPath: '/either/a b',
      rawQueryString: 'x=1',
      pathParameters: { id: 'a b' },
      requestContext: {
        timeEpoch: NOW_MS,
        time: '12/Mar/2031:19:03:58 +0000',
        authorizer: {
          jwt: {
            claims: { client_id: 'storefront-client', iss: ISSUER, exp: expect.stringMatching(/^\d+$/) },
            scopes: ['regulars/storefront'],
          },
        },
      },
    });
  });
});

describe('the answer', () => {
  it.each<[string, unknown, number, string, string | null]>([
    [
      'a status with a body',
      { statusCode: 201, headers: { 'Content-Type': 'application/json' }, body: '{}' },
      201,
      '{}',
      'application/json',
    ],
    ['a status alone', { statusCode: 204 }, 204, '', null],
    ['a base64 body', { statusCode: 200, body: 'aGk=', isBase64Encoded: true }, 200, 'hi', 'text/plain;charset=utf-8'],
    ['any other JSON', { hello: 'world' }, 200, '{"hello":"world"}', 'application/json'],
    [
      'a body that is not text',
      { statusCode: 200, body: { a: 1 } },
      500,
      '{"message":"Internal Server Error"}',
      'application/json',
    ],
    ['a status that is none', { statusCode: 'fine' }, 500, '{"message":"Internal Server Error"}', 'application/json'],
  ])('of a function that returns %s', async (_, returned, status, text, type) => {
    act = () => returned;
    const answer = await call('/open');
    expect(answer).toMatchObject({ status, text });
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('apigw-requestid')).toBeTruthy();
  });

  it('sets each cookie by a header of its own', async () => {
    act = () => ({ statusCode: 200, cookies: ['a=1', 'b=2; HttpOnly'] });
    expect((await call('/open')).headers.getSetCookie()).toEqual(['a=1', 'b=2; HttpOnly']);
  });

  it.each<[string, () => unknown, number, string]>([
    ['fails', () => Promise.reject(new LambdaFailure('TypeError', 'secret')), 500, 'Internal Server Error'],
    ['is too slow for the gateway', () => new Promise(() => {}), 503, 'Service Unavailable'],
  ])('of a function that %s names no cause', async (_, behaviour, status, message) => {
    act = behaviour;
    expect(await call('/open')).toMatchObject({ status, text: JSON.stringify({ message }) });
  });
});

describe('an invocation that waits for an environment longer than the time limit', () => {
  it('is answered, because the limit begins with the function', async () => {
    const limitMs = 5;
    const { api, ...others } = settings();
    const door = await opened({
      ...others,
      api: { ...api, routes: api.routes.map((row) => ({ ...row, timeoutMs: limitMs })) },
      invoke: async (_, __, onStart) => {
        await new Promise((resolve) => setTimeout(resolve, 10 * limitMs));
        onStart?.();
        return { statusCode: 200 };
      },
    });
    try {
      expect((await fetch(`${door.url}/open`)).status).toBe(200);
    } finally {
      await door.stop();
    }
  });
});

describe('what reaches no function', () => {
  it.each([
    ['an unknown path', '/nowhere', {}, 404, 'Not Found'],
    ['another method', '/open', { method: 'DELETE' }, 404, 'Not Found'],
    ['an empty parameter', '/either/', {}, 404, 'Not Found'],
    ['a path that cannot be decoded', '/either/%E0%A4%A', {}, 400, 'Bad Request'],
    ['a body over 10 MB', '/open', { method: 'POST', body: 'x'.repeat(10 * 1024 * 1024 + 1) }, 413, 'Request Too Long'],
    ['headers over 10 KB', '/open', { headers: { long: 'x'.repeat(10_300) } }, 431, 'Request Header Fields Too Large'],
  ])('%s', async (_, path, init, status, message) => {
    const answer = await call(path, init);
    expect(answer).toMatchObject({ status, text: JSON.stringify({ message }) });
    expect(seen).toEqual([]);
  });

  it('a HEAD is not a GET', async () => {
    expect((await call('/open', { method: 'HEAD' })).status).toBe(404);
  });

  it('a request that is not HTTP is 400', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.write('no such thing\r\n\r\n'));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 [\s\S]*{"message":"Bad Request"}$/);
  });

  it("goes to the stack's own controls under their prefix", async () => {
    expect((await call('/_local/x')).text).toBe('controls');
  });
});

describe('a gateway that stops', () => {
  it('finishes running requests, then answers only functions until its door is closed', async () => {
    const [finish, started] = [Promise.withResolvers<unknown>(), Promise.withResolvers<void>()];
    const door = await createDoor(0);
    const files = { prefix: '/_s3', serve: async (_: unknown, response: ServerResponse) => void response.end('file') };
    const closing = startGateway({
      ...settings(),
      ...{ door, own: [...settings().own, { ...files, isForFunctions: true }] },
      invoke: async () => {
        started.resolve();
        return finish.promise;
      },
    });
    const first = fetch(`${door.url}/open`);
    await started.promise;
    const closed = closing.close();
    expect((await fetch(`${door.url}/open`)).status).toBe(503);
    expect((await fetch(`${door.url}/_local/x`)).status).toBe(503);
    finish.resolve({ statusCode: 200 });
    expect((await first).status).toBe(200);
    await closed;
    expect(await (await fetch(`${door.url}/_s3/x`)).text()).toBe('file');
    await door.stop();
    await expect(fetch(`${door.url}/_s3/x`)).rejects.toThrow();
  });

  it('finishes running requests, and is not held open by a busy caller', async () => {
    const finish = Promise.withResolvers<unknown>();
    const started = Promise.withResolvers<void>();
    const stopping = await opened({
      ...settings(),
      invoke: async () => {
        started.resolve();
        return finish.promise;
      },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () =>
      new Promise<number | string | undefined>((resolve) => {
        get(`${stopping.url}/open`, { agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        }).on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      });
    const first = ask();
    await started.promise;
    const next = ask();
    const stopped = stopping.stop();
    finish.resolve({ statusCode: 200 });
    expect(await first).toBe(200);
    await stopped;
    expect(await next).toBe('ECONNREFUSED');
    agent.destroy();
  });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    call('/open', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } });

  it('answers the preflight of an allowed origin from the settings', async () => {
    const { status, headers } = await preflight('https://shop.test');
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('https://shop.test');
    expect(headers.get('access-control-allow-methods')).toBe('GET');
    expect(headers.get('access-control-allow-headers')).toBe('authorization');
    expect(headers.get('access-control-max-age')).toBe('60');
  });

  it('allows no other origin', async () => {
    act = () => ({ statusCode: 200 });
    expect((await preflight('https://evil.test')).headers.get('access-control-allow-origin')).toBeNull();
    expect(
      (await call('/open', { headers: { origin: 'https://evil.test' } })).headers.get('access-control-allow-origin'),
    ).toBeNull();
    expect(
      (await call('/open', { headers: { origin: 'https://shop.test' } })).headers.get('access-control-allow-origin'),
    ).toBe('https://shop.test');
  });
});
