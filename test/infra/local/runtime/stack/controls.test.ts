import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { regulars } from '../../../../../infra/local/regulars.ts';
import type { PublishedEvent } from '../../../../../infra/local/runtime/base/application.ts';
import { advanced, instantOf } from '../../../../../infra/local/runtime/base/clock-moves.ts';
import { createFaults } from '../../../../../infra/local/runtime/dynamodb/faults.ts';
import { majorVersion } from '../../../../../infra/local/runtime/dynamodb/java-version.ts';
import { type Controlled, createControls } from '../../../../../infra/local/runtime/stack/controls.ts';

const NOW = '2031-01-31T09:30:00.000Z';
let now = NOW;
let asked: unknown[] = [];
let bus: PublishedEvent[] = [];

const stack: Controlled = {
  application: regulars,
  token: async (scopes, expiresInSeconds) => JSON.stringify({ scopes, expiresInSeconds }),
  now: () => now,
  advanceTo: async (instant) => {
    now = instant;
  },
  jobs: () => [{ name: 'churn-fit' }],
  runJob: (name) => (name === 'churn-fit' ? Promise.resolve({ fitted: true }) : null),
  settle: async () => void asked.push('settle'),
  busSince: (instant) => bus.filter(({ at }) => at >= instant),
  executions: () => [],
  metrics: { snapshot: () => ({ totals: {} }), reset: () => void asked.push('reset') },
  faults: createFaults(),
  deadLetters: () => [],
};

