import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { strFromU8, unzipSync } from 'fflate';
import { servedForAll } from '../support/served-stack.ts';

const START = '2026-03-01T12:00:00.000Z';
const EVENTS = 1_200;
const stack = servedForAll({ now: START });
let ada: string;
beforeAll(async () => {
  await stack.call('PUT', '/v1/settings/earning-rules', {
    rules: [{ ruleId: 'orders', event: 'order_placed', pointsPerMajorUnit: 1 }],
  });
  await stack.call('POST', '/v1/lists', { listId: 'friends', name: 'Friends' });
  await stack.call('POST', '/v1/rewards', { rewardId: 'mug', name: '+Mug', costPoints: 5 });
  const born = { email: 'ada@example.com', phone: '+447911123456', fullName: '=Ada', externalIds: { shop: 'shop-42' } };
  ada = (await stack.call('POST', '/v1/consumers', { ...born, customAttributes: { size: '-M' } })).body.consumerId;
  await stack.call('PUT', `/v1/lists/friends/members/${ada}`);
  for (let from = 0; from < EVENTS; from += 100) {
    const events = Array.from({ length: 100 }, (_, n) => eventOf(from + n));
    const { body } = await stack.call('POST', '/v1/events/batch', { events });
    const statuses = new Set(body.items.map(({ status }: { status: string }) => status));
    if (statuses.size !== 1 || !statuses.has('created')) throw new Error(JSON.stringify(body.items[0]));
  }
  await stack.call('POST', `/v1/consumers/${ada}/reward-claims`, { rewardId: 'mug', claimId: 'claim-1' });
}, 240_000);

/** Every tenth is an order. */
const eventOf = (n: number) => ({
  ...{ consumerId: ada, eventId: `event-${n}`, occurredAt: new Date(Date.parse(START) - n * 60_000).toISOString() },
  ...(n % 10 === 0
    ? { type: 'order_placed', attributes: { orderId: `order-${n}`, totalMinor: 1_000 + n } }
    : { type: 'remark_made', attributes: { remark: `@remark ${n}, "quoted"\nand 東京` } }),
});
const sentIds = Array.from({ length: EVENTS }, (_, n) => `event-${n}`);
const settled = () => stack.call('POST', '/_local/settle');
const asked = async (body: object): Promise<string> => {
  const told = await stack.call('POST', `/v1/consumers/${ada}/exports`, body);
  expect(told).toMatchObject({ status: 202, body: { status: 'running' } });
  return told.body.exportId;
};
const found = (exportId: string) => stack.call('GET', `/v1/exports/${exportId}`);
const linkTo = async (exportId: string): Promise<string> => {
  await settled();
  const { body } = await found(exportId);
  expect(body).toMatchObject({ exportId, status: 'completed', downloadUrl: expect.stringMatching(`^${stack.url}/`) });
  return body.downloadUrl;
};
/** Downloads without a token, as a browser does. */
const fetched = async (link: string): Promise<Uint8Array> => {
  const response = await fetch(link);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
};
const sorted = (ids: string[]): string[] => [...ids].sort();

