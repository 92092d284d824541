/**
 * Whether a consumer is archived follows from its last activity alone. The result is stored when it is due (a job), with an
 * event of the consumer, and for every consumer when the number of days changes.
 *
 * Archiving and reactivation always increment the version of the metrics, as each event does. If an archiving and an event
 * collide, the second one decides again.
 */
import { type ArchivingRules, settled } from '../../domain/consumer/archiving.ts';
import { isEligible } from '../../domain/consumer/identity.ts';
import type { Instant } from '../../domain/facts.ts';
import { laterOf } from '../../domain/instants.ts';
import { settingsOf } from '../../domain/settings.ts';
import { retrying } from '../common/retrying.ts';
import { scoringOf } from '../organization/scoring.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';

type Profile = RecordOf<'profile'>;
type Metrics = RecordOf<'metrics'>;

export const archivingRulesIn = (record: RecordOf<'settings'> | undefined): ArchivingRules => ({
  afterDays: scoringOf(record).settings.profile.archiveAfterDays,
  since: record?.documents['profile']?.updatedAt ?? null,
});

/** The number of days in force at a past instant. */
export const archiveAfterDaysAt = async (store: Store, at: Instant): Promise<number> => {
  let cursor: string | undefined;
  do {
    const page = await store.settingsVersions('profile', { limit: VERSIONS_AT_ONCE, cursor });
    const inForce = page.items.find(({ updatedAt }) => updatedAt <= at);
    if (inForce) return settingsOf({ profile: inForce }).profile.archiveAfterDays;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return settingsOf({}).profile.archiveAfterDays;
};
const VERSIONS_AT_ONCE = 100;

/**
 * Archives or reactivates the consumer, or stores the next due instant, according to its last activity. Returns whether the
 * consumer was archived or reactivated. Writes nothing for a consumer that no longer exists.
 */
export const settleArchival = (
  deps: Pick<Deps, 'store' | 'pause'>,
  consumerId: string,
  now: Instant,
): Promise<boolean> =>
  retrying(deps, async () => {
    const [profile, metrics, settings] = await deps.store.get(
      [{ kind: 'profile', consumerId }, { kind: 'metrics', consumerId }, { kind: 'settings' }],
      true,
    );
    if (!profile || !metrics) return false;
    const after = settled(profile, metrics, archivingRulesIn(settings), now);
    if (after === profile) return false;
    const isMoved = after.archived !== profile.archived;
    const counts: Metrics = { ...metrics, eligible: isEligible(after), version: metrics.version + 1 };
    await deps.store.commit([
      profileWrite(profile, after, now),
      ...(isMoved ? [{ put: counts, expect: { version: metrics.version } }] : []),
    ]);
    return isMoved;
  });

/** A new due instant alone does not change `updatedAt`, because the API does not show it. */
const profileWrite = (before: Profile, after: Profile, now: Instant): Write => {
  const isSeen = after.archived !== before.archived;
  const updatedAt = isSeen ? (laterOf(before.updatedAt, now) ?? now) : before.updatedAt;
  return { put: { ...after, updatedAt, version: before.version + 1 }, expect: { version: before.version } };
};

/**
 * The write of metrics after events, with a write of the profile if the events reactivate an archived consumer. Further
 * reads happen only for consumers outside the population.
 */
export const withReturn = async (store: Store, before: Metrics, after: Metrics, now: Instant): Promise<Write[]> => {
  const write: Write = { put: after, expect: { version: before.version } };
  if (before.eligible) return [write];
  const { consumerId } = before;
  const [profile, settings] = await store.get([{ kind: 'profile', consumerId }, { kind: 'settings' }], true);
  const back = profile?.archived ? settled(profile, after, archivingRulesIn(settings), now) : profile;
  if (!profile || !back || back.archived === profile.archived) return [write];
  return [{ ...write, put: { ...after, eligible: isEligible(back) } }, profileWrite(profile, back, now)];
};
