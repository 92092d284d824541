import type { Instant } from '../domain/facts.ts';
import { isRunning, NO_PROGRESS, type Progress } from '../domain/points/challenges.ts';
import { absenceOf } from './absence.ts';
import { type ChallengeRecord, challengesIn } from './challenges.ts';
import type { Page, PageRequest, Store } from './ports.ts';

export type ListedProgress = ReturnType<typeof shown>;

/** How far a consumer is in every challenge. Throws `Refusal` `consumer_not_found` and `invalid_cursor`. */
export const listProgress = async (
  store: Store,
  consumerId: string,
  page: PageRequest,
  now: Instant,
): Promise<Page<ListedProgress>> => {
  const [profile, programme, settings] = await store.get(
    [{ kind: 'profile', consumerId }, { kind: 'programme', consumerId }, { kind: 'settings' }],
    true,
  );
  if (profile === undefined) throw await absenceOf(store, consumerId);
  const question = `progress of ${consumerId}`;
  const { items, nextCursor } = store.pageAmong(
    question,
    challengesIn(settings),
    ({ challengeId }) => challengeId,
    page,
  );
  const progressIn = ({ challengeId }: ChallengeRecord) => programme?.challenges[challengeId] ?? NO_PROGRESS;
  return { items: items.map((challenge) => shown(challenge, progressIn(challenge), now)), nextCursor };
};

const shown = (challenge: ChallengeRecord, { progress, completions, completedAt }: Progress, now: Instant) => {
  const { challengeId, name, kind, points, repeatable, activeFrom, activeUntil, goal } = challenge;
  const running = isRunning(challenge, now);
  const { target } = goal;
  return {
    ...{ challengeId, name, kind, points, repeatable, activeFrom, activeUntil },
    ...{ running, progress, target, completions, completedAt },
  };
};
