import { beforeAll, describe, expect, it } from '@jest/globals';
import { type ServedStack, servedForAll } from '../support/served-stack.ts';

const stack = servedForAll();
let consumerId: string;
beforeAll(async () => {
  consumerId = (await stack.call('POST', '/v1/consumers', { email: 'kept@example.com' })).body.consumerId;
}, 120_000);

const order = (attributes: object, more: object = {}) => ({
  type: 'order_placed',
  attributes: { orderId: 'o1', totalMinor: 100, ...attributes },
  ...more,
});

describe('invalid input', () => {
  const CREATE: [string, unknown, number, string][] = [
    ['no JSON', '{"email":', 400, ''],
    ['text that is no object', '"hello"', 422, ''],
    ['a list', [], 422, ''],
    ['an unknown field', { email: 'a@example.com', colour: 'red' }, 422, 'colour'],
    ['a number for a text', { email: 7 }, 422, 'email'],
    ['no email', { email: 'nobody' }, 422, 'email'],
    ['no phone', { phone: '12' }, 422, 'phone'],
    ['a day that does not exist', { email: 'a@example.com', birthday: '1990-02-30' }, 422, 'birthday'],
    ['a birthday to come', { email: 'a@example.com', birthday: '2990-02-28' }, 422, 'birthday'],
    ['NUL in a text', { email: 'a@example.com', fullName: 'a\0b' }, 422, 'fullName'],
    ['a lone surrogate', '{"email":"a@example.com","fullName":"\\ud800"}', 422, 'fullName'],
    ['a key of the prototype chain', '{"email":"a@example.com","answers":{"__proto__":"x"}}', 422, 'answers.__proto__'],
    ['a tag of a megabyte', { email: 'a@example.com', tags: ['x'.repeat(1_000_000)] }, 413, ''],
    ['a tag of a kilobyte', { email: 'a@example.com', tags: ['x'.repeat(1_000)] }, 422, 'tags.0'],
    ['a computed field', { email: 'a@example.com', lifetimeValueMinor: 1 }, 422, 'lifetimeValueMinor'],
  ];
  const EVENT: [string, unknown, number, string][] = [
    ['negative money', order({ totalMinor: -1 }), 422, 'attributes.totalMinor'],
    ['a fraction of a cent', order({ totalMinor: 10.5 }), 422, 'attributes.totalMinor'],
    ['money as text', order({ totalMinor: '100' }), 422, 'attributes.totalMinor'],
    ['more money than there is', order({ totalMinor: 1e300 }), 422, 'attributes.totalMinor'],
    ['no order id', order({ orderId: undefined }), 422, 'attributes.orderId'],
    ['another currency', order({ currency: 'EUR' }), 422, 'attributes.currency'],
    ['an unknown attribute', order({ colour: 'red' }), 422, 'attributes.colour'],
    [
      'a fractional quantity',
      order({ items: [{ sku: 'a', quantity: 0.5, unitPriceMinor: 1 }] }),
      422,
      'attributes.items.0.quantity',
    ],
    ['a date that does not exist', order({}, { occurredAt: '2026-02-30T00:00:00Z' }), 422, 'occurredAt'],
    ['a date before 1970', order({}, { occurredAt: '1969-12-31T23:59:59Z' }), 422, 'occurredAt'],
    ['a date to come', order({}, { occurredAt: '2999-01-01T00:00:00Z' }), 422, 'occurredAt'],
    ['a type that only Regulars records', { type: 'loyalty_score_adjusted', attributes: { delta: 1 } }, 422, 'type'],
    ['no name of a type', { type: 'Bad Name', attributes: {} }, 422, 'type'],
    ['more than 8 KB of free attributes', { type: 'poem', attributes: { text: 'x'.repeat(9_000) } }, 422, 'attributes'],
    [
      'a refund of zero',
      { type: 'order_refunded', attributes: { orderId: 'n', refundId: 'r', amountMinor: 1 } },
      422,
      '',
    ],
  ];

  const expectProblem = (answer: Awaited<ReturnType<ServedStack['call']>>, status: number, path: string) => {
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(answer.body).toMatchObject({ status, code: expect.any(String), requestId: expect.any(String) });
    if (path !== '') expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path);
    for (const error of answer.body.errors ?? []) expect(error).toMatchObject({ code: expect.any(String) });
  };

  it.each(CREATE)(
    'in a new consumer, %s, returns a problem that names it and creates no consumer',
    async (_, body, status, path) => {
      expectProblem(await stack.call('POST', '/v1/consumers', body), status, path);
      const { body: page } = await stack.call('GET', '/v1/consumers');
      expect(page.items).toHaveLength(1);
    },
  );

  it.each(EVENT)(
    'in an event, %s, returns a problem that names it and records nothing',
    async (_, body, status, path) => {
      expectProblem(await stack.call('POST', `/v1/consumers/${consumerId}/events`, body), status, path);
      const { body: page } = await stack.call('GET', `/v1/consumers/${consumerId}/events`);
      expect(page.items).toEqual([]);
    },
  );

  it.each([
    ['/v1/consumers?limit=0', 422, 'limit_out_of_range'],
    ['/v1/consumers?limit=101', 422, 'limit_out_of_range'],
    ['/v1/consumers?limit=ten', 422, 'limit_out_of_range'],
    ['/v1/consumers?cursor=forged', 400, 'invalid_cursor'],
    ['/v1/consumers?colour=red', 422, 'invalid_request'],
    ['/v1/consumers?status=asleep', 422, 'invalid_request'],
    ['/v1/consumers/lookup', 422, 'invalid_request'],
    ['/v1/consumers/lookup?email=a@example.com&phone=%2B447911123456', 422, 'invalid_request'],
    ['/v1/consumers/nobody', 404, 'consumer_not_found'],
    ['/v1/settings/nothing', 404, 'not_found'],
  ])('in the address %s is %i %s', async (path, status, code) => {
    const answer = await stack.call('GET', path);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('is refused for a wrong media type, and for a body too large for the gateway', async () => {
    const text = await stack.call('POST', '/v1/consumers', '{}', { headers: { 'content-type': 'text/plain' } });
    expect([text.status, text.body.code]).toEqual([415, 'unsupported_media_type']);
    const huge = await stack.call('POST', '/v1/consumers', `{"fullName":"${'x'.repeat(11_000_000)}"}`);
    expect(huge.status).toBe(413);
  });

  it('does not affect other events of a batch', async () => {
    const lookup = { email: 'kept@example.com' };
    const events = [
      { lookup, type: 'visit', attributes: {} },
      { lookup, type: 'order_placed', attributes: { orderId: 'x', totalMinor: -1 } },
      { lookup: { email: 'nobody@example.com' }, type: 'visit', attributes: {} },
      'a value that is no event',
      { lookup, type: 'visit', attributes: {} },
    ];
    const { status, body } = await stack.call('POST', '/v1/events/batch', { events });
    expect(status).toBe(200);
    expect(body.items.map((item: { status: string }) => item.status)).toEqual([
      'created',
      'rejected',
      'rejected',
      'rejected',
      'created',
    ]);
    expect(body.items[2].problem.code).toBe('consumer_not_found');
  });

  it('does not include valid text that looks dangerous, which is stored verbatim', async () => {
    const fullName = `Robert'); DROP TABLE consumers;-- <script>alert("1")</script> \${x} 名前 🙂`;
    const made = await stack.call('POST', '/v1/consumers', { email: 'bobby@example.com', fullName });
    expect(made.status).toBe(201);
    expect((await stack.call('GET', `/v1/consumers/${made.body.consumerId}`)).body.fullName).toBe(fullName);
  });
});
