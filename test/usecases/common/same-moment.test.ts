/** Staff who say the same thing in the same millisecond are still several: one of them was first. */
import { describe, expect, it } from '@jest/globals';
import { memoryStore } from '../../../shared/data/memory-store.ts';
import { createChallenge, replaceChallenge } from '../../../shared/usecases/challenges/challenges.ts';
import { createList, renameList } from '../../../shared/usecases/lists/lists.ts';
import { writeSettings } from '../../../shared/usecases/organization/settings.ts';
import type { Commit, Deps } from '../../../shared/usecases/ports/deps.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { createReward, replaceReward } from '../../../shared/usecases/rewards/rewards.ts';
import { createSegment, editSegment } from '../../../shared/usecases/segments/edit/segments.ts';
import { depsOn, NOW } from '../../support/events.ts';
import { interleavedAnywhere, turns } from '../../support/wrapped-stores.ts';

const staff = { actor: 'staff', now: NOW };
const audience = { segments: [], lists: [] };
const MUG = {
  ...{ name: 'Mug', costPoints: 30, limitPerConsumer: null, activeFrom: null, activeUntil: null, stock: 2 },
  ...{ audience, status: 'active' as const },
};
const RUN = {
  ...{ name: 'Run', kind: 'activity' as const, points: 5, repeatable: false, activeFrom: null, activeUntil: null },
  ...{ goal: { event: 'activity', where: [], measure: 'count' as const, target: 3 }, audience },
};
const RICH = {
  name: 'Rich',
  rule: { attribute: 'points.available', operator: 'gte', value: 100 } as const,
};
const REASONS = { name: 'point-reasons' as const, value: { reasons: [] }, given: ['reasons'] };

type Ask = (deps: Deps, commit: Commit) => Promise<{ version: number }>;
/** What creates one, what edits the first version of it, and what the others are told who wanted to create it. */
const KINDS: [kind: string, create: Ask, edit: Ask, code: string][] = [
  [
    'reward',
    (deps, commit) => createReward(deps, { rewardId: 'x', content: MUG, now: NOW }, commit),
    (deps, commit) => replaceReward(deps, { rewardId: 'x', content: MUG, ifMatch: 1, now: NOW }, commit),
    'id_taken',
  ],
  [
    'challenge',
    (deps, commit) => createChallenge(deps, { challengeId: 'x', content: RUN, ...staff }, commit),
    (deps, commit) => replaceChallenge(deps, { challengeId: 'x', content: RUN, ifMatch: 1, ...staff }, commit),
    'id_taken',
  ],
  [
    'list',
    (deps, commit) => createList(deps, { listId: 'x', name: 'Friends', now: NOW }, commit),
    (deps, commit) => renameList(deps, { listId: 'x', name: 'Friends', ifMatch: 1, now: NOW }, commit),
    'id_taken',
  ],
  [
    'segment',
    (deps, commit) => createSegment(deps, { segmentId: 'x', content: RICH, now: NOW }, commit),
    (deps, commit) => editSegment(deps, { segmentId: 'x', content: RICH, ifMatch: 1, now: NOW }, commit),
    'id_taken',
  ],
  [
    'settings document',
    (deps, commit) => writeSettings(deps, { ...REASONS, ...staff, ifMatch: 0 }, commit),
    (deps, commit) => writeSettings(deps, { ...REASONS, ...staff, ifMatch: 1 }, commit),
    'version_conflict',
  ],
];

const ASKERS = 8;

const plainly =
  (store: Store): Commit =>
  async (writes, result) => {
    await store.commit(writes);
    return result;
  };
const askedOf = (store: Store, ask: Ask) => ask(depsOn(store), plainly(store));

/** What so many are told who ask at the same time: versions, and codes of refusals. */
const toldTogether = async (plain: Store, ask: Ask, seed: number): Promise<unknown[]> => {
  const store = interleavedAnywhere(plain, turns(seed));
  const told = await Promise.allSettled(Array.from({ length: ASKERS }, () => askedOf(store, ask)));
  return told.map((one) => (one.status === 'fulfilled' ? one.value.version : one.reason.code)).sort();
};
const allBut = (first: number, code: string) => [first, ...Array.from({ length: ASKERS - 1 }, () => code)];

const SEEDS = [1, 2, 3, 4, 5, 6];
const cases = KINDS.flatMap(([kind, ...asks]) => SEEDS.map((seed) => [kind, seed, ...asks] as const));

describe('of several who ask the same in the same millisecond', () => {
  it.each(cases)('one creates the %s (order %i)', async (_kind, seed, create, _edit, code) => {
    expect(await toldTogether(memoryStore(), create, seed)).toEqual(allBut(1, code));
  });

  it.each(cases)('one edits the version of the %s that all have seen (order %i)', async (_kind, seed, create, edit) => {
    const store = memoryStore();
    await askedOf(store, create);
    expect(await toldTogether(store, edit, seed)).toEqual(allBut(2, 'version_conflict'));
  });
});
