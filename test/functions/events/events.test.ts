import { describe, expect, it } from '@jest/globals';
import type { Store, Write } from '../../../shared/usecases/ports/store.ts';
import { clientOf } from '../../support/client.ts';
import { depsOn, NOW, storeWith, sumsOf } from '../../support/events.ts';
import type { Sent } from '../../support/http-event.ts';
import type { OperationId } from '../../support/published-answers.ts';

const calling = (store: Store, operation: OperationId) => (sent: Sent) =>
  clientOf(depsOn(store), { now: NOW })(operation, sent);
const ofOne = (body: unknown, headers: Record<string, string> = {}): Sent => ({
  params: { consumerId: 'c1' },
  body,
  headers,
});

const order = { type: 'order_placed', attributes: { orderId: 'o1', totalMinor: 500 } };

describe('POST /v1/consumers/{consumerId}/events', () => {
  it('answers 201 with the event, and a repeated eventId 200 with the first body', async () => {
    const send = calling(await storeWith('c1'), 'events.record');
    const body = { ...order, eventId: 'e1', occurredAt: '2026-02-28T10:00:00+01:00' };
    const first = await send(ofOne(body));
    const second = await send(ofOne({ ...body, occurredAt: '2026-02-28T09:00:00Z' }));
    expect(first).toMatchObject({ status: 201, body: { eventId: 'e1', type: 'order_placed' } });
    expect(first.body.occurredAt).toBe('2026-02-28T09:00:00.000Z');
    expect(second).toMatchObject({ status: 200, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect(await send(ofOne({ ...body, source: 'app' }))).toMatchObject({ status: 409 });
  });

  it('happens now where it does not say when', async () => {
    const send = calling(await storeWith('c1'), 'events.record');
    expect((await send(ofOne(order))).body.occurredAt).toBe(NOW);
  });

  it('replays the answer of a key, and counts once', async () => {
    const store = await storeWith('c1');
    const send = calling(store, 'events.record');
    const key = { 'idempotency-key': 'k1' };
    const visit = { type: 'visit', attributes: {} };
    const first = await send(ofOne(visit, key));
    const second = await send({ ...ofOne(visit, key), now: '2026-03-02T00:00:00.000Z' });
    expect(second).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect(await store.eventsOf('c1', { limit: 10 })).toMatchObject({ items: { length: 1 } });
  });

  it('is stored where the erasure of its consumer finds it', async () => {
    const store = await storeWith('c1');
    const stored: Write[] = [];
    const watched = { ...store, commit: async (writes: Write[]) => void stored.push(...writes) };
    await calling(watched, 'events.record')(ofOne(order, { 'idempotency-key': 'k1' }));
    expect(stored).toContainEqual({
      put: expect.objectContaining({ kind: 'idempotency', consumerId: 'c1' }),
      expect: expect.anything(),
    });
  });

  const at = (attributes: unknown, type = 'order_placed') => ({ type, attributes });
  it.each([
    ['without a type', { attributes: {} }, 'type', 'required'],
    ['without attributes', { type: 'visit' }, 'attributes', 'required'],
    ['of a type that is no name', at({}, 'Order-Placed'), 'type', 'invalid_format'],
    ['of a type of our own', at({ delta: 5 }, 'loyalty_score_adjusted'), 'type', 'reserved_type'],
    ['that moves to another tier', at({ to: 'gold' }, 'tier_changed'), 'type', 'reserved_type'],
    ['that enters a segment', at({ segmentId: 'vip' }, 'segment_entered'), 'type', 'reserved_type'],
    ['that leaves a segment', at({ segmentId: 'vip' }, 'segment_left'), 'type', 'reserved_type'],
    ['with a field that is none', { ...order, colour: 'red' }, 'colour', 'unknown_field'],
    ['without its order', at({ totalMinor: 1 }), 'attributes.orderId', 'required'],
    ['with an attribute that is none', at({ orderId: 'o', totalMinor: 1, x: 1 }), 'attributes.x', 'unknown_field'],
    ['with negative money', at({ orderId: 'o', totalMinor: -1 }), 'attributes.totalMinor', 'too_small'],
    ['with a fraction of money', at({ orderId: 'o', totalMinor: 1.5 }), 'attributes.totalMinor', 'wrong_type'],
    ['with money that is no number', at({ orderId: 'o', totalMinor: '1' }), 'attributes.totalMinor', 'wrong_type'],
    [
      'with more money than can be counted',
      at({ orderId: 'o', totalMinor: 2 ** 53 }),
      'attributes.totalMinor',
      'too_big',
    ],
    [
      'with nothing of an item',
      at({ orderId: 'o', totalMinor: 1, items: [{ sku: 's', quantity: 0, unitPriceMinor: 1 }] }),
      'attributes.items.0.quantity',
      'too_small',
    ],
    [
      'with an unknown channel',
      at({ messageId: 'm', channel: 'fax' }, 'message_sent'),
      'attributes.channel',
      'invalid_value',
    ],
    ['off the map', at({ geo: { latitude: 91, longitude: 0 } }, 'visit'), 'attributes.geo.latitude', 'too_big'],
    ['in no timezone', at({ geo: { timezone: 'Mars/Crater' } }, 'visit'), 'attributes.geo.timezone', 'invalid_value'],
    ['on a day that is none', { ...order, occurredAt: '2026-02-30T00:00:00Z' }, 'occurredAt', 'invalid_format'],
    ['before 1970', { ...order, occurredAt: '1969-12-31T23:59:59Z' }, 'occurredAt', 'invalid_format'],
    ['with an id that controls', { ...order, eventId: 'a\nb' }, 'eventId', 'invalid_format'],
    ['with an id that is too long', { ...order, eventId: 'x'.repeat(129) }, 'eventId', 'too_long'],
    ['with 8 KB and more', at({ text: 'x'.repeat(8 * 1024) }, 'review_written'), 'attributes', 'too_long'],
    ['with NUL', at({ text: 'a\0' }, 'review_written'), 'attributes.text', 'forbidden_text'],
  ])('refuses an event %s, and writes nothing', async (_, body, path, code) => {
    const store = await storeWith('c1');
    const before = await sumsOf(store, 'c1');
    const answer = await calling(store, 'events.record')(ofOne(body));
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path, code }));
    expect(await sumsOf(store, 'c1')).toEqual(before);
    expect(await store.eventsOf('c1', { limit: 10 })).toMatchObject({ items: [] });
  });

  it.each([
    ['an event in the future', { ...order, occurredAt: '2026-03-01T12:06:00Z' }, 422, 'occurred_in_future'],
    ['another currency', at({ orderId: 'o', totalMinor: 1, currency: 'EUR' }), 422, 'currency_mismatch'],
    [
      'a refund of nothing',
      at({ orderId: 'o', refundId: 'r', amountMinor: 1 }, 'order_refunded'),
      422,
      'unknown_order',
    ],
  ])('refuses %s by its code', async (_, body, status, code) => {
    const answer = await calling(await storeWith('c1'), 'events.record')(ofOne(body));
    expect(answer).toMatchObject({ status, body: { code } });
  });

  it('keeps free attributes as they are', async () => {
    const store = await storeWith('c1');
    const attributes = { html: '<b>"x"</b>', sql: "'; DROP TABLE x; --", deep: { list: [1, null, { ok: true }] } };
    expect(await calling(store, 'events.record')(ofOne({ type: 'my_own_type', attributes }))).toMatchObject({
      status: 201,
    });
    expect(await store.eventsOf('c1', { limit: 1 })).toMatchObject({ items: [{ attributes }] });
  });
});

