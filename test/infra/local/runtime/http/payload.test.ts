import { describe, expect, it } from '@jest/globals';
import type { ApiModel, RouteModel } from '../../../../../infra/local/runtime/assembly/model.ts';
import { type GatewayRequest, payloadOf } from '../../../../../infra/local/runtime/http/payload.ts';
import { createSelector } from '../../../../../infra/local/runtime/http/route-selection.ts';

const api: ApiModel = {
  apiId: 'api-id',
  routes: [],
  jwt: null,
  cors: null,
  stageVariables: { stageVariable1: 'value1', stageVariable2: 'value2' },
};
const routed = (routeKey: string): RouteModel => ({
  routeKey,
  functionId: routeKey,
  authorizer: 'none',
  scopes: [],
  timeoutMs: 30_000,
});
const match = { route: routed('$default'), pathParameters: { parameter1: 'value1' } };
const request: GatewayRequest = {
  method: 'POST',
  target: '/my/path?parameter1=value1&parameter1=value2&parameter2=value',
  rawHeaders: ['Header1', 'value1', 'header2', 'value1', 'HEADER2', 'value2', 'Cookie', 'cookie1; cookie2'],
  body: Buffer.from('Hello from Lambda'),
  sourceIp: '192.0.2.1',
};
const stamp = { requestId: 'id', timeEpoch: 1583348638390, jwt: null };

/** The sample of the developer guide, with the day that its `timeEpoch` really is, and without client certificates. */
const SAMPLE = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/my/path',
  rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
  cookies: ['cookie1', 'cookie2'],
  headers: { header1: 'value1', header2: 'value1,value2' },
  queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
  requestContext: {
    accountId: '123456789012',
    apiId: 'api-id',
    authorizer: { jwt: { claims: { claim1: 'value1', claim2: 'value2' }, scopes: ['scope1', 'scope2'] } },
    domainName: 'id.execute-api.us-east-1.amazonaws.com',
    domainPrefix: 'id',
    http: { method: 'POST', path: '/my/path', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'agent' },
    requestId: 'id',
    routeKey: '$default',
    stage: '$default',
    time: '04/Mar/2020:19:03:58 +0000',
    timeEpoch: 1583348638390,
  },
  body: 'Hello from Lambda',
  pathParameters: { parameter1: 'value1' },
  isBase64Encoded: false,
  stageVariables: { stageVariable1: 'value1', stageVariable2: 'value2' },
};

describe('payload format 2.0', () => {
  it("is the developer guide's sample for the sample's request", () => {
    const own = ['host', 'id.execute-api.us-east-1.amazonaws.com', 'user-agent', 'agent', 'content-type', 'text/plain'];
    const jwt = { claims: { claim1: 'value1', claim2: 'value2' }, scopes: ['scope1', 'scope2'] };
    const event = payloadOf({ ...request, rawHeaders: [...request.rawHeaders, ...own] }, match, api, { ...stamp, jwt });
    const { host, 'user-agent': agent, 'content-type': type, ...others } = event.headers as Record<string, string>;
    const { 'x-forwarded-for': forwardedFor, 'x-forwarded-proto': protocol, ...headers } = others;
    expect([host, agent, type, forwardedFor, protocol]).toEqual([own[1], own[3], own[5], '192.0.2.1', 'http']);
    const accountId = SAMPLE.requestContext.accountId;
    expect({ ...event, headers, requestContext: { ...event.requestContext, accountId } }).toEqual(SAMPLE);
  });

  it('leaves out what a request does not have', () => {
    const bare = { ...request, target: '/', rawHeaders: [], body: Buffer.alloc(0) };
    const event = payloadOf(
      bare,
      { route: routed('GET /'), pathParameters: {} },
      { ...api, stageVariables: {} },
      stamp,
    );
    for (const part of ['cookies', 'queryStringParameters', 'pathParameters', 'stageVariables', 'body'])
      expect(event).not.toHaveProperty(part);
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  it.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['application/merge-patch+json', false],
    ['text/csv', false],
    ['application/octet-stream', true],
    ['image/png', true],
    ['application/x-www-form-urlencoded', true],
  ])('carries a body of %s as base64: %s', (type, isBase64Encoded) => {
    const body = Buffer.from('{"name":"Zoë"}');
    const event = payloadOf({ ...request, body, rawHeaders: ['Content-Type', type] }, match, api, stamp);
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(event.body ?? '', isBase64Encoded ? 'base64' : 'utf8')).toEqual(body);
  });
});

describe('the route of a request', () => {
  /** The developer guide's own example of route selection. */
  const ROUTES = ['GET /pets/dog/1', 'GET /pets/dog/{id}', 'GET /pets/{proxy+}', 'ANY /{proxy+}', '$default'];
  it.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', {}],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}', { proxy: 'cat/1' }],
    ['POST', '/test/5', 'ANY /{proxy+}', { proxy: 'test/5' }],
    ['POST', '/pets/dog/1', 'ANY /{proxy+}', { proxy: 'pets/dog/1' }],
    ['GET', '/', '$default', {}],
  ])('%s %s is %s', (method, path, routeKey, pathParameters) => {
    expect(createSelector(ROUTES.map(routed))(method, path)).toEqual({ route: routed(routeKey), pathParameters });
  });

  it.each([
    ['/v1/consumers/lookup', 'GET /v1/consumers/lookup'],
    ['/v1/consumers/c-1', 'GET /v1/consumers/{consumerId}'],
    ['/v1/consumers/c-1/events', 'GET /v1/consumers/{consumerId}/events'],
    ['/v1/consumers/lookup/events', 'GET /v1/consumers/{consumerId}/events'],
    ['/v1/consumers/', null],
    ['/v1/consumers//events', null],
    ['/V1/consumers', null],
  ])('%s is %s for every order of the routes', (path, routeKey) => {
    const keys = ['consumers/{consumerId}', 'consumers/{consumerId}/events', 'consumers/lookup', 'consumers'];
    const routes = keys.map((key) => routed(`GET /v1/${key}`));
    for (const ordered of [routes, routes.toReversed()])
      expect(createSelector(ordered)('GET', path)?.route.routeKey ?? null).toBe(routeKey);
  });
});
