import { beforeEach, describe, expect, it } from '@jest/globals';
import { makeHandler as listSlices } from '../../../functions/insights/steps/list-slices.ts';
import { makeHandler as retierStep } from '../../../functions/tiers/steps/retier-slice.ts';
import type { JsonObject } from '../../../shared/domain/facts.ts';
import { entryIdOf } from '../../../shared/domain/points/ids.ts';
import { rebuildMetrics } from '../../../shared/usecases/insights/rebuild-metrics.ts';
import { eventsOf } from '../../../shared/usecases/outbox/publish.ts';
import { postPoints } from '../../../shared/usecases/points/post.ts';
import type { RecordOf } from '../../../shared/usecases/ports/records.ts';
import type { Store, Write } from '../../../shared/usecases/ports/store.ts';
import { retierSlice } from '../../../shared/usecases/tiers/retier.ts';
import { depsOn, NOW, storeWith, streaming } from '../../support/events.ts';
import { accountOf, profileOf } from '../../support/records.ts';
import { outputOf } from '../../support/workflow.ts';

const BEFORE = '2026-02-01T00:00:00.000Z';
const LATER = '2026-03-02T00:00:00.000Z';

type State = RecordOf<'account'>['tier'];
const inTier = (tierId: string | null, manual = false): { tier: State } => ({
  tier: { tierId, since: tierId === null ? null : BEFORE, manual, cause: 'change' },
});

const settings = (tiers: Record<string, number>, isOn = true): RecordOf<'settings'> => {
  const document = (value: JsonObject) => ({ version: 1, updatedAt: BEFORE, updatedBy: 'staff', value });
  const ladder = Object.entries(tiers).map(([tierId, threshold]) => ({ tierId, name: tierId, threshold }));
  return {
    kind: 'settings',
    version: 1,
    documents: { tiers: document({ tiers: ladder }), modules: document({ tiers: isOn }) },
  };
};
const LADDER = { silver: 100, gold: 500 };

/** Two who stand right, three who don't, one without points; the gold one was given by hand. */
const world = async (ladder = settings(LADDER)): Promise<Store> => {
  const store = await storeWith('a', 'b', 'c', 'd', 'e', 'nobody');
  const accounts = [
    accountOf('a', { score: 50, ...inTier(null) }),
    accountOf('b', { score: 150, ...inTier('silver') }),
    accountOf('c', { score: 150, ...inTier('bronze') }),
    accountOf('d', { score: 50, ...inTier('silver') }),
    accountOf('e', { score: 500, ...inTier('gold', true) }),
  ];
  await store.commit([ladder, ...accounts].map((put) => ({ put, expect: 'anything' })));
  return store;
};

const rebuilt = (store: Store): Promise<unknown> =>
  outputOf(
    'tiers-rebuild',
    { 'list-slices': listSlices({ store }), 'retier-slice': retierStep(depsOn(store)) },
    { now: NOW },
  );

/** Every slice to its end, so many consumers a step. */
const retiered = async (store: Store, most = 100): Promise<number> => {
  let differed = 0;
  for (let slice = 0; slice < store.slices; slice++) {
    let progress: Awaited<ReturnType<typeof retierSlice>> | { slice: number; done: false } = { slice, done: false };
    while (!progress.done) {
      const step: Awaited<ReturnType<typeof retierSlice>> = await retierSlice(depsOn(store), progress, {
        now: NOW,
        most,
      });
      differed += step.differed;
      progress = step;
    }
  }
  return differed;
};

const accountNow = async (store: Store, consumerId: string) =>
  (await store.get([{ kind: 'account', consumerId }], true))[0];
const movesOf = async (store: Store, consumerId: string) =>
  (await store.eventsOf(consumerId, { type: 'tier_changed', limit: 100 })).items;

let store: Store;
beforeEach(async () => {
  store = await world();
});

