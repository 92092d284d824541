/** Archiving: who did nothing for so long leaves percentiles and segments, and comes back by doing something. */
import type { Instant, MetricsState, Profile } from '../facts.ts';
import { laterOf, plusDays } from '../instants.ts';

/** The newest of creation and the consumer's own events. */
export const lastActivityOf = (
  { createdAt }: Pick<Profile, 'createdAt'>,
  { lastEventAt }: Pick<MetricsState, 'lastEventAt'>,
): Instant => laterOf(createdAt, lastEventAt) ?? createdAt;

/** What of a profile tells whether a consumer is archived, and when to look. */
export interface Archival extends Pick<Profile, 'createdAt' | 'archived'> {
  /** When it was archived; absent where it is not. */
  archivedAt?: Instant | undefined;
  /** No later than the instant at which it is archived unless it does anything; null where it is. */
  dueAt: Instant | null;
}
export interface ArchivingRules {
  /** After so many days without activity. */
  afterDays: number;
  /** Since when that is the rule; null for ever. Nobody was archived by it before. */
  since: Instant | null;
}

/** The instant at which a consumer is archived who does nothing more. */
export const archivesAt = (
  profile: Pick<Profile, 'createdAt'>,
  metrics: Pick<MetricsState, 'lastEventAt'>,
  afterDays: number,
): Instant => plusDays(lastActivityOf(profile, metrics), afterDays);

/**
 * The profile as its last activity leaves it by now: archived or not, and when to look again; the very same where
 * nothing of that changes. An instant to look at that is too early is left as it is: it costs less than writing it.
 */
export const settled = <P extends Archival>(
  profile: P,
  metrics: Pick<MetricsState, 'lastEventAt'>,
  { afterDays, since }: ArchivingRules,
  now: Instant,
): P => {
  const { archived, dueAt } = profile;
  const at = archivesAt(profile, metrics, afterDays);
  if (at > now) {
    const isKnown = !archived && dueAt !== null && dueAt > now && dueAt <= at;
    return isKnown ? profile : { ...profile, archived: false, archivedAt: undefined, dueAt: at };
  }
  if (archived && dueAt === null) return profile;
  return { ...profile, archived: true, archivedAt: profile.archivedAt ?? laterOf(at, since) ?? at, dueAt: null };
};
