import { describe, expect, it } from '@jest/globals';
import * as z from 'zod/mini';
import { memoryStore } from '../../shared/data/memory-store.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { Route } from '../../shared/edge/catalogue.ts';
import type { HttpResult } from '../../shared/edge/endpoint.ts';
import { created, endpoint } from '../../shared/edge/endpoint.ts';
import type { Commit } from '../../shared/usecases/ports/deps.ts';
import { WriteConflict } from '../../shared/usecases/ports/store.ts';
import { httpEvent, type Sent } from '../support/http-event.ts';

const route = {
  method: 'POST',
  path: '/v1/things',
  access: 'storefront',
  summary: 'Make a thing',
  query: z.strictObject({ dryRun: z.optional(z.enum(['true', 'false'])) }),
  body: z.strictObject({
    name: z.string().check(z.maxLength(10)),
    size: z.optional(z.int().check(z.minimum(1))),
    tags: z.optional(z.array(z.union([z.string(), z.strictObject({ label: z.string() })]))),
    shape: z.optional(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('circle'), radius: z.int() }),
        z.strictObject({ kind: z.literal('square'), side: z.int() }),
      ]),
    ),
  }),
  answers: () => ({ 201: null }),
  bodyLimitBytes: 1_000,
} as const satisfies Route;

/** An endpoint that counts its runs and returns the count. */
const counting = (work: (count: number, commit: Commit) => Promise<unknown> = async () => undefined) => {
  const store = memoryStore();
  let count = 0;
  const handler = endpoint(
    route,
    { store },
    async (_request, commit) => {
      count += 1;
      await work(count, commit);
      return commit([], { count });
    },
    created,
  );
  const send = async (sent: Sent) => {
    const result = (await handler(httpEvent(sent), {} as never)) as HttpResult;
    const body: unknown = result.body === undefined ? undefined : JSON.parse(result.body);
    return { status: result.statusCode, headers: result.headers ?? {}, body: body as Record<string, unknown> };
  };
  return { send };
};

const named = (name: string, headers: Record<string, string> = {}): Sent => ({ body: { name }, headers });
const key = { 'idempotency-key': 'k1' };

