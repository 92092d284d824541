/** The challenges of the organization: one document beside its settings, so that every event reads them with these. */
import type { Instant, JsonObject } from '../../domain/facts.ts';
import type { Challenge } from '../../domain/points/challenges.ts';
import { Refusal } from '../../domain/refusal.ts';
import { found, putWrite, removeOnce, saveOnce } from '../common/edits.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { Edited, RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store, Write } from '../ports/store.ts';

export type ChallengeShown = Challenge & { version: number; createdAt: Instant; updatedAt: Instant };
export type ChallengeRecord = ChallengeShown & Edited;

/** In the order of their ids. */
export const challengesIn = (settings: RecordOf<'settings'> | undefined): ChallengeRecord[] =>
  (settings?.documents['challenges']?.value as { challenges: ChallengeRecord[] } | undefined)?.challenges ?? [];

/** So many, and all together so long: every event reads them. */
const MOST_CHALLENGES = 100;
const MOST_BYTES = 96 * 1024;

/** What staff say about a challenge. */
export type ChallengeContent = Omit<Challenge, 'challengeId'>;
interface Staff {
  actor: string;
  now: Instant;
}
export interface ChallengeTarget extends Staff {
  challengeId: string;
  /** The version that the caller has seen. */
  ifMatch?: number | undefined;
}

/** Throws `Refusal` `id_taken` and `limit_reached`. What was completed under this id before counts. */
export const createChallenge = (
  deps: Deps,
  { challengeId: chosen, content, ...staff }: Staff & { challengeId?: string | undefined; content: ChallengeContent },
  commit: Commit,
): Promise<ChallengeShown> => {
  const { now } = staff;
  const challengeId = chosen ?? deps.newId(now);
  const first = (before: ChallengeRecord | undefined) => {
    if (before) throw new Refusal('id_taken', 'There is a challenge with this id.');
    return { challengeId, ...content, version: 1, createdAt: now, updatedAt: now };
  };
  return saveChallenge(deps, { challengeId, ...staff }, first, commit);
};

/** Replaces all of it; progress stays. Throws `Refusal` `not_found`, `version_conflict`, `limit_reached`. */
export const replaceChallenge = (
  deps: Deps,
  { content, ...target }: ChallengeTarget & { content: ChallengeContent },
  commit: Commit,
): Promise<ChallengeShown> => {
  const next = (before: ChallengeRecord | undefined) => {
    const { challengeId, version, createdAt } = found('challenge', before, target.ifMatch);
    return { challengeId, ...content, version: version + 1, createdAt, updatedAt: target.now };
  };
  return saveChallenge(deps, target, next, commit);
};

/** What was completed stays so. Throws `Refusal` `not_found` and `version_conflict`. */
export const removeChallenge = (deps: Deps, target: ChallengeTarget, commit: Commit): Promise<null> => {
  const isTarget = isOf(target.challengeId);
  return removeOnce(
    deps,
    () => read(deps.store),
    ({ challenges }) => !challenges.some(isTarget),
    ({ record, challenges }) => {
      const removed = found('challenge', challenges.find(isTarget), target.ifMatch);
      const rest = challenges.filter((challenge) => challenge !== removed);
      return commit([settingsWrite(record, rest, target)], null);
    },
  );
};

/** Throws `Refusal('not_found')`. */
export const readChallenge = async (store: Store, challengeId: string): Promise<ChallengeShown> =>
  shown(found('challenge', (await read(store)).challenges.find(isOf(challengeId))));

/** In the order of their ids. Throws `Refusal('invalid_cursor')`. */
export const listChallenges = async (store: Store, page: PageRequest): Promise<Page<ChallengeShown>> =>
  store.pageAmong('challenges', (await read(store)).challenges.map(shown), idOf, page);

const shown = ({ editId: _, ...challenge }: ChallengeRecord): ChallengeShown => challenge;

const read = async (store: Store) => {
  const [record] = await store.get([{ kind: 'settings' }], true);
  return { record, challenges: challengesIn(record) };
};

const idOf = ({ challengeId }: Challenge): string => challengeId;
const isOf = (challengeId: string) => (challenge: Challenge) => challenge.challengeId === challengeId;

/** Saves the challenge that `decide` returns in place of the earlier one. */
const saveChallenge = (
  deps: Deps,
  { challengeId, ...staff }: ChallengeTarget,
  decide: (before: ChallengeRecord | undefined) => ChallengeShown,
  commit: Commit,
): Promise<ChallengeShown> =>
  saveOnce(deps, staff.now, {
    read: async () => {
      const { record, challenges } = await read(deps.store);
      return { record, challenges, before: challenges.find(isOf(challengeId)) };
    },
    committed: ({ before }, editId) => (before?.editId === editId ? shown(before) : undefined),
    save: ({ record, challenges, before }, editId) => {
      const after = decide(before);
      const others = challenges.filter((challenge) => challenge !== before);
      return commit([settingsWrite(record, withOne(others, { ...after, editId }), staff)], after);
    },
  });

const withOne = (others: readonly ChallengeRecord[], one: ChallengeRecord): ChallengeRecord[] => {
  const challenges = [...others, one].sort((a, b) => (a.challengeId < b.challengeId ? -1 : 1));
  if (challenges.length > MOST_CHALLENGES) {
    throw new Refusal('limit_reached', `There are ${MOST_CHALLENGES} challenges at most.`);
  }
  if (Buffer.byteLength(JSON.stringify(challenges)) > MOST_BYTES) {
    throw new Refusal('limit_reached', `All challenges together have ${MOST_BYTES / 1024} KiB as JSON at most.`);
  }
  return challenges;
};

const settingsWrite = (
  record: RecordOf<'settings'> | undefined,
  challenges: ChallengeRecord[],
  { actor, now }: Staff,
): Write => {
  const version = (record?.documents['challenges']?.version ?? 0) + 1;
  const value = { challenges } as unknown as JsonObject;
  const documents = { ...record?.documents, challenges: { version, updatedAt: now, updatedBy: actor, value } };
  return putWrite(record, { kind: 'settings', version: (record?.version ?? 0) + 1, documents });
};
