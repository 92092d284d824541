import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { memoryStore } from '../../shared/data/memory-store.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import { createChallenge, removeChallenge, replaceChallenge } from '../../shared/usecases/challenges/challenges.ts';
import type { Commit } from '../../shared/usecases/ports/deps.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { cancelClaim } from '../../shared/usecases/rewards/cancel.ts';
import { type ClaimAsked, claimReward } from '../../shared/usecases/rewards/claim.ts';
import { createReward, readReward, removeReward, replaceReward } from '../../shared/usecases/rewards/rewards.ts';
import type { ApiResponse } from '../support/client.ts';
import { depsOn, NOW } from '../support/events.ts';
import { booksOf, loyaltyProgram, rewardsStateOf } from '../support/loyalty-program.ts';
import { FAULTS, failingAt, untilAnswered } from '../support/wrapped-stores.ts';

const LATER = '2026-03-05T12:00:00.000Z';
const asked = { consumerId: 'c1', actor: 'till', now: LATER };
const plainly =
  (store: Store): Commit =>
  async (writes, result) => {
    await store.commit(writes);
    return result;
  };
const claim = (store: Store, other: Partial<ClaimAsked> = {}) =>
  claimReward(depsOn(store), asked, { rewardId: 'r1', ...other }, plainly(store));
const cancel = (store: Store, claimId: string) => cancelClaim(depsOn(store), asked, claimId, plainly(store));

/** A member with three lots, of which time has ended one, and a reward that two of them pay for. */
const world = async (): Promise<Store> => {
  const store = memoryStore();
  const { member, give, offered } = loyaltyProgram(store);
  await member('c1', 0);
  await give('c1', 5, '2026-03-02T12:00:00.000Z');
  await give('c1', 20, '2026-03-10T12:00:00.000Z');
  await give('c1', 20);
  await offered({ costPoints: 30, stock: 3, limitPerConsumer: 2 });
  return store;
};

/** All that a claim touches, without the ids that are made anew each time. */
const state = async (store: Store) => {
  const { account, entries, balances } = await booksOf(store, 'c1');
  const { items } = await store.claimsOf('c1', { limit: 100 });
  return {
    balances,
    entries: entries.map(({ type, points, at }) => [type, points, at]),
    lots: account.lots.map(({ remaining, expiresAt, earnedAt }) => [remaining, expiresAt, earnedAt]),
    claims: items.map(({ points, cancelledAt, parts }) => [points, cancelledAt, parts.map((part) => part.points)]),
    count: (await rewardsStateOf(store, 'c1'))?.claims,
    latest: (await rewardsStateOf(store, 'c1'))?.latestClaims.length,
    reward: await readReward(store, 'r1'),
  };
};

/** The answer, where the service was able to give one. */
const served = (told: ApiResponse): ApiResponse => {
  if (told.status >= 500) throw new Error('sent again');
  return told;
};

/** More calls than any of these makes. */
const CALLS = [1, 2, 3, 4, 5, 6, 7];
const cases = CALLS.flatMap((call) => FAULTS.map((fault) => [call, fault] as const));

afterEach(() => void jest.restoreAllMocks());

describe('when the database fails at any call in turn', () => {
  it.each(cases)('call %i, %s: a claim that is sent again under its id is made once', async (call, fault) => {
    const expected = await world();
    await claim(expected, { claimId: 'k1' });
    const plain = await world();
    const store = failingAt(plain, call, fault);
    const told = await untilAnswered(() => claim(store, { claimId: 'k1' }));
    expect(told.claimed).toMatchObject({ claimId: 'k1', points: 30, claimedAt: LATER });
    expect(await state(plain)).toEqual(await state(expected));
    expect(await state(plain)).toMatchObject({ balances: { available: 10, spent: 30, expired: 5 } });
  });

  it.each(cases)('call %i, %s: a claim that is sent again under a key is made once', async (call, fault) => {
    const expected = await world();
    await claim(expected);
    const plain = await world();
    const store = failingAt(plain, call, fault);
    // The log of what failed.
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const sent = { now: LATER, headers: { 'idempotency-key': 'key' } };
    const told = await untilAnswered(async () => served(await loyaltyProgram(store).claimed('c1', {}, sent)));
    expect(told).toMatchObject({ status: 201, body: { rewardId: 'r1', points: 30 } });
    expect(await state(plain)).toEqual(await state(expected));
  });

  it.each(cases)('call %i, %s: a cancellation that is sent again gives the points back once', async (call, fault) => {
    const expected = await world();
    await claim(expected, { claimId: 'k1' });
    await cancel(expected, 'k1');
    const plain = await world();
    await claim(plain, { claimId: 'k1' });
    const store = failingAt(plain, call, fault);
    expect(await untilAnswered(() => cancel(store, 'k1'))).toBeNull();
    expect(await state(plain)).toEqual(await state(expected));
    expect(await state(plain)).toMatchObject({
      balances: { available: 40, spent: 0 },
      reward: { stock: 3, claimed: 0 },
    });
  });
});

describe('a write of staff that takes effect and is answered by a conflict', () => {
  const MUG = {
    ...{ name: 'Mug', costPoints: 30, limitPerConsumer: null, activeFrom: null, activeUntil: null, stock: 2 },
    ...{ audience: { segments: [], lists: [] }, status: 'active' as const },
  };
  const RUN = {
    ...{ name: 'Run', kind: 'activity' as const, points: 5, repeatable: false, activeFrom: null, activeUntil: null },
    goal: { event: 'activity', where: [], measure: 'count' as const, target: 3 },
    audience: { segments: [], lists: [] },
  };
  const staff = { actor: 'staff', now: LATER };
  /** The second call is the commit. */
  const unnoticed = (store: Store) => failingAt(store, 2, 'unnoticed');

  it('is not made twice: a reward', async () => {
    const plain = memoryStore();
    const run = <T>(ask: (deps: ReturnType<typeof depsOn>, commit: Commit) => Promise<T>) => {
      const store = unnoticed(plain);
      return ask(depsOn(store), plainly(store));
    };
    const target = { rewardId: 'r1', ifMatch: 1 };
    const made = await run((deps, commit) => createReward(deps, { rewardId: 'r1', content: MUG, now: NOW }, commit));
    expect(made).toMatchObject({ version: 1, stock: 2 });
    const next = await run((deps, commit) => replaceReward(deps, { ...target, content: MUG, now: LATER }, commit));
    expect(next).toMatchObject({ version: 2 });
    expect(await run((deps, commit) => removeReward(deps, { rewardId: 'r1', ifMatch: 2 }, commit))).toBeNull();
    await expect(readReward(plain, 'r1')).rejects.toThrow(Refusal);
  });

  it('is not made twice: a challenge', async () => {
    const plain = memoryStore();
    const run = <T>(ask: (deps: ReturnType<typeof depsOn>, commit: Commit) => Promise<T>) => {
      const store = unnoticed(plain);
      return ask(depsOn(store), plainly(store));
    };
    const target = { challengeId: 'ch1', ...staff };
    const made = await run((deps, commit) => createChallenge(deps, { ...target, content: RUN }, commit));
    expect(made).toMatchObject({ version: 1 });
    const next = await run((deps, commit) => replaceChallenge(deps, { ...target, ifMatch: 1, content: RUN }, commit));
    expect(next).toMatchObject({ version: 2 });
    expect(await run((deps, commit) => removeChallenge(deps, { ...target, ifMatch: 2 }, commit))).toBeNull();
    expect((await plain.get([{ kind: 'settings' }]))[0]).toMatchObject({ version: 3 });
  });
});
