/** Creates consumers. Without a contact, the consumer is a guest. */
import { normalizedEmail } from '../../domain/consumer/contacts.ts';
import type { ProfileEdit } from '../../domain/consumer/edit.ts';
import { edited } from '../../domain/consumer/edit.ts';
import { joined } from '../../domain/consumer/identity.ts';
import { normalizedPhone } from '../../domain/consumer/phone.ts';
import type { Instant, Profile } from '../../domain/facts.ts';
import { plusDays } from '../../domain/instants.ts';
import { firstBand } from '../../domain/loyalty-band.ts';
import { emptyMetrics } from '../../domain/metrics/fold.ts';
import { invalid } from '../../domain/refusal.ts';
import { retrying } from '../common/retrying.ts';
import type { Organization } from '../organization/organization.ts';
import { organizationOf } from '../organization/organization.ts';
import { halfLivesOf } from '../organization/scoring.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import { type ConsumerStateWithEvents, WriteConflict } from '../ports/store.ts';
import type { ConsumerDetail } from './detail.ts';
import { detailAt } from './detail.ts';
import { commitProfile, profileWrites } from './profile-writes.ts';

export interface NewConsumer {
  profile: ProfileEdit;
  /** Ids of the consumer in other systems, by source. */
  externalIds?: Record<string, string> | undefined;
  now: Instant;
}

/**
 * Exactly one of several concurrent requests with the same contact succeeds. Throws `Refusal('contact_taken')` and
 * `('external_id_taken')`.
 */
export const createConsumer = async (deps: Deps, asked: NewConsumer, commit: Commit): Promise<ConsumerDetail> => {
  const organization = await organizationOf(deps.store, asked.now);
  const state = newborn(deps.newId(asked.now), asked, organization);
  const detail = detailAt(state, organization, asked.now);
  return retrying(deps, async () => {
    try {
      return await commitProfile(deps.store, profileWrites(null, state), commit, detail);
    } catch (error) {
      if (hasCommitted(error, state)) return detail;
      throw error;
    }
  });
};

/** Whether an earlier attempt committed but its response was lost. No other consumer has this id. */
const hasCommitted = (error: unknown, { profile }: ConsumerStateWithEvents): boolean =>
  error instanceof WriteConflict &&
  error.failed.some(
    ({ existing }) => existing && 'consumerId' in existing && existing.consumerId === profile.consumerId,
  );

const newborn = (
  consumerId: string,
  { profile, externalIds, now }: NewConsumer,
  organization: Organization,
): ConsumerStateWithEvents => {
  const { settings, scoring } = organization;
  const filled = edited(blank(consumerId, now), normalized(profile, now));
  const syncSources = Object.entries(externalIds ?? {}).map(([source, externalId]) => ({
    source,
    externalId,
    lastSyncedAt: now,
    status: 'synced' as const,
  }));
  const member = joined({ ...filled, syncSources }, settings.loyalty.autoJoin, now);
  return {
    profile: { kind: 'profile', ...member, dueAt: plusDays(now, settings.profile.archiveAfterDays) },
    metrics: {
      kind: 'metrics',
      ...emptyMetrics(),
      ...firstBand(settings.loyalty, now),
      consumerId,
      version: 1,
      eligible: filled.status === 'active',
      membership: member.membership,
      scoringVersion: scoring.version,
      ...halfLivesOf(settings.loyalty),
    },
    account: undefined,
    rewardsState: undefined,
    memberships: undefined,
    events: [],
  };
};

const blank = (consumerId: string, now: Instant): Profile => ({
  consumerId,
  version: 1,
  status: 'active',
  membership: 'none',
  archived: false,
  fullName: null,
  email: null,
  emailVerified: false,
  phone: null,
  phoneVerified: false,
  gender: null,
  birthday: null,
  pictureUrl: null,
  handler: null,
  facebookId: null,
  tags: [],
  customAttributes: {},
  answers: {},
  syncSources: [],
  consents: {},
  joinedAt: null,
  createdAt: now,
  updatedAt: now,
});

/** The edit with normalized contacts. Refuses invalid contacts and birthdays in the future. */
export const normalized = (edit: ProfileEdit, now: Instant): ProfileEdit => {
  if (edit.birthday && edit.birthday > now) throw invalid('birthday', 'invalid_value', 'The date is in the future.');
  return {
    ...edit,
    ...(typeof edit.email === 'string' && { email: normalizedEmail(edit.email) }),
    ...(typeof edit.phone === 'string' && { phone: normalizedPhone(edit.phone) }),
  };
};
