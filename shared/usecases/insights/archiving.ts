/**
 * Whether a consumer is archived follows from its last activity alone. It is written down when it is due (a job), when
 * the consumer does something (with the event), and for everyone when the number of days is another one.
 *
 * Archiving and coming back always move the version of the metrics, as each event does: of an archiving and an event at
 * the same moment, whichever comes second decides again.
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

/** The number of days that was in force at a past instant. */
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
 * Archives the consumer, brings it back, or says when to look again, as its last activity has it; decided on what is
 * there now. Whether it was archived or came back; of a consumer that is gone nothing is written.
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

/** When to look again is nothing that anybody sees. */
const profileWrite = (before: Profile, after: Profile, now: Instant): Write => {
  const isSeen = after.archived !== before.archived;
  const updatedAt = isSeen ? (laterOf(before.updatedAt, now) ?? now) : before.updatedAt;
  return { put: { ...after, updatedAt, version: before.version + 1 }, expect: { version: before.version } };
};

/**
 * The write of metrics that events have moved; with that of the profile, where they bring an archived consumer back. Only
 * of those who don't count in the population more is read.
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
