import type { Instant } from '../../domain/facts.ts';
import { isEveryone, isInAudience, NO_MEMBERSHIPS } from '../../domain/points/audience.ts';
import { isRunning, NO_PROGRESS, type Progress } from '../../domain/points/challenges.ts';
import { absenceOf } from '../common/absence.ts';
import { catalogueOf, membershipsOf } from '../organization/catalogue.ts';
import type { Page, PageRequest, Store } from '../ports/store.ts';
import { type ChallengeRecord, challengesIn } from './challenges.ts';

export type ListedProgress = ReturnType<typeof shown>;

/**
 * How far a consumer is in every challenge, also in those that are for others: who leaves an audience, or the loyalty program,
 * keeps the progress.
 * Throws `Refusal` `consumer_not_found` and `invalid_cursor`.
 */
export const listProgress = async (
  store: Store,
  consumerId: string,
  page: PageRequest,
  now: Instant,
): Promise<Page<ListedProgress>> => {
  const [profile, rewardsState, record, settings] = await store.get(
    [
      { kind: 'profile', consumerId },
      { kind: 'rewardsState', consumerId },
      { kind: 'memberships', consumerId },
      { kind: 'settings' },
    ],
    true,
  );
  if (profile === undefined) throw await absenceOf(store, consumerId);
  const challenges = challengesIn(settings);
  const question = `progress of ${consumerId}`;
  const { items, nextCursor } = store.pageAmong(question, challenges, ({ challengeId }) => challengeId, page);
  const progressIn = ({ challengeId }: ChallengeRecord) => rewardsState?.challenges[challengeId] ?? NO_PROGRESS;
  const isBound = challenges.some(({ audience }) => !isEveryone(audience));
  const memberships = isBound ? membershipsOf(record, await catalogueOf(store, settings)) : NO_MEMBERSHIPS;
  const isOffered = ({ audience }: ChallengeRecord) =>
    profile.membership === 'opted_in' && isInAudience(audience, memberships);
  const shownOf = (challenge: ChallengeRecord) =>
    shown(challenge, progressIn(challenge), { inAudience: isOffered(challenge), now });
  return { items: items.map(shownOf), nextCursor };
};

const shown = (
  challenge: ChallengeRecord,
  { progress, completions, completedAt }: Progress,
  { inAudience, now }: { inAudience: boolean; now: Instant },
) => {
  const { challengeId, name, kind, points, repeatable, activeFrom, activeUntil, goal } = challenge;
  const running = isRunning(challenge, now);
  const { target } = goal;
  return {
    ...{ challengeId, name, kind, points, repeatable, activeFrom, activeUntil },
    ...{ running, inAudience, progress, target, completions, completedAt },
  };
};
