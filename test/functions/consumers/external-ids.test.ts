import { describe, expect, it } from '@jest/globals';
import { clientOf } from '../../support/client.ts';
import { shop } from '../../support/shop.ts';

const { call, deps } = shop();
const batch = async (lookup: object) => {
  const sent = { body: { events: [{ lookup, type: 'visit', attributes: {} }] } };
  const [item] = (await clientOf(deps)('events.recordBatch', sent)).body.items;
  return item.problem?.code ?? item.status;
};
const queryOf = (named: Record<string, string>) => String(new URLSearchParams(named));

describe('an id in another system', () => {
  it.each([
    ['an id as long as may be', 'shop-1', 'x'.repeat(128), true],
    ['an id with a colon', 'shop-1', 'gid://7', true],
    ['an id that is too long', 'shop-1', 'x'.repeat(129), false],
    ['an id that controls', 'shop-1', 'a\nb', false],
    ['an empty id', 'shop-1', '', false],
    ['a source with a colon', 'shop:gid', '//7', false],
    ['a source in capitals', 'Shop', '7', false],
    ['a source that is too long', 's'.repeat(65), '7', false],
  ])('is treated the same in every request: %s', async (_, source, externalId, isTaken) => {
    const created = await call('create', { body: { externalIds: { [source]: externalId } } });
    expect(created.status).toBe(isTaken ? 201 : 422);
    const consumerId = created.body.consumerId ?? (await call('create', { body: {} })).body.consumerId;
    const synced = await call('setSyncSource', { params: { consumerId, source }, body: { externalId } });
    expect(synced.status).toBe(isTaken ? 200 : 422);
    expect(await call('lookUp', { method: 'GET', query: queryOf({ source, externalId }) })).toMatchObject({
      status: isTaken ? 200 : 422,
    });
    expect(await batch({ source, externalId })).toBe(isTaken ? 'created' : 'invalid_request');
  });
});
