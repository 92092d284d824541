import { beforeEach, describe, expect, it } from '@jest/globals';
import { metricsOf } from '../support/records.ts';
import { shop } from '../support/shop.ts';

let { call, store } = shop();
beforeEach(() => {
  ({ call, store } = shop());
});
const read = (document: string) => call('readSettings', { method: 'GET', params: { document } });
const write = (document: string, body: unknown, headers = {}) =>
  call('writeSettings', { method: 'PUT', params: { document }, body, headers, client: 'console' });

describe('settings', () => {
  it.each([
    { document: 'organization', holds: { currency: 'USD', timezone: 'UTC' } },
    { document: 'profile', holds: { archiveAfterDays: 730 } },
    { document: 'loyalty', holds: { halfLifeDays: 90, autoJoin: true } },
  ])('$document: the defaults where it was never set', async ({ document, holds }) => {
    const unset = { version: 0, updatedAt: null, updatedBy: null };
    expect(await read(document)).toMatchObject({ status: 200, body: { ...holds, ...unset }, headers: { etag: '"0"' } });
  });

  it('are kept with who changed them when, each document with its own version', async () => {
    const told = await write('loyalty', { halfLifeDays: 30 });
    expect(told).toMatchObject({ status: 200, body: { halfLifeDays: 30, version: 1, updatedBy: 'console' } });
    await write('loyalty', { halfLifeDays: 31 });
    await write('organization', { currency: 'EUR', timezone: 'Europe/Berlin', name: 'Äpfel' });
    expect((await read('loyalty')).body).toMatchObject({ halfLifeDays: 31, version: 2 });
    expect((await read('organization')).body).toMatchObject({ currency: 'EUR', name: 'Äpfel', version: 1 });
  });

  it('refuse unknown names, unknown fields, strange values', async () => {
    for (const name of ['tears', 'constructor', 'toString']) {
      expect(await read(name)).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect((await write(name, {})).status).toBe(404);
    }
    const refused = await write('organization', { currency: 'XXL', timezone: 'Nowhere', colour: 'red' });
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual([
      'colour',
      'currency',
      'timezone',
    ]);
    expect((await write('loyalty', { bands: [] })).status).toBe(422);
    expect((await read('organization')).body.version).toBe(0);
  });

  it('refuse a stale If-Match', async () => {
    expect((await write('profile', {}, { 'if-match': '"0"' })).status).toBe(200);
    expect(await write('profile', {}, { 'if-match': '"0"' })).toMatchObject({
      status: 409,
      body: { code: 'version_conflict' },
    });
  });

  it('take defaults for what is left out, but for the organization, where it stays', async () => {
    await write('loyalty', { halfLifeDays: 30, autoJoin: false });
    expect((await write('loyalty', { autoJoin: false })).body).toMatchObject({ halfLifeDays: 90, autoJoin: false });
    await write('organization', { currency: 'EUR', timezone: 'Europe/Berlin' });
    const renamed = { currency: 'EUR', timezone: 'Europe/Berlin', name: 'Äpfel', version: 2 };
    expect((await write('organization', { name: 'Äpfel' })).body).toMatchObject(renamed);
    expect((await read('organization')).body).toMatchObject(renamed);
    expect((await write('organization', { currency: 'USD' })).body).toMatchObject({
      ...renamed,
      currency: 'USD',
      version: 3,
    });
  });

  it('may name another currency, which leaves the stored amounts as they are', async () => {
    await store.commit([{ put: metricsOf('01K1', { orders: 1, paidMinor: 500 }), expect: 'absent' }]);
    expect(await write('organization', { currency: 'EUR' })).toMatchObject({ status: 200, body: { currency: 'EUR' } });
    const [metrics] = await store.get([{ kind: 'metrics', consumerId: '01K1' }]);
    expect(metrics?.paidMinor).toBe(500);
  });
});
