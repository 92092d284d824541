/** Changes of consumers under stale reads, concurrent writes and lost responses. */
import { describe, expect, it } from '@jest/globals';
import { memoryStore } from '../../../shared/data/memory-store.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { WriteConflict } from '../../../shared/usecases/ports/store.ts';
import type { Body } from '../../support/client.ts';
import { shop } from '../../support/shop.ts';

/** Eventually consistent reads return the state at the time of this call. */
const remembering = async (store: Store, consumerId: string): Promise<Store> => {
  const old = await store.stateWithEventsOf(consumerId, true);
  return {
    ...store,
    stateWithEventsOf: async (id, fresh) => (fresh || id !== consumerId ? store.stateWithEventsOf(id, fresh) : old),
  };
};
/** Runs a hook, which may throw, before each of the first commits. */
const crowded = (store: Store, meetings: (() => Promise<unknown>)[]): Store => {
  const ahead = [...meetings];
  return {
    ...store,
    commit: async (writes) => {
      await ahead.shift()?.();
      await store.commit(writes);
    },
  };
};
const conflict = async () => {
  throw new WriteConflict([]);
};
const conflicts = (times: number) => Array.from({ length: times }, () => conflict);
/** The given commit takes effect, but its response is lost. */
const losingAnswer = (store: Store, nth: number): Store => {
  let seen = 0;
  return {
    ...store,
    commit: async (writes) => {
      await store.commit(writes);
      seen += 1;
      if (seen === nth) throw new Error('the answer was lost');
    },
  };
};

describe('a change decided on a stale read', () => {
  const later = async () => {
    const now = shop();
    const { consumerId } = await now.born({ fullName: 'Old', tags: ['x'] });
    const old = await remembering(now.store, consumerId);
    await now.patch(consumerId, { fullName: 'New', email: 'new@example.org', tags: [] });
    return { now, behind: shop(old), consumerId };
  };

  it('is not lost if the stale read makes it look done', async () => {
    const { now, behind, consumerId } = await later();
    expect((await behind.patch(consumerId, { fullName: 'Old' })).body).toMatchObject({ fullName: 'Old', version: 3 });
    await behind.call('addTag', { params: { consumerId, tag: 'x' } });
    expect((await now.detail(consumerId)).body.tags).toEqual([{ name: 'x', type: null }]);
  });

  it('is not refused because of a state that has changed since', async () => {
    const { behind, consumerId } = await later();
    const response = await behind.patch(consumerId, { gender: 'f' }, { headers: { 'if-match': '"2"' } });
    expect(response).toMatchObject({ status: 200, body: { fullName: 'New', email: 'new@example.org', version: 3 } });
    expect((await behind.patch(consumerId, { email: 'new@example.org' })).status).toBe(200);
    expect((await behind.call('setMembership', { params: { consumerId }, body: { state: 'opted_out' } })).status).toBe(
      200,
    );
  });

  it('is refused if If-Match is stale', async () => {
    const { behind, consumerId } = await later();
    expect((await behind.patch(consumerId, { gender: 'f' }, { headers: { 'if-match': '"1"' } })).status).toBe(409);
  });

  it('reports a missing consumer only after a strongly consistent read', async () => {
    const now = shop();
    const behind = shop({
      ...now.store,
      stateWithEventsOf: async (id, fresh) => (fresh ? now.store.stateWithEventsOf(id, fresh) : null),
    });
    const { consumerId } = await now.born({ fullName: 'Anna' });
    expect((await behind.detail(consumerId)).status).toBe(200);
    expect((await behind.patch(consumerId, { fullName: 'Eve' })).status).toBe(200);
  });
});