describe('POST /v1/events/batch', () => {
  const send = async (events: unknown[], headers: Record<string, string> = {}, store?: Store) =>
    calling(store ?? (await storeWith('c1', 'c2')), 'events.recordBatch')({ body: { events }, headers });

  it('answers each event by itself, in order', async () => {
    const answer = await send([
      { ...order, consumerId: 'c1' },
      { ...order, consumerId: 'nobody' },
      { consumerId: 'c1', type: 'order_refunded', attributes: { orderId: 'o1', refundId: 'r1', amountMinor: 900 } },
      'not an event',
      { ...order, consumerId: 'c2', eventId: 'e9' },
      { ...order, consumerId: 'c1' },
      { consumerId: 'c2', type: 'order_placed', attributes: { orderId: 'o2', totalMinor: -1 } },
      { ...order },
      { ...order, lookup: { email: 'nobody@example.com' } },
      { ...order, lookup: { email: 'no email' } },
    ]);
    expect(answer.status).toBe(200);
    expect(answer.body.items.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(answer.body.items).toMatchObject([
      { status: 'created' },
      {
        status: 'rejected',
        problem: { type: '/docs#consumer_not_found', code: 'consumer_not_found', status: 404, requestId: 'request-1' },
      },
      { status: 'rejected', problem: { code: 'refund_exceeds_order', status: 422 } },
      { status: 'rejected', problem: { code: 'invalid_request', errors: [{ path: 'events.3', code: 'wrong_type' }] } },
      { status: 'created', eventId: 'e9' },
      { status: 'duplicate', eventId: answer.body.items[0].eventId },
      { status: 'rejected', problem: { errors: [{ path: 'events.6.attributes.totalMinor', code: 'too_small' }] } },
      { status: 'rejected', problem: { errors: [{ path: 'events.7.consumerId' }] } },
      { status: 'rejected', problem: { code: 'consumer_not_found' } },
      { status: 'rejected', problem: { errors: [{ path: 'events.9.lookup.email', code: 'invalid_format' }] } },
    ]);
  });

  it.each([
    ['NUL', '{"note":"a\\u0000"}', 'attributes.note', 'forbidden_text'],
    ['a lone surrogate', '{"note":"\\ud800"}', 'attributes.note', 'forbidden_text'],
    ['a prototype key', '{"__proto__":{}}', 'attributes.__proto__', 'forbidden_key'],
  ])('rejects an event with %s, and no other', async (_, attributes, path, code) => {
    const hostile = `{"consumerId":"c1","type":"note","attributes":${attributes}}`;
    const fine = JSON.stringify({ ...order, consumerId: 'c1' });
    const answer = await calling(
      await storeWith('c1'),
      'events.recordBatch',
    )({ body: `{"events":[${hostile},${fine}]}` });
    expect(answer.body.items).toMatchObject([
      { status: 'rejected', problem: { status: 422, errors: [{ path: `events.0.${path}`, code }] } },
      { status: 'created' },
    ]);
  });

  it('refuses a batch that is nested too deep', async () => {
    const deep = `{"events":[${'['.repeat(300)}${']'.repeat(300)}]}`;
    expect((await calling(await storeWith('c1'), 'events.recordBatch')({ body: deep })).status).toBe(422);
  });

  it('finds consumers by email, phone and external id', async () => {
    const store = await storeWith('c1');
    const contacts = [
      ['email', 'ann@example.com'],
      ['phone', '+447911123456'],
      ['external', 'shopify:77'],
    ] as const;
    for (const [channel, contact] of contacts) {
      await store.commit([{ put: { kind: 'contact', channel, contact, consumerId: 'c1' }, expect: 'absent' }]);
    }
    const lookups = [
      { email: ' Ann@Example.com' },
      { phone: '+44 7911 123456' },
      { source: 'shopify', externalId: '77' },
    ];
    const visits = lookups.map((lookup) => ({ lookup, type: 'visit', attributes: {} }));
    const answer = await send(visits, {}, store);
    expect(answer.body.items).toMatchObject([{ status: 'created' }, { status: 'created' }, { status: 'created' }]);
    expect(await store.eventsOf('c1', { limit: 10 })).toMatchObject({ items: { length: 3 } });
  });

  it('belong to whom the email belongs now, not a moment ago', async () => {
    const store = await storeWith('c1', 'c2');
    const contact = { kind: 'contact', channel: 'email', contact: 'ann@example.com' } as const;
    await store.commit([{ put: { ...contact, consumerId: 'c1' }, expect: 'absent' }]);
    const asItWas = await store.get([contact], true);
    const behind: Store = {
      ...store,
      get: (keys, fresh) =>
        fresh || !keys.every(({ kind }) => kind === 'contact') ? store.get(keys, fresh) : (asItWas as never),
    };
    await store.commit([{ put: { ...contact, consumerId: 'c2' }, expect: 'anything' }]);
    const visit = { lookup: { email: 'ann@example.com' }, type: 'visit', attributes: {} };
    expect((await send([visit], {}, behind)).body.items).toMatchObject([{ status: 'created' }]);
    expect(await store.eventsOf('c1', { limit: 10 })).toMatchObject({ items: [] });
    expect(await store.eventsOf('c2', { limit: 10 })).toMatchObject({ items: { length: 1 } });
  });

  it('under a key that was used for another batch records nothing', async () => {
    const store = await storeWith('c1');
    const key = { 'idempotency-key': 'k' };
    await send([{ ...order, consumerId: 'c1' }], key, store);
    const other = await send([{ consumerId: 'c1', type: 'visit', eventId: 'e1', attributes: {} }], key, store);
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } });
    expect(await store.eventsOf('c1', { limit: 10 })).toMatchObject({ items: [{ type: 'order_placed' }] });
  });

  it.each([
    ['control characters', '\u0001'],
    ['three bytes a character', '語'],
    ['four bytes a character', '🎁'],
  ])('with its answer stays far below 400 KB, however wrong its events are: %s', async (_, character) => {
    const fields = Array.from({ length: 8 }, (_, n) => [`${n}${character.repeat(300)}`, 1]);
    const events = Array(100).fill({ consumerId: 'c1', type: 'visit', attributes: Object.fromEntries(fields) });
    const answer = await send(events, { 'idempotency-key': 'k' });
    expect(answer).toMatchObject({ status: 200, body: { items: { length: 100 } } });
    const { detail, errors } = answer.body.items[99].problem;
    expect(detail).toBe('8 parts of the input are not valid.');
    expect(errors).toHaveLength(5);
    expect(errors[0].path).toMatch(new RegExp(`^events.99.attributes.0(${character})+…$`, 'u'));
    expect(Buffer.byteLength(JSON.stringify(answer.body))).toBeLessThan(250 * 1024);
  });

  it('concurrent copies under one key record each event once and return the same body', async () => {
    const store = await storeWith('c1', 'c2');
    const post = calling(store, 'events.recordBatch');
    const events = ['c1', 'c2'].map((consumerId) => ({ consumerId, ...order }));
    const sent = { body: { events }, headers: { 'idempotency-key': 'batch-1' } };
    const [first, second] = await Promise.all([post(sent), post(sent)]);
    expect(first?.body.items).toMatchObject([{ status: 'created' }, { status: 'created' }]);
    expect(second?.body).toEqual(first?.body);
    expect([(await sumsOf(store, 'c1')).orders, (await sumsOf(store, 'c2')).orders]).toEqual([1, 1]);
  });

  it('is not carried out again under its key, even where an event would succeed by now', async () => {
    const store = await storeWith('c1');
    const key = { 'idempotency-key': 'k' };
    const attributes = { orderId: 'o1', refundId: 'r1', amountMinor: 100 };
    const refund = { consumerId: 'c1', type: 'order_refunded', attributes };
    const first = await send([refund], key, store);
    await send([{ ...order, consumerId: 'c1' }], {}, store);
    const again = await send([refund], key, store);
    expect(again).toMatchObject({ status: 200, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect(await sumsOf(store, 'c1')).toMatchObject({ orders: 1, refundedMinor: 0 });
  });

  it.each([
    ['none', [], 'too_short'],
    ['more than 100', Array(101).fill({ ...order, consumerId: 'c1' }), 'too_long'],
  ])('refuses %s as a whole', async (_, events, code) => {
    expect(await send(events)).toMatchObject({ status: 422, body: { errors: [{ path: 'events', code }] } });
  });

  it('takes a hundred events of one consumer', async () => {
    const store = await storeWith('c1');
    const attributes = (n: number) => ({ orderId: `o${n}`, totalMinor: 10 });
    const events = Array.from({ length: 100 }, (_, n) => ({
      consumerId: 'c1',
      eventId: `e${n}`,
      type: 'order_placed',
      attributes: attributes(n),
    }));
    const answer = await send(events, {}, store);
    expect(answer.body.items.every(({ status }: { status: string }) => status === 'created')).toBe(true);
    expect(await sumsOf(store, 'c1')).toMatchObject({ orders: 100, paidMinor: 1_000 });
  });
});