let server: Server;
let url: string;
beforeAll(async () => {
  const serve = createControls(stack);
  server = createServer((request, response) => void serve(request, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/_local`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  now = NOW;
  asked = [];
  bus = [];
});

const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method, headers, ...(text !== undefined && { body: text }) });
  const answer = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: answer === '' ? null : JSON.parse(answer),
  };
};

describe('a token', () => {
  it.each([
    ['', ['regulars/admin'], 3600],
    ['?scope=admin', ['regulars/admin'], 3600],
    ['?scope=storefront&expiresIn=60', ['regulars/storefront'], 60],
    ['?scope=admin,storefront&expiresIn=-5', ['regulars/admin', 'regulars/storefront'], -5],
    ['?scope=storefront%20admin', ['regulars/storefront', 'regulars/admin'], 3600],
  ])('for %s carries %j for %i s', async (query, scopes, expiresInSeconds) => {
    const { body } = await call('GET', `/token${query}`);
    expect(JSON.parse(body.token)).toEqual({ scopes, expiresInSeconds });
  });

  it.each(['?scope=root', '?scope=admin,root', '?scope=', '?expiresIn=soon', '?expiresIn=1.5', '?expiresIn='])(
    'is refused for %s',
    async (query) => {
      expect(await call('GET', `/token${query}`)).toMatchObject({ status: 400, type: 'application/problem+json' });
    },
  );
});

describe('the clock', () => {
  it.each([
    [{ now: '2031-02-01T00:00:00Z' }, '2031-02-01T00:00:00.000Z'],
    [{ now: '2031-02-01T00:00:00+02:00' }, '2031-01-31T22:00:00.000Z'],
    [{ advance: 'P30D' }, '2031-03-02T09:30:00.000Z'],
    [{ advance: 'P1W' }, '2031-02-07T09:30:00.000Z'],
    [{ advance: 'PT36H' }, '2031-02-01T21:30:00.000Z'],
    [{ advance: 'P1DT1H1M1S' }, '2031-02-01T10:31:01.000Z'],
    [{ advance: 'PT0S' }, NOW],
  ])('is moved by %j to %s', async (body, expected) => {
    expect(await call('PUT', '/clock', body)).toMatchObject({ status: 200, body: { now: expected } });
    expect((await call('GET', '/clock')).body).toEqual({ now: expected });
  });

  it('never goes back', async () => {
    expect(await call('PUT', '/clock', { now: '2030-01-01T00:00:00Z' })).toMatchObject({
      status: 409,
      body: { code: 'clock_backwards' },
    });
    expect(now).toBe(NOW);
  });

  it.each<[unknown, number]>([
    [undefined, 422],
    ['{', 400],
    [[], 422],
    [{}, 422],
    [{ now: '2031-02-30T00:00:00Z' }, 422],
    [{ now: '2031-02-01' }, 422],
    [{ now: '2031-02-01T00:00:00' }, 422],
    [{ now: 5 }, 422],
    [{ advance: 'P1M' }, 422],
    [{ advance: 'P' }, 422],
    [{ advance: 'PT' }, 422],
    [{ advance: '-P1D' }, 422],
    [{ advance: 'P99999999W' }, 422],
    [{ advance: 'P1D', now: '2031-02-01T00:00:00Z' }, 422],
    [{ advance: 'P1D', hurry: true }, 422],
  ])('is not moved by %j: %i', async (body, status) => {
    expect(await call('PUT', '/clock', body)).toMatchObject({ status, type: 'application/problem+json' });
    expect(now).toBe(NOW);
  });
});

describe('a fault', () => {
  const planned = { function: 'privacy', skip: 3, count: 4, how: 'answer_lost' };

  it('is planned, read and cancelled', async () => {
    const plan = { ...planned, passed: 0, failed: 0 };
    expect(await call('PUT', '/faults', planned)).toMatchObject({ status: 200, body: { plan } });
    expect((await call('GET', '/faults')).body).toEqual({ plan });
    expect((await call('DELETE', '/faults')).status).toBe(204);
    expect((await call('GET', '/faults')).body).toEqual({ plan: null });
  });

  it('is that of the next request where nothing else is said', async () => {
    const { body } = await call('PUT', '/faults', { function: 'privacy' });
    expect(body.plan).toMatchObject({ skip: 0, count: 1, how: 'refused' });
  });

  it.each([
    [{}],
    [{ function: '' }],
    [{ ...planned, skip: -1 }],
    [{ ...planned, count: 1.5 }],
    [{ ...planned, how: 'slowly' }],
    [{ ...planned, table: 'x' }],
    [[]],
  ])('is refused as %j', async (body) => {
    expect(await call('PUT', '/faults', body)).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
  });
});

describe('the other controls', () => {
  it('run a job and answer its result', async () => {
    expect((await call('GET', '/jobs')).body).toEqual({ items: [{ name: 'churn-fit' }] });
    expect((await call('POST', '/jobs/churn-fit')).body).toEqual({ job: 'churn-fit', result: { fitted: true } });
    expect(await call('POST', '/jobs/nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('show what was published since an instant', async () => {
    const at = (instant: string) => ({
      at: instant,
      source: 'regulars',
      detailType: 'consumer.registered',
      detail: {},
    });
    bus = [at('2031-01-01T00:00:00.000Z'), at('2031-01-02T00:00:00.000Z')];
    expect((await call('GET', '/bus')).body.items).toHaveLength(2);
    expect((await call('GET', '/bus?since=2031-01-02T00:00:00Z')).body.items).toEqual([bus[1]]);
    expect((await call('GET', '/bus?since=yesterday')).status).toBe(422);
  });

  it('show the codes that would have been sent, and no other event', async () => {
    const detail = { verificationId: 'v1', channel: 'email', contact: 'a@b.test', code: '123456', text: 'Your code' };
    const common = { at: NOW, source: 'regulars' };
    bus = [
      { ...common, detailType: 'verification.requested', detail },
      { ...common, detailType: 'points.changed', detail: {} },
    ];
    const shown = { messageId: 'v1', channel: 'email', to: 'a@b.test', code: '123456', text: 'Your code', at: NOW };
    expect((await call('GET', '/messages')).body).toEqual({ items: [shown] });
  });

  it('settle, and reset the metrics', async () => {
    expect((await call('POST', '/settle')).status).toBe(200);
    expect((await call('DELETE', '/metrics')).status).toBe(204);
    expect(asked).toEqual(['settle', 'reset']);
  });

  it.each([
    ['GET', '/nothing'],
    ['POST', '/clock'],
    ['GET', '/jobs/churn-fit'],
    ['POST', '/jobs/%E0%A4%A'],
    ['POST', '/jobs/'],
    ['GET', ''],
  ])('have no %s %s', async (method, path) => {
    expect(await call(method, path)).toMatchObject({ status: 404, type: 'application/problem+json' });
  });
});

describe('a caller from elsewhere', () => {
  it.each([
    ['a page of another site', { origin: 'https://evil.test' }],
    ['a name that was pointed at this machine', { host: 'evil.test' }],
    ['a page without an origin', { origin: 'null' }],
    ['an image of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a name that only begins like ours', { origin: 'http://localhost.evil.test' }],
  ])('is refused: %s', async (_, headers) => {
    expect(await rawStatus(headers)).toBe(403);
  });

  it.each([
    [{}],
    [{ origin: 'http://localhost:4000' }],
    [{ origin: 'http://127.0.0.1:4000' }],
    [{ host: 'localhost:4000' }],
  ])('is not one with %j', async (headers) => {
    expect(await rawStatus(headers)).toBe(200);
  });
});

/** `fetch` sets Host and Origin itself. */
async function rawStatus(headers: Record<string, string>): Promise<number | undefined> {
  const { get } = await import('node:http');
  return new Promise((resolve, reject) => {
    get(`${url}/clock`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

describe('what people write', () => {
  it.each([
    ['2031-01-31T09:30:00Z', NOW],
    ['2031-01-31T09:30Z', NOW],
    ['2031-01-31T10:30:00.000+01:00', NOW],
    ['2031-13-01T00:00:00Z', null],
    ['2031-02-29T00:00:00Z', null],
    ['2032-02-29T00:00:00Z', '2032-02-29T00:00:00.000Z'],
    ['2031-01-01T24:30:00Z', null],
  ])('as the instant %s is %s', (text, instant) => expect(instantOf(text)).toBe(instant));

  it('as a duration is never added into a year of five digits', () =>
    expect(advanced('9999-12-31T00:00:00.000Z', 'P1D')).toBeNull());

  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_392"', 8],
    ['something else', null],
  ])('as the version of Java %s is %s', (printed, version) => expect(majorVersion(printed)).toBe(version));
});
