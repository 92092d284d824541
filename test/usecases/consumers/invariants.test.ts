/** Contacts and directory entries agree with the profiles after any sequence of sequential or concurrent changes. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordOf } from '../../../shared/data/items.ts';
import { memoryStorage } from '../../../shared/data/memory-storage.ts';
import { storeOver } from '../../../shared/data/store.ts';
import { partitionOf } from '../../../shared/data/table.ts';
import { isEligible } from '../../../shared/domain/consumer/identity.ts';
import { entriesOf } from '../../../shared/domain/consumer/search.ts';
import type { Body } from '../../support/client.ts';
import { shop } from '../../support/shop.ts';

const EMAILS = ['a@example.org', 'b@example.org', 'c@example.org'];
const IDS = ['1', '2'];
const edit = fc.record(
  {
    email: fc.constantFrom(null, ...EMAILS),
    phone: fc.constantFrom(null, '+447911123456'),
    fullName: fc.constantFrom(null, 'Anna Lång', 'Lång Anna', 'ANNA'),
    status: fc.constantFrom('active', 'inactive'),
    tags: fc.subarray(['x', 'X', 'vip', { name: 'Vip', type: 'vip_status' }]),
  },
  { requiredKeys: [] },
);
const step = fc.oneof(
  fc.record({ does: fc.constant('create' as const), body: edit }),
  fc.record({ does: fc.constant('edit' as const), consumer: fc.nat(3), body: edit }),
  fc.record({
    does: fc.constantFrom('addTag' as const, 'removeTag' as const),
    consumer: fc.nat(3),
    tag: fc.constantFrom('x', 'VIP', 'é'),
  }),
  fc.record({ does: fc.constant('setSyncSource' as const), consumer: fc.nat(3), externalId: fc.constantFrom(...IDS) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

it('agrees with the profiles after any sequence of changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 6 }), async (rounds) => {
      const storage = memoryStorage();
      const store = storeOver(storage, 'a key for tests');
      const { call } = shop(store);
      const ids: string[] = [];
      const taken = async (one: Step): Promise<number> => {
        if (one.does === 'create') {
          const response = await call('create', { body: one.body });
          if (response.status === 201) ids.push(response.body.consumerId);
          return response.status;
        }
        const consumerId = ids[one.consumer] ?? 'missing';
        if (one.does === 'edit') return (await call('edit', { params: { consumerId }, body: one.body })).status;
        if (one.does === 'setSyncSource') {
          const params = { consumerId, source: 'shop' };
          return (await call('setSyncSource', { params, body: { externalId: one.externalId } })).status;
        }
        return (await call(one.does, { params: { consumerId, tag: one.tag } })).status;
      };
      for (const round of rounds) {
        const statuses = await Promise.all(round.map(taken));
        expect(statuses.filter((status) => ![200, 201, 204, 404, 409].includes(status))).toEqual([]);
      }

      const owners = new Map<string, string>();
      for (const consumerId of ids) {
        const [profile, metrics] = await store.get([
          { kind: 'profile', consumerId },
          { kind: 'metrics', consumerId },
        ]);
        if (!profile || !metrics) throw new Error('a consumer is gone');
        for (const contact of [
          profile.email,
          profile.phone,
          ...profile.syncSources.map((one) => `shop:${one.externalId}`),
        ]) {
          expect(contact !== null && owners.has(contact)).toBe(false);
          if (contact !== null) owners.set(contact, consumerId);
        }
        const { items } = await storage.query({
          hash: partitionOf(consumerId),
          from: 'directory/',
          before: 'directory0',
          limit: 99,
        });
        const listed = items.map((item) => recordOf<'directory'>(item)).map(({ facet, value }) => `${facet} ${value}`);
        expect(listed.sort()).toEqual(
          entriesOf(profile)
            .map(({ facet, value }) => `${facet} ${value}`)
            .sort(),
        );
        expect(metrics.eligible).toBe(isEligible(profile));
      }
      const claims = await store.get([
        ...EMAILS.map((contact) => ({ kind: 'contact', channel: 'email', contact }) as const),
        { kind: 'contact', channel: 'phone', contact: '+447911123456' },
        ...IDS.map((id) => ({ kind: 'contact', channel: 'external', contact: `shop:${id}` }) as const),
      ]);
      const claimed = claims.flatMap((claim) => (claim ? [[claim.contact, claim.consumerId]] : []));
      expect(Object.fromEntries(claimed)).toEqual(Object.fromEntries(owners));
      const everyone: Body = (await call('list', { method: 'GET', query: 'limit=100' })).body;
      expect(everyone.items.map(({ consumerId }: Body) => consumerId).sort()).toEqual([...ids].sort());
    }),
    { numRuns: 150 },
  );
});