describe('a change during concurrent writes', () => {
  it('is committed', async () => {
    const now = shop();
    const { consumerId } = await now.born({});
    const meeting = shop(crowded(now.store, conflicts(5)));
    expect((await meeting.patch(consumerId, { fullName: 'Anna' })).body).toMatchObject({
      fullName: 'Anna',
      version: 2,
    });
    expect(
      (await shop(crowded(now.store, conflicts(5))).call('create', { body: { email: 'a@example.org' } })).status,
    ).toBe(201);
  });

  it('does not conflict with the same change by another request', async () => {
    const now = shop();
    const { consumerId } = await now.born({});
    const same = () => now.patch(consumerId, { email: 'a@example.org' });
    for (const meetings of [[same], [conflict, same]]) {
      await now.patch(consumerId, { email: null });
      const response = await shop(crowded(now.store, meetings)).patch(consumerId, { email: 'a@example.org' });
      expect(response).toMatchObject({ status: 200, body: { email: 'a@example.org' } });
    }
    const both = await Promise.all([1, 2, 3].map(() => now.patch(consumerId, { email: 'b@example.org' })));
    expect(both.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('answers too_busy once its retries are used up', async () => {
    const now = shop();
    const { consumerId } = await now.born({});
    const response = await shop(crowded(now.store, conflicts(1000))).patch(consumerId, { fullName: 'Anna' });
    expect(response).toMatchObject({ status: 429, body: { code: 'too_busy' }, headers: { 'retry-after': '1' } });
  });
});

describe('a request whose response was lost', () => {
  const key = { headers: { 'idempotency-key': 'k' } };
  it.each([
    { endpoint: 'create', body: { email: 'a@example.org', fullName: 'Anna' } },
    { endpoint: 'edit', body: { email: 'a@example.org' } },
    { endpoint: 'adjustLoyaltyScore', body: { delta: 5, reason: 'r' } },
    { endpoint: 'setMembership', body: { state: 'opted_out' } },
    { endpoint: 'setSyncSource', body: { externalId: '7' } },
    { endpoint: 'addTag', body: undefined },
  ] as const)('$endpoint: sent again with its key it is answered, and was done once', async ({ endpoint, body }) => {
    const store = memoryStore();
    const { born, call } = shop(store);
    const { consumerId } = await born({ phone: '+447911123456' });
    const params = { consumerId, source: 'klaviyo', tag: 'x' };
    const own = {
      create: {},
      addTag: { consumerId, tag: params.tag },
      setSyncSource: { consumerId, source: params.source },
    };
    const sent = { body, params: own[endpoint as keyof typeof own] ?? { consumerId }, ...key };
    expect((await shop(losingAnswer(store, 1)).call(endpoint, sent)).status).toBe(500);
    const before = (await call('read', { params: { consumerId } })).body;
    const again = await call(endpoint, sent);
    expect([again.status < 300, again.headers['idempotent-replayed']]).toEqual([true, 'true']);
    expect((await call('read', { params: { consumerId } })).body).toEqual(before);
  });
});

describe('a request whose commit took effect but returned a conflict', () => {
  const unnoticed = (store: Store): Store => {
    let met = false;
    const commit: Store['commit'] = async (writes) => {
      await store.commit(writes);
      if (!met) {
        met = true;
        throw new WriteConflict([]);
      }
    };
    return { ...store, commit };
  };

  it.each([{}, { headers: { 'idempotency-key': 'k' } }])('creates one consumer (%j)', async (headers) => {
    const store = memoryStore();
    const body = { email: 'a@example.org', phone: '+447911123456', fullName: 'Anna' };
    const response = await shop(unnoticed(store)).call('create', { body, ...headers });
    expect(response).toMatchObject({ status: 201, body: { email: 'a@example.org', version: 1 } });
    const { items } = (await shop(store).call('list', { method: 'GET' })).body;
    expect(items.map(({ consumerId }: Body) => consumerId)).toEqual([response.body.consumerId]);
  });

  it.each([{}, { headers: { 'idempotency-key': 'k' } }])('adjusts a loyalty score once (%j)', async (headers) => {
    const { store, born, call } = shop();
    const { consumerId } = await born({});
    const sent = { params: { consumerId }, body: { delta: 5, reason: 'r' }, ...headers };
    const response = await shop(unnoticed(store)).call('adjustLoyaltyScore', sent);
    expect(response).toMatchObject({ status: 201, body: { delta: 5, score: 5 } });
    expect((await call('read', { params: { consumerId } })).body.loyalty.score).toBe(5);
  });
});

it('a surplus directory entry matches no consumer', async () => {
  const { born, call, store } = shop();
  const { consumerId } = await born({ fullName: 'Anna' });
  await store.commit([{ put: { kind: 'directory', consumerId, facet: 'word', value: 'eve' }, expect: 'anything' }]);
  await store.commit([{ put: { kind: 'directory', consumerId, facet: 'tag', value: 'vip' }, expect: 'anything' }]);
  for (const query of ['search=eve', 'tag=vip']) {
    expect((await call('list', { method: 'GET', query })).body.items).toEqual([]);
  }
});
