/** Who a consumer is, and the groups that it is in. */
import { completenessOf } from '../../completeness.ts';
import { dateMsOf } from '../../conditions/dates.ts';
import { identityLevelOf } from '../../consumer/identity.ts';
import type { AttributeValue, Instant, Json, SyncSource } from '../../facts.ts';
import { laterOf, msOf } from '../../instants.ts';
import type { Reading } from '../reading.ts';
import { type Attributes, anything, date, number, oneOf, set, text, truth } from './attribute.ts';

export const PROFILE: Attributes = {
  consumerId: text(({ profile }) => profile.consumerId),
  fullName: text(({ profile }) => profile.fullName),
  email: text(({ profile }) => profile.email),
  emailVerified: truth(({ profile }) => profile.emailVerified),
  phone: text(({ profile }) => profile.phone),
  phoneVerified: truth(({ profile }) => profile.phoneVerified),
  gender: text(({ profile }) => profile.gender),
  birthday: date(({ profile }) => dateOf(profile.birthday)),
  pictureUrl: text(({ profile }) => profile.pictureUrl),
  handler: text(({ profile }) => profile.handler),
  facebookId: text(({ profile }) => profile.facebookId),
  status: oneOf(['active', 'inactive'], ({ profile }) => profile.status),
  identityLevel: oneOf(['guest', 'registered', 'verified'], ({ profile }) => identityLevelOf(profile)),
  membership: oneOf(['none', 'opted_in', 'opted_out'], ({ profile }) => profile.membership),
  archived: truth(({ profile }) => profile.archived),
  joinedAt: date(({ profile }) => instantMs(profile.joinedAt)),
  createdAt: date(({ profile }) => msOf(profile.createdAt)),
  updatedAt: date(({ profile }) => msOf(profile.updatedAt)),
  lastActivityAt: date(({ profile, metrics }) => instantMs(laterOf(profile.createdAt, metrics.lastEventAt))),
  tags: set(({ profile }) => profile.tags.map(({ name }) => name)),
  'customAttributes.*': anything(({ profile }, name) => own(profile.customAttributes, name)),
  'answers.*': anything(({ profile }, name) => own(profile.answers, name)),
  'profileCompleteness.filled': number((of) => completeness(of).filled),
  'profileCompleteness.total': number((of) => completeness(of).total),
  syncSources: set(({ profile }) => profile.syncSources.map(({ source }) => source)),
  'syncSources.*.status': oneOf(['synced', 'pending', 'error'], (of, name) => syncedWith(of, name)?.status ?? null),
  'syncSources.*.externalId': text((of, name) => syncedWith(of, name)?.externalId ?? null),
  'syncSources.*.lastSyncedAt': date((of, name) => instantMs(syncedWith(of, name)?.lastSyncedAt ?? null)),
  /** Besides these the evaluator knows those that rules put the consumer in. */
  segments: set(({ picture }) => picture.imported),
  lists: set(({ picture }) => picture.lists),
  claimedRewards: set(({ picture }) => namesWhere(picture.claims, (standing) => standing > 0)),
  completedChallenges: set(({ picture }) => namesWhere(picture.challenges, ({ completions }) => completions > 0)),
  'challenges.*.progress': number(({ picture }, id) => own(picture.challenges, id)?.progress ?? 0),
  'challenges.*.completions': number(({ picture }, id) => own(picture.challenges, id)?.completions ?? 0),
};

const instantMs = (instant: Instant | null): number | null => (instant === null ? null : msOf(instant));
const dateOf = (day: string | null): number | null => (day === null ? null : dateMsOf(day));

const own = <T>(values: Readonly<Record<string, T>>, name: string): T | null =>
  Object.hasOwn(values, name) ? (values[name] ?? null) : null;

const namesWhere = <T>(values: Readonly<Record<string, T>>, holds: (value: T) => boolean): string[] =>
  Object.entries(values).flatMap(([name, value]) => (holds(value) ? [name] : []));

const syncedWith = ({ profile }: Reading, name: string): SyncSource | undefined =>
  profile.syncSources.find(({ source }) => source === name);

/** Of the fields that an organization may count, as the detail shows them. */
function completeness({ profile, metrics, context }: Reading): { filled: number; total: number } {
  const { fullName, email, phone, gender, birthday, pictureUrl, handler, facebookId } = profile;
  const { city = null, region = null, country = null } = metrics.place?.value ?? {};
  const detail = {
    ...{ fullName, email, phone, gender, birthday, pictureUrl, handler, facebookId },
    tags: profile.tags as unknown as Json,
    customAttributes: profile.customAttributes as Record<string, AttributeValue>,
    answers: profile.answers as Record<string, AttributeValue>,
    locationContext: { city, region, country, timezone: metrics.timezone?.value ?? null },
  };
  return completenessOf(detail, context.settings.profile.completenessFields);
}
