import { beforeEach, describe, expect, it } from '@jest/globals';
import { WriteConflict } from '../../../shared/usecases/ports/store.ts';
import { metricsOf } from '../../support/records.ts';
import { shop } from '../../support/shop.ts';
import { written } from '../../support/standing.ts';

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
    await written(store, metricsOf('01K1', { orders: 1, paidMinor: 500 }));
    expect(await write('organization', { currency: 'EUR' })).toMatchObject({ status: 200, body: { currency: 'EUR' } });
    const [metrics] = await store.get([{ kind: 'metrics', consumerId: '01K1' }]);
    expect(metrics?.paidMinor).toBe(500);
  });
});

describe('the history of a settings document', () => {
  const versions = (document: string, query = '') =>
    call('listSettingsVersions', { method: 'GET', params: { document }, query });

  it('holds each version as it was, the newest first, page by page', async () => {
    for (const halfLifeDays of [30, 31, 32]) await write('loyalty', { halfLifeDays });
    await write('profile', {});
    const first = await versions('loyalty', 'limit=2');
    expect(first).toMatchObject({
      status: 200,
      body: {
        items: [
          { version: 3, halfLifeDays: 32, autoJoin: true, updatedBy: 'console', updatedAt: '2026-03-01T12:00:00.000Z' },
          { version: 2, halfLifeDays: 31 },
        ],
      },
    });
    const rest = await versions('loyalty', `limit=2&cursor=${first.body.nextCursor}`);
    expect(rest.body).toMatchObject({ items: [{ version: 1, halfLifeDays: 30 }], nextCursor: null });
  });

  it('is empty where nothing was ever set', async () => {
    expect((await versions('tiers')).body).toEqual({ items: [], nextCursor: null });
  });

  it('says of the organization what stayed, too', async () => {
    await write('organization', { currency: 'EUR' });
    await write('organization', { name: 'Äpfel' });
    expect((await versions('organization')).body.items[0]).toMatchObject({ currency: 'EUR', name: 'Äpfel' });
  });

  it('has one version for a write that is repeated under its key, and none for one that is refused', async () => {
    const key = { 'idempotency-key': 'k1' };
    await write('loyalty', { halfLifeDays: 30 }, key);
    expect((await write('loyalty', { halfLifeDays: 30 }, key)).headers['idempotent-replayed']).toBe('true');
    await write('loyalty', { halfLifeDays: 31 }, { 'if-match': '"0"' });
    await write('loyalty', { halfLifeDays: 0 });
    expect((await versions('loyalty')).body.items).toHaveLength(1);
  });

  it('has one version for a write that took effect and was answered by a conflict, whoever wrote after it', async () => {
    const commit: typeof store.commit = async (writes) => {
      await store.commit(writes);
      const other = shop(store);
      const sent = { method: 'PUT', params: { document: 'loyalty' }, body: { halfLifeDays: 99 } };
      await other.call('writeSettings', sent);
      throw new WriteConflict([]);
    };
    const unlucky = shop({ ...store, commit });
    const sent = { method: 'PUT', params: { document: 'loyalty' }, body: { halfLifeDays: 30 } };
    const told = await unlucky.call('writeSettings', { ...sent, headers: { 'if-match': '"0"' } });
    expect(told).toMatchObject({ status: 200, body: { halfLifeDays: 30, version: 1 } });
    const { items } = (await versions('loyalty')).body;
    expect(items.map((item: { halfLifeDays: number }) => item.halfLifeDays)).toEqual([99, 30]);
  });

  it('misses none where many write at once', async () => {
    await Promise.all([30, 31, 32, 33].map((halfLifeDays) => write('loyalty', { halfLifeDays })));
    const { items } = (await versions('loyalty')).body;
    expect(items.map(({ version }: { version: number }) => version)).toEqual([4, 3, 2, 1]);
    expect(items[0]).toMatchObject((await read('loyalty')).body);
  });

  it.each([
    ['tears', '', 404, 'not_found'],
    ['loyalty', 'cursor=forged', 400, 'invalid_cursor'],
    ['loyalty', 'limit=0', 422, 'limit_out_of_range'],
  ])('of %s?%s is refused: %i %s', async (document, query, status, code) => {
    expect(await versions(document, query)).toMatchObject({ status, body: { code } });
  });
});
