/** How well a consumer is known, and what follows from it for the loyalty programme. */
import type { IdentityLevel, Instant, Membership, Profile } from '../facts.ts';

/** Without a contact a guest; with one that was confirmed, verified. */
export const identityLevelOf = (profile: Profile): IdentityLevel => {
  if (profile.email === null && profile.phone === null) return 'guest';
  return profile.emailVerified || profile.phoneVerified ? 'verified' : 'registered';
};

/**
 * Membership that follows from the identity: who registers joins by itself where the programme says so, a guest is no
 * member. Who opted out stays out, whatever happens to the contacts.
 */
export const joined = (profile: Profile, autoJoin: boolean, now: Instant): Profile => {
  const isGuest = identityLevelOf(profile) === 'guest';
  if (isGuest && profile.membership === 'opted_in') return withMembership(profile, 'none', now);
  if (!isGuest && autoJoin && profile.membership === 'none') return withMembership(profile, 'opted_in', now);
  return profile;
};

/** The date of join is that of the first time. */
export const withMembership = (profile: Profile, membership: Membership, now: Instant): Profile => ({
  ...profile,
  membership,
  joinedAt: membership === 'opted_in' ? (profile.joinedAt ?? now) : profile.joinedAt,
});

/** Whether the consumer counts in the population. */
export const isEligible = (profile: Profile): boolean => profile.status === 'active' && !profile.archived;