describe('the members of a list', () => {
  it.each([
    ['by name', '?format=csv', {}],
    ['by what is accepted', '', { accept: 'text/csv' }],
  ])('are a table where that is asked for %s', async (_, query, headers) => {
    const told = await stack.call('GET', `/v1/lists/friends/members${query}`, undefined, { headers });
    expect([told.status, told.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
    expect(parse(told.body, { columns: true })).toMatchObject([{ consumerId: ada, fullName: "'=Ada" }]);
  });
});

describe('an export of an active consumer', () => {
  it('as JSON contains each sent fact once', async () => {
    const file = JSON.parse(strFromU8(await fetched(await linkTo(await asked({ format: 'json' })))));
    const { sections } = file;
    expect(file.consumerId).toBe(ada);
    const own = sections.events.filter(({ eventId }: { eventId: string }) => eventId.startsWith('event-'));
    expect(sorted(own.map(({ eventId }: { eventId: string }) => eventId))).toEqual(sorted(sentIds));
    for (const { eventId, type, attributes, occurredAt } of own) {
      const { consumerId: _, ...sent } = eventOf(Number(eventId.slice(6)));
      expect({ eventId, type, attributes, occurredAt }).toEqual(sent);
    }
    const orders = sections.points.entries.filter(({ orderId }: { orderId?: string }) => orderId !== undefined);
    expect(new Set(orders.map(({ orderId }: { orderId: string }) => orderId)).size).toBe(EVENTS / 10);
    expect(orders).toHaveLength(EVENTS / 10);
    const { points } = (await stack.call('GET', `/v1/consumers/${ada}`)).body;
    expect(points).toMatchObject(sections.points.balances);
    expect(sections).toMatchObject({
      profile: { fullName: '=Ada', email: 'ada@example.com', phone: '+447911123456', customAttributes: { size: '-M' } },
      identity: { identityLevel: 'registered', membership: 'opted_in' },
      sync_sources: [{ source: 'shop', externalId: 'shop-42' }],
      memberships: { lists: [{ listId: 'friends', name: 'Friends' }] },
      rewards: [{ claimId: 'claim-1', rewardId: 'mug', name: '+Mug', points: 5 }],
    });
  }, 60_000);

  it('as tables contains the same without formulas', async () => {
    const link = await linkTo(await asked({ format: 'csv' }));
    const files = unzipSync(await fetched(link));
    const rowsOf = (name: string): string[][] =>
      parse(strFromU8(files[`${name}.csv`] ?? new Uint8Array()), { recordDelimiter: '\r\n' });
    const [columns = [], ...events] = rowsOf('events');
    const cell = (row: string[], name: string) => row[columns.indexOf(name)] ?? '';
    const own = events.filter((row) => cell(row, 'eventId').startsWith('event-'));
    expect(sorted(own.map((row) => cell(row, 'eventId')))).toEqual(sorted(sentIds));
    for (const row of own) {
      const sent = eventOf(Number(cell(row, 'eventId').slice(6)));
      expect(JSON.parse(cell(row, 'attributes'))).toEqual(sent.attributes);
    }
    expect(rowsOf('profile')).toEqual(
      expect.arrayContaining([
        ['fullName', "'=Ada"],
        ['phone', "'+447911123456"],
        ['customAttributes.size', "'-M"],
      ]),
    );
    expect(rowsOf('rewards')[1]).toContain("'+Mug");
    for (const name of Object.keys(files)) {
      for (const text of rowsOf(name.replace('.csv', '')).flat()) expect(text).not.toMatch(/^[=+\-@\t\r]/);
    }
  }, 60_000);

  it('names no consumer in executions, links and logs', async () => {
    const exportId = await asked({ format: 'json', sections: ['profile'] });
    const link = await linkTo(exportId);
    const { items } = (await stack.call('GET', '/_local/executions')).body;
    const mine = items.filter(({ name }: { name: string }) => name === `export-${exportId}`);
    expect(mine).toHaveLength(1);
    for (const text of [link, JSON.stringify(mine), readFileSync(join(stack.data, 'lambda.log'), 'utf8')]) {
      for (const secret of [ada, 'ada@example.com', '447911123456', '=Ada']) expect(text).not.toContain(secret);
    }
  });

  it('has a link that expires after 15 minutes and can be renewed', async () => {
    const exportId = await asked({ format: 'json', sections: ['identity'] });
    const link = await linkTo(exportId);
    await stack.call('PUT', '/_local/clock', { advance: 'PT14M' });
    expect((await fetch(link)).status).toBe(200);
    await stack.call('PUT', '/_local/clock', { advance: 'PT1M' });
    expect((await fetch(link)).status).toBe(403);
    const anew = await linkTo(exportId);
    expect((await fetch(anew)).status).toBe(200);
    expect((await fetch(anew.replace(exportId, exportId.replace(/.$/, '0')))).status).toBe(403);
  });

  it('survives a kill of the stack after the request and after writing', async () => {
    const written = await asked({ format: 'json', sections: ['identity'] });
    const link = await linkTo(written);
    const begun = await asked({ format: 'csv' });
    await stack.kill();
    await stack.startAgain({ sameAddress: true });
    expect((await fetch(link)).status).toBe(200);
    expect(Object.keys(unzipSync(await fetched(await linkTo(begun))))).toHaveLength(10);
  }, 120_000);

  it('is removed after one day, record and file', async () => {
    const exportId = await asked({ format: 'json', sections: ['identity'] });
    await linkTo(exportId);
    const [bucket = ''] = readdirSync(join(stack.data, 's3'));
    const kept = () => readdirSync(join(stack.data, 's3', bucket, 'content'));
    expect(kept()).not.toEqual([]);
    await stack.call('PUT', '/_local/clock', { advance: 'P1D' });
    expect((await found(exportId)).status).toBe(404);
    expect(kept()).toEqual([]);
  }, 120_000);
});
