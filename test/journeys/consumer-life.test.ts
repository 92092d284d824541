import { describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';

const DAY_MS = 86_400_000;
const stack = servedForAll();

let people = 0;
const newConsumer = async (more: Record<string, unknown> = {}) => {
  people += 1;
  const answer = await stack.call('POST', '/v1/consumers', { email: `person${people}@example.com`, ...more });
  expect(answer.status).toBe(201);
  return answer.body as { consumerId: string; email: string; version: number };
};
const detailOf = async (consumerId: string) => (await stack.call('GET', `/v1/consumers/${consumerId}`)).body;
const record = (consumerId: string, event: object) => stack.call('POST', `/v1/consumers/${consumerId}/events`, event);
const nowMs = async () => Date.parse((await stack.call('GET', '/_local/clock')).body.now);
const at = (ms: number) => new Date(ms).toISOString();

describe('the life of a consumer', () => {
  it('yields the same figures as a naive sum of its events', async () => {
    const { consumerId } = await newConsumer({ fullName: 'Ada Example' });
    const now = await nowMs();
    const ago = (days: number) => at(now - days * DAY_MS);
    const orders = [
      { orderId: 'a', totalMinor: 7_402, occurredAt: ago(200) },
      { orderId: 'b', totalMinor: 51_000, occurredAt: ago(95.5) },
      { orderId: 'c', totalMinor: 999, occurredAt: ago(12) },
    ];
    const refund = { orderId: 'b', refundId: 'r', amountMinor: 17_000, returned: true };
    const events = [
      ...orders.map(({ occurredAt, ...attributes }) => ({ type: 'order_placed', occurredAt, attributes })),
      { type: 'order_refunded', occurredAt: ago(90), attributes: refund },
      { type: 'message_sent', occurredAt: ago(8), attributes: { messageId: 'm1', channel: 'email' } },
      { type: 'message_sent', occurredAt: ago(7), attributes: { messageId: 'm2', channel: 'email' } },
      { type: 'message_engaged', occurredAt: ago(6), attributes: { messageId: 'm1', channel: 'email' } },
      { type: 'review_written', occurredAt: ago(5), attributes: {} },
      { type: 'visit', occurredAt: ago(4), attributes: { geo: { city: 'Leeds', timezone: 'Europe/London' } } },
    ];
    for (const event of events) expect((await record(consumerId, event)).status).toBe(201);
    const detail = await detailOf(consumerId);

    const paid = orders.reduce((sum, order) => sum + order.totalMinor, 0);
    expect(detail.customerValue).toMatchObject({
      orders: 3,
      lifetimeValueMinor: paid - 17_000,
      averageOrderValueMinor: Math.round(paid / 3),
    });
    expect(detail.purchaseRecency).toMatchObject({ lastOrderAt: ago(12), status: 'active' });
    expect(detail.purchaseRecency.daysSinceLastOrder).toBeCloseTo(12, 1);
    expect(detail.purchaseRecency.orderCadenceDays).toBeCloseTo((200 - 12) / 2, 1);
    expect(detail.engagementHealth).toMatchObject({ messagesSent: 2, messagesEngaged: 1, responseRatePercent: 50 });
    expect(detail.accountHealth.returnRatePercent).toBe(33.33);
    expect(detail.locationContext).toMatchObject({ city: 'Leeds', timezone: 'Europe/London' });

    const weight = (totalMinor: number) => Math.min(40, 10 + totalMinor / 1000);
    const score = [
      [weight(7_402), 200],
      [weight(51_000) * (34_000 / 51_000), 95.5],
      [weight(999), 12],
      [1, 6],
      [3, 5],
    ].reduce((sum, [points = 0, days = 0]) => sum + points * 2 ** (-days / 90), 0);
    expect(detail.loyalty.score).toBeCloseTo(score, 1);
    expect(detail.accountHealth.churnRisk.probability).toBeGreaterThan(0);
    expect(detail.accountHealth.churnRisk.probability).toBeLessThan(1);
  });

  it('yields the same figures in any order of arrival and with duplicates', async () => {
    const now = await nowMs();
    const events = [
      { eventId: 'e1', type: 'order_placed', attributes: { orderId: 'o1', totalMinor: 1000 } },
      { eventId: 'e2', type: 'order_placed', attributes: { orderId: 'o2', totalMinor: 2500 } },
      { eventId: 'e3', type: 'message_engaged', attributes: { messageId: 'm1', channel: 'sms' } },
      { eventId: 'e4', type: 'message_sent', attributes: { messageId: 'm1', channel: 'sms' } },
      { eventId: 'e5', type: 'visit', attributes: { geo: { city: 'Lyon' } } },
      { eventId: 'e6', type: 'participated', attributes: { experienceId: 'x', distribution: 'draw' } },
    ].map((event, index) => ({ ...event, occurredAt: at(now - (index + 1) * 7 * DAY_MS) }));
    const told = async (order: typeof events) => {
      const { consumerId } = await newConsumer();
      for (const event of order) expect((await record(consumerId, event)).status).toBe(201);
      const again = await record(consumerId, order[0] ?? {});
      expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
      const { customerValue, purchaseRecency, engagementHealth, locationContext } = await detailOf(consumerId);
      const { percentile: _, ...value } = customerValue;
      const { daysSinceLastOrder: __, ...recency } = purchaseRecency;
      return { value, recency, engagementHealth, city: locationContext.city };
    };
    const forwards = await told(events);
    expect(await told(events.toReversed())).toEqual(forwards);
    expect(forwards.value).toMatchObject({ orders: 2, lifetimeValueMinor: 3500 });
  });

  it('keeps contacts unique under fifty concurrent requests', async () => {
    const tries = Array.from({ length: 50 }, () => stack.call('POST', '/v1/consumers', { email: 'one@example.com' }));
    const statuses = (await Promise.all(tries)).map(({ status, body }) => `${status} ${body.code ?? ''}`.trim());
    expect(statuses.filter((status) => status === '201')).toHaveLength(1);
    expect(statuses.filter((status) => status === '409 contact_taken')).toHaveLength(49);
  }, 60_000);

  it('counts each of two hundred concurrent events', async () => {
    const { consumerId } = await newConsumer();
    const sends = Array.from({ length: 200 }, (_, n) =>
      record(consumerId, { type: 'order_placed', attributes: { orderId: `o${n}`, totalMinor: n } }),
    );
    const statuses = (await Promise.all(sends)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([201]));
    const { customerValue } = await detailOf(consumerId);
    expect(customerValue).toMatchObject({ orders: 200, lifetimeValueMinor: (199 * 200) / 2 });
  }, 120_000);

  it('includes search by prefixes of name, email and phone, and edits of editable fields only', async () => {
    const { consumerId } = await newConsumer({ fullName: 'Zinedine Quartz', phone: '+447911123456' });
    for (const search of ['quar', 'zin qua', '+4479111234', 'ZINEDINE']) {
      const { body } = await stack.call('GET', `/v1/consumers?search=${encodeURIComponent(search)}`);
      expect([search, body.items.map((item: { consumerId: string }) => item.consumerId)]).toEqual([
        search,
        [consumerId],
      ]);
    }
    const refused = await stack.call('PATCH', `/v1/consumers/${consumerId}`, { customerValue: { orders: 9 } });
    expect([refused.status, refused.body.errors[0].code]).toEqual([422, 'not_editable']);
    const stale = { headers: { 'if-match': '"999"' } };
    const conflict = await stack.call('PATCH', `/v1/consumers/${consumerId}`, { gender: 'x' }, stale);
    expect([conflict.status, conflict.body.code]).toEqual([409, 'version_conflict']);
  });

  it('repeats the response to a retry and refuses another request under the same key', async () => {
    const options = { headers: { 'idempotency-key': 'once' } };
    const first = await stack.call('POST', '/v1/consumers', { email: 'key@example.com' }, options);
    const again = await stack.call('POST', '/v1/consumers', { email: 'key@example.com' }, options);
    const other = await stack.call('POST', '/v1/consumers', { email: 'other@example.com' }, options);
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true']);
    expect(again.body).toEqual(first.body);
    expect([other.status, other.body.code]).toEqual([409, 'idempotency_key_reused']);
  });
});

describe('tokens', () => {
  it.each<[string, () => Promise<string | null>, number]>([
    ['no token', async () => null, 401],
    ['garbage', async () => 'garbage', 401],
    ['an expired token', () => stack.token('admin', -60), 401],
    ['a forged token', async () => forged(await stack.token('storefront')), 401],
    ['a token without the scope', () => stack.token('storefront'), 403],
    ['a token with the scope', () => stack.token('admin'), 200],
  ])('%s is met as API Gateway would', async (_, make, status) => {
    const answer = await stack.call('GET', '/v1/settings/organization', undefined, { token: await make() });
    expect(answer.status).toBe(status);
  });
});

/** The same token with the admin's scope written into it, under the old signature. */
const forged = (token: string): string => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const better = Buffer.from(JSON.stringify({ ...claims, scope: 'regulars/admin' })).toString('base64url');
  return [header, better, signature].join('.');
};
