import { describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';

const stack = servedForAll({ now: '2027-01-01T00:00:00.000Z' });

const advance = (period: string) => stack.call('PUT', '/_local/clock', { advance: period });
const detailOf = async (consumerId: string) => (await stack.call('GET', `/v1/consumers/${consumerId}`)).body;
const bandChanges = async () => {
  const { body } = await stack.call('GET', '/_local/bus');
  return body.items.filter((item: { detailType: string }) => item.detailType === 'loyalty.band_changed');
};

describe('as time goes by', () => {
  let consumerId: string;

  it('an order grows old, and the answers with it', async () => {
    consumerId = (await stack.call('POST', '/v1/consumers', { email: 'time@example.com' })).body.consumerId;
    const order = { type: 'order_placed', attributes: { orderId: 'o', totalMinor: 30_000 } };
    await stack.call('POST', `/v1/consumers/${consumerId}/events`, order);
    await stack.call('POST', '/_local/settle');
    const statuses: string[] = [];
    for (const days of [0, 7, 23, 30]) {
      if (days > 0) expect((await advance(`P${days}D`)).status).toBe(200);
      statuses.push((await detailOf(consumerId)).purchaseRecency.status);
    }
    expect(statuses).toEqual(['fresh', 'active', 'at_risk', 'dormant']);
  }, 120_000);

  it('a loyalty band is left at the instant at which decay reaches it, and the bus is told once', async () => {
    expect((await advance('P3D')).status).toBe(200);
    await stack.call('POST', '/_local/settle');
    const changes = (await bandChanges()).filter((item: { detail: { cause: string } }) => item.detail.cause === 'time');
    expect(changes).toHaveLength(1);
    // 40 points of the order at its instant, halved every 90 days, fall to 25 after 90 · log2(40 / 25) days.
    const expectedDays = 90 * Math.log2(40 / 25);
    const { body } = await stack.call('GET', `/v1/consumers/${consumerId}/events`);
    const days = (Date.parse(changes[0].detail.at) - Date.parse(body.items[0].occurredAt)) / 86_400_000;
    expect(days).toBeCloseTo(expectedDays, 3);
    expect(changes[0].detail).toMatchObject({ consumerId, from: 'returning', to: 'new' });
  }, 60_000);

  it('brand advocates are ranked each Monday, and a whole month leaves an activity 95 % of its points', async () => {
    const { consumerId: advocate } = (await stack.call('POST', '/v1/consumers', { fullName: 'Ada' })).body;
    await stack.call('POST', `/v1/consumers/${advocate}/events`, { type: 'friend_referred', attributes: {} });
    // From Friday, March 5, to Tuesday, April 6.
    await advance('P32D');
    const { computedAt, items } = (await stack.call('GET', '/v1/brand-advocates')).body;
    expect(computedAt).toBe('2027-04-05T05:00:00.000Z');
    const activities = [{ type: 'friend_referred', count: 1, points: 19 }];
    expect(items).toEqual([{ rank: 1, consumerId: advocate, fullName: 'Ada', score: 19, activities }]);
    expect((await stack.call('POST', '/_local/jobs/influencer-scoring')).body).toMatchObject({
      result: { consumers: 2, advocates: 1 },
    });
    await stack.call('PATCH', `/v1/consumers/${advocate}`, { fullName: 'Ada Example' });
    await stack.call('POST', '/_local/settle');
    const named = (await stack.call('GET', '/v1/brand-advocates')).body.items;
    expect(named).toMatchObject([{ fullName: 'Ada Example', score: 19 }]);
  }, 60_000);

  it('the clock never goes back, and tokens stay valid', async () => {
    const back = await stack.call('PUT', '/_local/clock', { now: '2020-01-01T00:00:00.000Z' });
    expect(back.status).toBe(409);
    expect((await stack.call('GET', '/v1/consumers')).status).toBe(200);
  });

  it('percentiles are the same kept from day to day as made anew', async () => {
    const before = (await detailOf(consumerId)).rfm;
    expect((await stack.call('POST', '/_local/jobs/insights-rebuild')).status).toBe(200);
    const after = (await detailOf(consumerId)).rfm;
    expect(after.monetary).toEqual(before.monetary);
    expect(after.population).toBe(1);
  }, 60_000);

  it('everything is there after a stop and a start', async () => {
    const before = await detailOf(consumerId);
    await stack.stop();
    await stack.startAgain();
    const after = await detailOf(consumerId);
    expect(after.customerValue).toEqual(before.customerValue);
    expect(after.createdAt).toBe(before.createdAt);
    const { body } = await stack.call('GET', '/_local/clock');
    expect(Date.parse(body.now)).toBeGreaterThan(Date.parse('2027-03-02T00:00:00.000Z'));
  }, 120_000);
});