describe('an endpoint', () => {
  it('replays the first response to a repeated key and marks it as replayed', async () => {
    const { send } = counting();
    const first = await send(named('a', key));
    const second = await send({ body: ' { "name" : "a" } ', headers: key });
    expect(first).toMatchObject({ status: 201, body: { count: 1 } });
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(second).toMatchObject({ status: 201, body: { count: 1 }, headers: { 'idempotent-replayed': 'true' } });
  });

  it.each<[string, Sent]>([
    ['another body', named('b', key)],
    ['another path', { ...named('a', key), path: '/v1/other' }],
    ['another query', { ...named('a', key), query: 'dryRun=true' }],
    ['another If-Match', named('a', { ...key, 'if-match': '"2"' })],
  ])('refuses a key that was used with %s', async (_, other) => {
    const { send } = counting();
    await send(named('a', key));
    expect(await send(other)).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } });
  });

  it('separates the keys of different callers', async () => {
    const { send } = counting();
    await send({ ...named('a', key), client: 'shop-1' });
    expect((await send({ ...named('b', key), client: 'shop-2' })).status).toBe(201);
  });

  it('separates the keys of different people who use the same app', async () => {
    const { send } = counting();
    await send({ ...named('a', key), person: 'ada' });
    expect((await send({ ...named('b', key), person: 'grace' })).status).toBe(201);
  });

  it('releases a key after seven days and not earlier', async () => {
    const { send } = counting();
    await send({ ...named('a', key), now: '2026-03-01T12:00:00.000Z' });
    expect((await send({ ...named('b', key), now: '2026-03-08T12:00:00.000Z' })).status).toBe(409);
    expect((await send({ ...named('b', key), now: '2026-03-08T12:00:00.001Z' })).status).toBe(201);
  });

  it('does not store a refusal, so the key can be used again', async () => {
    const { send } = counting(async (count) => {
      if (count === 1) throw new Refusal('not_found', 'Not yet.');
    });
    expect((await send(named('a', key))).status).toBe(404);
    expect(await send(named('a', key))).toMatchObject({ status: 201, body: { count: 2 } });
  });

  it('gives concurrent copies the same response', async () => {
    let release = () => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { send } = counting(async (count) => {
      if (count === 2) release();
      await both;
    });
    const answers = await Promise.all([send(named('a', key)), send(named('a', key))]);
    expect(answers.map((answer) => answer.status)).toEqual([201, 201]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(answers.filter((answer) => answer.headers['idempotent-replayed'] === 'true')).toHaveLength(1);
  });

  it('replays the response to a copy that is refused because the original changed the state', async () => {
    const { send } = counting(async (count) => {
      if (count > 1) throw new Refusal('version_conflict', 'It has moved.');
    });
    await send(named('a', key));
    expect(await send(named('a', key))).toMatchObject({ status: 201, body: { count: 1 } });
  });

  it.each([undefined, '', '{}', ' { } '])('without a body schema accepts an empty body: %j', async (body) => {
    const { body: _, ...bodiless } = route;
    const handler = endpoint(bodiless, { store: memoryStore() }, async () => null, created);
    const send = async (sent: Sent) => (await handler(httpEvent(sent), {} as never)) as HttpResult;
    expect((await send({ body })).statusCode).toBe(201);
    expect((await send({ body: '{"a":1}' })).statusCode).toBe(422);
    expect((await send({ body: '[]' })).statusCode).toBe(422);
  });

  it('describes inclusive and exclusive bounds', async () => {
    const sized = z.strictObject({
      days: z.number().check(z.gt(0), z.lt(9)),
      names: z.array(z.string()).check(z.minLength(1)),
    });
    const handler = endpoint({ ...route, body: sized }, { store: memoryStore() }, async () => null, created);
    const messages = async (body: object) => {
      const { body: text } = (await handler(httpEvent({ body }), {} as never)) as HttpResult;
      return JSON.parse(String(text)).errors.map(({ message }: { message: string }) => message);
    };
    expect(await messages({ days: 0, names: [] })).toEqual(['More than 0.', 'At least 1 item.']);
    expect(await messages({ days: 9, names: ['a'] })).toEqual(['Less than 9.']);
  });

  it.each<[string, Sent, number, string, { path: string; code: string }[] | undefined]>([
    ['no JSON', { body: '{"name":' }, 400, 'unreadable_body', undefined],
    ['no body', { headers: { 'content-type': 'application/json' } }, 400, 'unreadable_body', undefined],
    [
      'another media type',
      { body: 'name=a', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported_media_type',
      undefined,
    ],
    ['a huge body', { body: { name: 'a'.repeat(2_000) } }, 413, 'body_too_large', undefined],
    ['a missing field', { body: {} }, 422, 'invalid_request', [{ path: 'name', code: 'required' }]],
    ['a wrong type', { body: { name: 7 } }, 422, 'invalid_request', [{ path: 'name', code: 'wrong_type' }]],
    [
      'an unknown field',
      { body: { name: 'a', nmae: 1 } },
      422,
      'invalid_request',
      [{ path: 'nmae', code: 'unknown_field' }],
    ],
    ['a long text', { body: { name: 'a'.repeat(11) } }, 422, 'invalid_request', [{ path: 'name', code: 'too_long' }]],
    ['a small number', { body: { name: 'a', size: 0 } }, 422, 'invalid_request', [{ path: 'size', code: 'too_small' }]],
    ['a fraction', { body: { name: 'a', size: 1.5 } }, 422, 'invalid_request', [{ path: 'size', code: 'wrong_type' }]],
    ['NUL', { body: { name: 'a\0' } }, 422, 'invalid_request', [{ path: 'name', code: 'forbidden_text' }]],
    [
      'a lone surrogate',
      { body: '{"name":"\\ud800"}' },
      422,
      'invalid_request',
      [{ path: 'name', code: 'forbidden_text' }],
    ],
    [
      'a prototype key',
      { body: '{"name":"a","__proto__":{}}' },
      422,
      'invalid_request',
      [{ path: '__proto__', code: 'forbidden_key' }],
    ],
    [
      'an infinite number',
      { body: '{"name":"a","size":1e999}' },
      422,
      'invalid_request',
      [{ path: 'size', code: 'too_big' }],
    ],
    [
      'a wrong branch of a union',
      { body: { name: 'a', tags: ['x', { label: 3 }] } },
      422,
      'invalid_request',
      [{ path: 'tags.1.label', code: 'wrong_type' }],
    ],
    [
      'an unknown parameter',
      { ...named('a'), query: 'dry=1' },
      422,
      'invalid_request',
      [{ path: 'dry', code: 'unknown_field' }],
    ],
    [
      'a parameter twice',
      { ...named('a'), query: 'dryRun=true&dryRun=true' },
      422,
      'invalid_request',
      [{ path: 'dryRun', code: 'invalid_value' }],
    ],
    [
      'a bad If-Match',
      named('a', { 'if-match': 'seven' }),
      422,
      'invalid_request',
      [{ path: 'If-Match', code: 'invalid_format' }],
    ],
    [
      'an empty key',
      named('a', { 'idempotency-key': '' }),
      422,
      'invalid_request',
      [{ path: 'Idempotency-Key', code: 'too_short' }],
    ],
    [
      'a long key',
      named('a', { 'idempotency-key': 'k'.repeat(256) }),
      422,
      'invalid_request',
      [{ path: 'Idempotency-Key', code: 'too_long' }],
    ],
  ])('refuses %s', async (_, sent, status, code, errors) => {
    const { send } = counting();
    const answer = await send(sent);
    expect(answer).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json' },
      body: { status, code },
    });
    if (errors) expect(answer.body['errors']).toEqual(errors.map((error) => expect.objectContaining(error)));
  });

  it.each([
    ['of no kind that there is', { kind: 'cube' }, 'shape.kind', 'invalid_value', 'One of: circle, square.'],
    ['of a kind that is no text', { kind: 7 }, 'shape.kind', 'invalid_value', 'One of: circle, square.'],
    ['of no kind', { side: 1 }, 'shape.kind', 'required', 'This is required.'],
    [
      'of a kind, with what another one has',
      { kind: 'circle', side: 1 },
      'shape.radius',
      'required',
      'This is required.',
    ],
    ['that is none', 'circle', 'shape', 'wrong_type', 'This must be of type object.'],
  ])('refuses a shape %s and lists the valid values', async (_, shape, path, code, message) => {
    const { send } = counting();
    const answer = await send({ body: { name: 'a', shape } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body['errors']).toContainEqual({ path, code, message });
  });

  it('refuses a deeply nested body without exhausting the stack', async () => {
    const { send } = counting();
    const deep = `${'['.repeat(400)}${']'.repeat(400)}`;
    expect((await send({ body: deep })).status).toBe(422);
  });

  it.each([
    'ThrottlingException',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'TransactionInProgressException',
  ])('answers too_busy if the table throws %s', async (name) => {
    const { send } = counting(async () => {
      throw Object.assign(new Error('slow down'), { name });
    });
    const answer = await send(named('a'));
    expect(answer).toMatchObject({ status: 429, body: { code: 'too_busy' }, headers: { 'retry-after': '1' } });
  });

  it('answers too_busy after repeated write conflicts, and succeeds on a retry', async () => {
    const { send } = counting(async (count) => {
      if (count === 1) throw new WriteConflict([]);
    });
    expect(await send(named('a', key))).toMatchObject({ status: 429, body: { code: 'too_busy' } });
    expect(await send(named('a', key))).toMatchObject({ status: 201, body: { count: 2 } });
  });

  it('reveals nothing about a bug except the request id', async () => {
    const { send } = counting(async () => {
      throw new Error('secret of ada@example.com');
    });
    const answer = await send(named('a'));
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal_error', requestId: 'request-1' } });
    expect(JSON.stringify(answer)).not.toContain('ada@');
  });
});
