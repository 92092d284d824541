import { describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';

const stack = servedForAll({ now: '2027-01-01T00:00:00.000Z' });

const settled = () => stack.call('POST', '/_local/settle');
const advance = (duration: string) => stack.call('PUT', '/_local/clock', { advance: duration });
const born = async (fullName: string): Promise<string> =>
  (await stack.call('POST', '/v1/consumers', { fullName, email: `${fullName}@example.org`, tags: ['vip'] })).body
    .consumerId;
const ordered = (consumerId: string, orderId: string, totalMinor: number) =>
  stack.call('POST', `/v1/consumers/${consumerId}/events`, {
    type: 'order_placed',
    attributes: { orderId, totalMinor },
  });
const detailOf = async (consumerId: string) => (await stack.call('GET', `/v1/consumers/${consumerId}`)).body;
const membersOf = async (segmentId: string): Promise<string[]> =>
  (await stack.call('GET', `/v1/segments/${segmentId}/members`)).body.items.map(
    ({ consumerId }: { consumerId: string }) => consumerId,
  );
const flipsOf = async (consumerId: string) =>
  (await stack.call('GET', '/_local/bus')).body.items
    .filter(({ detail }: { detail: { consumerId: string } }) => detail.consumerId === consumerId)
    .filter(({ detailType }: { detailType: string }) => detailType.startsWith('segment.'))
    .map(({ detailType, detail }: { detailType: string; detail: { at: string; cause: string } }) => [
      detailType,
      detail.at,
      detail.cause,
    ]);

describe('a consumer without activity for two years', () => {
  it('is archived, leaves segments and percentiles, and returns with the next activity', async () => {
    const [anna, bob] = [await born('anna'), await born('bob')];
    await ordered(anna, 'o1', 1_000);
    await ordered(bob, 'o1', 2_000);
    await stack.call('POST', '/v1/segments', {
      segmentId: 'vip',
      name: 'VIP',
      rule: { attribute: 'tags', operator: 'contains', value: 'vip' },
    });
    await settled();
    expect((await membersOf('vip')).sort()).toEqual([anna, bob].sort());
    await advance('P400D');
    await ordered(bob, 'o2', 500);
    await settled();
    expect((await detailOf(bob)).rfm).toMatchObject({ population: 2, monetary: { percentile: 75 } });

    const { lastActivityAt } = await detailOf(anna);
    await advance('P331D');
    const archived = await detailOf(anna);
    expect(archived).toMatchObject({ archived: true, status: 'active', segments: [], lastActivityAt });
    expect(archived.rfm.monetary).toMatchObject({ percentile: null, rank: null });
    expect(await detailOf(bob)).toMatchObject({
      archived: false,
      segments: [{ segmentId: 'vip' }],
      rfm: { population: 1, monetary: { percentile: 50 } },
    });
    expect(await membersOf('vip')).toEqual([bob]);
    const at = new Date(Date.parse(lastActivityAt) + 730 * 86_400_000).toISOString();
    expect((await flipsOf(anna)).at(-1)).toEqual(['segment.left', at, 'time']);

    await ordered(anna, 'o2', 5_000);
    await settled();
    await advance('PT10S');
    expect(await detailOf(anna)).toMatchObject({
      archived: false,
      segments: [{ segmentId: 'vip' }],
      rfm: { population: 2, monetary: { percentile: 75 } },
    });
  }, 240_000);

  it('is archived earlier or later if staff change the number of days', async () => {
    const carla = await born('carla');
    await advance('P40D');
    const set = (archiveAfterDays: number) => stack.call('PUT', '/v1/settings/profile', { archiveAfterDays });
    const isArchived = async () => {
      await settled();
      return (await detailOf(carla)).archived;
    };
    expect(await isArchived()).toBe(false);
    expect((await set(30)).status).toBe(200);
    expect(await isArchived()).toBe(true);
    expect((await set(60)).status).toBe(200);
    expect(await isArchived()).toBe(false);
    await advance('P21D');
    expect(await isArchived()).toBe(true);
    const { body } = await stack.call('GET', '/_local/executions');
    const rebuilds = body.items.filter(({ name }: { name: string }) => /archive-rebuild/.test(name));
    for (const { status } of rebuilds) expect(status).toBe('SUCCEEDED');
  }, 240_000);

  it('is processed by a job that reports when it is next due', async () => {
    const { status, body } = await stack.call('POST', '/_local/jobs/archive-inactive');
    expect(status).toBe(200);
    expect(body.result ?? body).toMatchObject({ examined: 0, changed: 0 });
  });
});
