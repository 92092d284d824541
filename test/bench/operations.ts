/** What operations ask of DynamoDB: requests and capacity units, counted by the local stack. */
import type { Client } from '../../infra/local/client/client.ts';
import type { Measured } from './budget.ts';
import { atMost, told } from './budget.ts';

interface Asked {
  requests: number;
  readUnits: number;
  writeUnits: number;
}

/** Everything that the functions of HTTP calls ask of the table during `run`. */
const askedBy = async (client: Client, capability: string, run: () => Promise<unknown>): Promise<Asked> => {
  await client.call('POST', '/_local/settle');
  await client.call('DELETE', '/_local/metrics');
  await run();
  const { body } = await client.call('GET', '/_local/metrics');
  const { functions } = body as { functions: Record<string, Record<string, Asked>> };
  const sum = { requests: 0, readUnits: 0, writeUnits: 0 };
  for (const { requests, readUnits, writeUnits } of Object.values(functions[capability] ?? {})) {
    sum.requests += requests;
    sum.readUnits += readUnits;
    sum.writeUnits += writeUnits;
  }
  return sum;
};

/** Settings of a usual programme: what orders and reviews earn, and a ladder of tiers. */
const setUpProgramme = async (client: Client): Promise<void> => {
  const rules = [
    { ruleId: 'orders', event: 'order_placed', pointsPerMajorUnit: 1, expiresAfterDays: 365 },
    { ruleId: 'reviews', event: 'review_written', points: 50, capPerDay: 100 },
  ];
  const tiers = ['bronze', 'silver', 'gold'].map((tierId, n) => ({ tierId, name: tierId, threshold: n * 1_000 }));
  await client.call('PUT', '/v1/settings/earning-rules', { rules });
  await client.call('PUT', '/v1/settings/tiers', { tiers });
};

/** A typical consumer: two years of orders, messages and visits, tags and answers. */
const typicalConsumer = async (client: Client): Promise<string> => {
  const profile = {
    email: 'typical@example.com',
    fullName: 'Typical Example',
    phone: '+447700900123',
    tags: ['collector', { name: 'VIP', type: 'vip_status' }],
    answers: { favourite_genre: 'jazz' },
  };
  const { body } = await client.call('POST', '/v1/consumers', profile);
  const { consumerId } = body as { consumerId: string };
  const at = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const events = Array.from({ length: 24 }, (_, n) => [
    { type: 'order_placed', occurredAt: at(30 * n + 10), attributes: { orderId: `o${n}`, totalMinor: 2_933 } },
    { type: 'message_sent', occurredAt: at(30 * n + 9), attributes: { messageId: `m${n}`, channel: 'email' } },
    { type: 'message_engaged', occurredAt: at(30 * n + 8), attributes: { messageId: `m${n}`, channel: 'email' } },
    { type: 'visit', occurredAt: at(30 * n + 7), attributes: { geo: { city: 'Leeds', timezone: 'Europe/London' } } },
  ]).flat();
  await client.call('POST', '/v1/events/batch', { events: events.map((event) => ({ consumerId, ...event })) });
  return consumerId;
};

/** A full list of brand advocates, each of whom did all that counts. */
const rankAdvocates = async (client: Client): Promise<void> => {
  const types = ['friend_referred', 'review_written', 'share_impression', 'content_shared'];
  const events: object[] = [];
  for (let n = 0; n < 25; n++) {
    const { body } = await client.call('POST', '/v1/consumers', { fullName: `Advocate Example ${n}` });
    const { consumerId } = body as { consumerId: string };
    events.push(...types.map((type) => ({ consumerId, type, attributes: {} })));
  }
  await client.call('POST', '/v1/events/batch', { events });
  await client.call('POST', '/_local/jobs/influencer-scoring');
};

export const measureOperations = async (client: Client): Promise<Measured[]> => {
  await setUpProgramme(client);
  const consumerId = await typicalConsumer(client);
  const read = () => client.call('GET', `/v1/consumers/${consumerId}`);
  const record = (type: string, attributes: object) =>
    client.call('POST', `/v1/consumers/${consumerId}/events`, { type, attributes });
  // Each function is awake before it is counted: what it reads while starting is not the operation's. Nor is the
  // summary, which serves for some seconds once there is one.
  await client.call('POST', '/_local/settle');
  await read();
  await record('visit', {});
  const detail = await askedBy(client, 'consumers', read);
  const order = await askedBy(client, 'events', () => record('order_placed', { orderId: 'new', totalMinor: 4_900 }));
  const visit = await askedBy(client, 'events', () => record('visit', { geo: { city: 'Leeds' } }));
  const points = (body: object, key?: string) =>
    client.call(
      'POST',
      `/v1/consumers/${consumerId}/points`,
      body,
      key === undefined ? {} : { 'idempotency-key': key },
    );
  await points({ type: 'add', points: 1, reason: 'to wake up' });
  const spend = { type: 'spend', points: 30, reason: 'till' };
  const spent = await askedBy(client, 'points', () => points(spend));
  const keyed = await askedBy(client, 'points', () => points(spend, 'bench'));
  const orderKeyed = await askedBy(client, 'events', () =>
    client.call(
      'POST',
      `/v1/consumers/${consumerId}/events`,
      { type: 'order_placed', attributes: { orderId: 'keyed', totalMinor: 4_900 } },
      { 'idempotency-key': 'bench-order' },
    ),
  );
  const sent = await askedBy(client, 'events', () => record('message_sent', { messageId: 'new', channel: 'email' }));
  await rankAdvocates(client);
  const advocates = await askedBy(client, 'advocates', () => client.call('GET', '/v1/brand-advocates'));
  return [
    atMost('read the whole consumer detail', 2, detail.requests, 'calls'),
    atMost('read the whole consumer detail, percentiles included', 1.5, detail.readUnits, 'RCU'),
    atMost('record an order that earns points', 2, order.requests, 'calls'),
    atMost('record an order that earns points, reading', 2, order.readUnits, 'RCU'),
    atMost('record an order that earns points, writing', 12, order.writeUnits, 'WCU'),
    told('the same under an Idempotency-Key, writing', `${orderKeyed.writeUnits} WCU`),
    atMost('spend points', 2, spent.requests, 'calls'),
    atMost('spend points, writing', 10, spent.writeUnits, 'WCU'),
    atMost('spend points under an Idempotency-Key, writing', 10, keyed.writeUnits, 'WCU'),
    atMost('record a visit', 2, visit.requests, 'calls'),
    atMost('record a visit, writing', 8, visit.writeUnits, 'WCU'),
    atMost('record a sent message, writing', 8, sent.writeUnits, 'WCU'),
    atMost('list 25 brand advocates', 1, advocates.requests, 'calls'),
    atMost('list 25 brand advocates, of 4 to 8 KB', 1, advocates.readUnits, 'RCU'),
  ];
};