describe('the workflow that moves everyone to the tier in force', () => {
  it('writes those who stand elsewhere, and nobody else', async () => {
    const before = await Promise.all(['a', 'b'].map((id) => accountNow(store, id)));
    expect(await rebuilt(store)).toEqual({ consumers: 6, differed: 3 });
    expect(await Promise.all(['a', 'b'].map((id) => accountNow(store, id)))).toEqual(before);
    const moved = { since: NOW, manual: false, cause: 'change' };
    expect((await accountNow(store, 'c'))?.tier).toEqual({ tierId: 'silver', ...moved });
    expect((await accountNow(store, 'd'))?.tier).toEqual({ tierId: null, ...moved });
    expect(await accountNow(store, 'nobody')).toBeUndefined();
  });

  it('has nothing left to do where it comes again', async () => {
    await rebuilt(store);
    expect(await rebuilt(store)).toEqual({ consumers: 6, differed: 0 });
  });

  it('dates a move no earlier than the last posting, although the edit is known to the second', async () => {
    const posted = `${NOW.slice(0, 20)}500Z`;
    const account = accountOf('c', { score: 150, at: posted, ...inTier('bronze') });
    await store.commit([{ put: account, expect: 'anything' }]);
    await rebuilt(store);
    expect((await accountNow(store, 'c'))?.tier).toMatchObject({ tierId: 'silver', since: posted });
    expect(await movesOf(store, 'c')).toMatchObject([{ occurredAt: posted }]);
  });

  it('tells the history of each move once', async () => {
    await rebuilt(store);
    await rebuilt(store);
    expect(await movesOf(store, 'c')).toMatchObject([
      { occurredAt: NOW, source: null, attributes: { from: 'bronze', to: 'silver', manual: false, cause: 'change' } },
    ]);
    expect(await movesOf(store, 'd')).toHaveLength(1);
    expect(await movesOf(store, 'e')).toEqual([]);
  });

  it('tells other systems of each move', async () => {
    const { store: told, changes } = streaming(store);
    await retiered(told);
    expect(
      changes
        .flatMap(eventsOf)
        .map(({ detail }) => detail)
        .sort((one, other) => (String(one['consumerId']) < String(other['consumerId']) ? -1 : 1)),
    ).toEqual([
      { consumerId: 'c', from: 'bronze', to: 'silver', at: NOW, cause: 'change', manual: false },
      { consumerId: 'd', from: 'silver', to: null, at: NOW, cause: 'change', manual: false },
    ]);
  });

  it('lets a tier by hand be one that the score earns now', async () => {
    await rebuilt(store);
    expect((await accountNow(store, 'e'))?.tier).toEqual({ ...inTier('gold').tier, manual: false });
  });

  it('keeps a tier by hand above the earned one, unless it is on the ladder no more', async () => {
    const byHand = ['gold', 'diamond'].map((tierId) => accountOf(tierId, { score: 150, ...inTier(tierId, true) }));
    store = await storeWith('gold', 'diamond');
    await store.commit([settings(LADDER), ...byHand].map((put) => ({ put, expect: 'anything' })));
    expect(await retiered(store)).toBe(1);
    expect((await accountNow(store, 'gold'))?.tier).toEqual(inTier('gold', true).tier);
    expect((await accountNow(store, 'diamond'))?.tier).toMatchObject({ tierId: 'silver', manual: false });
  });

  it('moves nobody where the module is off', async () => {
    expect(await retiered(await world(settings(LADDER, false)))).toBe(0);
  });

  it('books what time has done on the way', async () => {
    const hold = { holdId: entryIdOf(BEFORE, 1, '00000000'), points: 100, settlesAt: BEFORE };
    const pending = { ...hold, kind: 'pending' as const, expiresAt: null, expiresAfterDays: null, orderId: null };
    const account = accountOf('a', { entries: 1, at: BEFORE, pending: 100, holds: [pending], dueAt: BEFORE });
    await store.commit([{ put: account, expect: 'present' }]);
    await rebuilt(store);
    expect(await accountNow(store, 'a')).toMatchObject({
      ...{ score: 100, pending: 0, holds: [] },
      tier: { tierId: 'silver', since: BEFORE, cause: 'time' },
    });
    expect((await store.ledgerOf('a', { limit: 10 })).items).toMatchObject([{ type: 'accept', cause: 'time' }]);
  });

  it('passes by who is gone', async () => {
    await store.commit([{ remove: { kind: 'profile', consumerId: 'c' } }]);
    expect(await rebuilt(store)).toEqual({ consumers: 6, differed: 3 });
    expect((await accountNow(store, 'd'))?.tier.tierId).toBeNull();
  });

  it('goes on where a step left off', async () => {
    expect(await retiered(store, 1)).toBe(3);
    expect((await accountNow(store, 'c'))?.tier.tierId).toBe('silver');
  });

  it('counts on from step to step', async () => {
    const so = { slice: 0, now: NOW, always: false, consumers: 20_000, differed: 7 };
    const { consumers, differed } = await retierStep(depsOn(await storeWith()))(so);
    expect([consumers, differed]).toEqual([20_000, 7]);
  });

  it.each([
    ['before a write', false],
    ['after a write', true],
  ])('tells each move once where it died %s', async (_, isWritten) => {
    for (let fatal = 1; fatal <= 3; fatal++) {
      store = await world();
      let commits = 0;
      const commit: Store['commit'] = async (writes) => {
        commits += 1;
        if (commits < fatal) return store.commit(writes);
        if (isWritten) await store.commit(writes);
        throw new TypeError('killed');
      };
      await expect(retiered({ ...store, commit })).rejects.toThrow('killed');
      await retiered(store);
      expect(await Promise.all(['c', 'd', 'e'].map(async (id) => (await movesOf(store, id)).length))).toEqual([
        1, 1, 0,
      ]);
      expect((await accountNow(store, 'd'))?.tier).toMatchObject({ tierId: null, since: NOW });
    }
  });

  it('decides on the score as points leave it that are earned meanwhile', async () => {
    await store.commit([{ put: profileOf('d', { membership: 'opted_in' }), expect: 'present' }]);
    let isFirst = true;
    const commit: Store['commit'] = async (writes) => {
      const isOvertaken = isFirst && writes.some((write) => 'put' in write && write.put.kind === 'account');
      if (isOvertaken) isFirst = false;
      if (isOvertaken) await earn('d', 500);
      await store.commit(writes);
    };
    const earn = (consumerId: string, points: number) =>
      postPoints(depsOn(store), { consumerId, actor: 'shop', now: LATER }, { type: 'add', points, reason: 'r' }, keep);
    const keep = async <T>(writes: Write[], result: T) => {
      await store.commit(writes);
      return result;
    };
    const only = async function* (slice: number, after?: string) {
      for await (const metrics of store.populationSlice(slice, after)) if (metrics.consumerId === 'd') yield metrics;
    };
    await retiered({ ...store, commit, populationSlice: only });
    expect(await accountNow(store, 'd')).toMatchObject({ score: 550, tier: { tierId: 'gold', since: LATER } });
    expect((await movesOf(store, 'd')).map(({ attributes }) => attributes['to'])).toEqual(['gold']);
  });

  it('leaves metrics as they are: a fold of the whole history sees the move, and counts nothing', async () => {
    await rebuilt(store);
    expect(await movesOf(store, 'c')).toHaveLength(1);
    expect(await rebuildMetrics(depsOn(store), 'c', { now: NOW, always: true })).toBe(false);
  });
});
