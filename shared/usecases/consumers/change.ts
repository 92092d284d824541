/** Changes profiles: read, decide, commit once. After a concurrent change, the decision is made again. */
import { isDeepStrictEqual } from 'node:util';
import type { ProfileEdit } from '../../domain/consumer/edit.ts';
import { edited, SOURCES_MOST, tagged, untagged } from '../../domain/consumer/edit.ts';
import { identityLevelOf, joined, withMembership } from '../../domain/consumer/identity.ts';
import type { Instant, Profile, SyncSource, TagType } from '../../domain/facts.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import { retrying } from '../common/retrying.ts';
import { organizationOf } from '../organization/organization.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { ConsumerStateWithEvents } from '../ports/store.ts';
import { normalized } from './create.ts';
import { detailAt, existingStateOf } from './detail.ts';
import { commitProfile, profileWrites } from './profile-writes.ts';

export interface Target {
  consumerId: string;
  /** The version that the caller has read. Any other version is refused. */
  ifMatch?: number | undefined;
  now: Instant;
}

/** Merges attributes and answers by key and replaces all other fields. A changed contact is no longer verified. */
export const editConsumer = async (deps: Deps, target: Target, edit: ProfileEdit, commit: Commit) => {
  const { now } = target;
  const organization = await organizationOf(deps.store, now);
  const change = normalized(edit, now);
  return changeProfile(deps, target, commit, {
    decide: (profile) => joined(edited(profile, change), organization.settings.loyalty.autoJoin, now),
    answer: (state) => detailAt(state, organization, now),
  });
};

/** Throws `Refusal('not_registered')` for a guest, who cannot be in the loyalty program. */
export const setMembership = async (deps: Deps, target: Target, state: 'opted_in' | 'opted_out', commit: Commit) => {
  const organization = await organizationOf(deps.store, target.now);
  return changeProfile(deps, target, commit, {
    decide: (profile) => {
      if (identityLevelOf(profile) === 'guest') {
        throw new Refusal('not_registered', 'A guest has no membership. Add an email or a phone first.');
      }
      return withMembership(profile, state, target.now);
    },
    answer: (state) => detailAt(state, organization, target.now),
  });
};

/** Safe to repeat. Without `type`, an existing tag keeps its type. */
export const addTag = (
  deps: Deps,
  target: Target,
  { name, type }: { name: string; type?: TagType | null | undefined },
  commit: Commit,
) => changeProfile(deps, target, commit, { decide: (profile) => tagged(profile, name, type), answer: () => null });

/** Safe to repeat. */
export const removeTag = (deps: Deps, target: Target, name: string, commit: Commit) =>
  changeProfile(deps, target, commit, { decide: (profile) => untagged(profile, name), answer: () => null });

/** One id per source, and one consumer per id. Throws `Refusal('external_id_taken')`. */
export const setSyncSource = (deps: Deps, target: Target, syncSource: SyncSource, commit: Commit) => {
  const { source, externalId, status, lastSyncedAt } = syncSource;
  const entry: SyncSource = { source, externalId, lastSyncedAt, status };
  return changeProfile(deps, target, commit, {
    decide: (profile) => {
      const others = profile.syncSources.filter(({ source }) => source !== entry.source);
      if (others.length >= SOURCES_MOST) {
        throw invalid('source', 'too_long', `A consumer has at most ${SOURCES_MOST} sources.`);
      }
      return { ...profile, syncSources: inOrder([...others, entry]) };
    },
    answer: ({ profile }) => ({ ...entry, version: profile.version }),
  });
};

const inOrder = (sources: SyncSource[]) => sources.sort((a, b) => (a.source < b.source ? -1 : 1));

interface Change<T> {
  decide(profile: Profile): Profile;
  answer(state: ConsumerStateWithEvents): T;
}

/**
 * The first attempt uses an eventually consistent read. A refusal, or a decision to change nothing, is made again on a
 * strongly consistent read.
 */
const changeProfile = <T>(deps: Deps, target: Target, commit: Commit, change: Change<T>): Promise<T> =>
  retrying(deps, async (retry) => {
    if (retry > 0) return (await attempted(deps, target, commit, change, true)).answer;
    try {
      const { isChange, answer } = await attempted(deps, target, commit, change, false);
      if (isChange) return answer;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    return (await attempted(deps, target, commit, change, true)).answer;
  });

const attempted = async <T>(
  { store }: Deps,
  { consumerId, ifMatch, now }: Target,
  commit: Commit,
  { decide, answer }: Change<T>,
  fresh: boolean,
): Promise<{ isChange: boolean; answer: T }> => {
  const before = await existingStateOf(store, consumerId, now, fresh);
  const { version } = before.profile;
  if (ifMatch !== undefined && ifMatch !== version) {
    throw new Refusal('version_conflict', `The consumer is at version ${version}, not ${ifMatch}.`);
  }
  const decision = { ...before.profile, ...decide(before.profile) };
  if (isDeepStrictEqual(decision, before.profile)) return { isChange: false, answer: answer(before) };
  const after = { ...before, profile: { ...decision, version: version + 1, updatedAt: now } };
  const writes = profileWrites(before, after);
  return { isChange: true, answer: await commitProfile(store, writes, commit, answer(after)) };
};