describe('GET /v1/consumers/{consumerId}/events', () => {
  it('lists the newest first, by type and time, page by page', async () => {
    const store = await storeWith('c1');
    const send = calling(store, 'events.record');
    for (let hour = 10; hour < 15; hour++) {
      const type = hour === 12 ? 'review_written' : 'visit';
      await send(ofOne({ type, occurredAt: `2026-02-01T${hour}:00:00Z`, attributes: {} }));
    }
    const page = async (query: string) => {
      const { body } = await calling(store, 'events.list')({ method: 'GET', params: { consumerId: 'c1' }, query });
      return { hours: body.items.map((item: { occurredAt: string }) => item.occurredAt.slice(11, 13)), ...body };
    };
    expect((await page('')).hours).toEqual(['14', '13', '12', '11', '10']);
    expect((await page('type=review_written')).hours).toEqual(['12']);
    expect((await page('from=2026-02-01T11:00:00Z&to=2026-02-01T13:00:00Z')).hours).toEqual(['12', '11']);
    const first = await page('limit=3&type=visit');
    expect(first.hours).toEqual(['14', '13', '11']);
    expect((await page(`limit=3&type=visit&cursor=${encodeURIComponent(first.nextCursor)}`)).hours).toEqual(['10']);
  });

  it.each([
    ['an unknown consumer', 'nobody', '', 404, 'consumer_not_found'],
    ['a forged cursor', 'c1', 'cursor=abc', 400, 'invalid_cursor'],
    ['a limit of none', 'c1', 'limit=0', 422, 'limit_out_of_range'],
    ['a parameter that is none', 'c1', 'sort=asc', 422, 'invalid_request'],
  ])('refuses %s', async (_, consumerId, query, status, code) => {
    const answer = await calling(
      await storeWith('c1'),
      'events.list',
    )({ method: 'GET', params: { consumerId }, query });
    expect(answer).toMatchObject({ status, body: { code } });
  });
});
