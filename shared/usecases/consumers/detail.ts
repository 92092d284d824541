/** The detail of a consumer as of now. Parts that are not built yet are present, but empty or null. */
import { completenessOf } from '../../domain/completeness.ts';
import { marketingOf } from '../../domain/consent/standing.ts';
import { lastActivityOf } from '../../domain/consumer/archiving.ts';
import { identityLevelOf } from '../../domain/consumer/identity.ts';
import type { Instant, Json, JsonObject } from '../../domain/facts.ts';
import { bestSendTime } from '../../domain/metrics/best-send-time.ts';
import { churnRiskOf } from '../../domain/metrics/churn-risk.ts';
import {
  customerValueOf,
  engagementHealthOf,
  loyaltyOf,
  purchaseRecencyOf,
  returnRatePercentOf,
} from '../../domain/metrics/read.ts';
import { rfmOf } from '../../domain/summary.ts';
import { absenceOf } from '../common/absence.ts';
import { listsIn, segmentsIn } from '../organization/catalogue.ts';
import type { Organization } from '../organization/organization.ts';
import { organizationOf } from '../organization/organization.ts';
import { readingOf } from '../organization/scoring.ts';
import { accountAt, pointsShown, tierOf, withAllLots } from '../points/shown.ts';
import type { RecordOf } from '../ports/records.ts';
import type { ConsumerState, ConsumerStateWithEvents, ListedState, Store } from '../ports/store.ts';

export type ConsumerDetail = ReturnType<typeof detailAt>;

/** The detail, in two parallel requests. Throws `Refusal('consumer_not_found')`. */
export const readDetail = async (store: Store, consumerId: string, now: Instant): Promise<ConsumerDetail> => {
  const [state, organization] = await Promise.all([store.stateWithEventsOf(consumerId), organizationOf(store, now)]);
  // A consumer that is not found may have just been created: read again, strongly consistent.
  return detailAt(
    state ? await complete(store, state, now) : await existingStateOf(store, consumerId, now),
    organization,
    now,
  );
};

/** Throws `Refusal('consumer_not_found')`. */
export const existingStateOf = async (
  store: Store,
  consumerId: string,
  now: Instant,
  fresh = true,
): Promise<ConsumerStateWithEvents> => {
  const state = await store.stateWithEventsOf(consumerId, fresh);
  if (state === null) throw await absenceOf(store, consumerId);
  return complete(store, state, now);
};

const complete = async (
  store: Store,
  state: ConsumerStateWithEvents,
  now: Instant,
): Promise<ConsumerStateWithEvents> => {
  const account = await withAllLots(store, state.account, now);
  return account === state.account ? state : { ...state, account };
};

export const detailAt = (state: ConsumerStateWithEvents, organization: Organization, now: Instant) => {
  const { profile, metrics } = state;
  const header = headerOf(state);
  const locationContext = locationOf(metrics, now);
  return {
    ...header,
    tags: profile.tags,
    customAttributes: profile.customAttributes,
    answers: profile.answers,
    profileCompleteness: completenessOf(
      { ...header, ...editable(profile), locationContext } as unknown as JsonObject,
      organization.settings.profile.completenessFields,
    ),
    ...metricsPartsOf(state, organization, now),
    locationContext,
    points: pointsShown(accountAt(state.account, now)),
    tier: tierOf(state, organization, now),
    segments: segmentsIn(state.memberships, organization.catalogue),
    lists: listsIn(state.memberships, organization.catalogue),
    latestActions: state.events.map(actionOf),
    completedChallenges: state.rewardsState?.completed ?? [],
    claimedRewards: state.rewardsState?.latestClaims ?? [],
    participation: [],
    syncSources: profile.syncSources,
    consents: marketingOf(profile.consents),
  };
};

const headerOf = ({ profile, metrics }: Pick<ConsumerState, 'profile' | 'metrics'>) => ({
  consumerId: profile.consumerId,
  version: profile.version,
  status: profile.status,
  identityLevel: identityLevelOf(profile),
  membership: profile.membership,
  archived: profile.archived,
  fullName: profile.fullName,
  email: profile.email,
  emailVerified: profile.emailVerified,
  phone: profile.phone,
  phoneVerified: profile.phoneVerified,
  gender: profile.gender,
  birthday: profile.birthday,
  pictureUrl: profile.pictureUrl,
  handler: profile.handler,
  facebookId: profile.facebookId,
  joinedAt: profile.joinedAt,
  createdAt: profile.createdAt,
  updatedAt: profile.updatedAt,
  lastActivityAt: lastActivityOf(profile, metrics),
});

const editable = ({ tags, customAttributes, answers }: RecordOf<'profile'>) => ({ tags, customAttributes, answers });

const metricsPartsOf = ({ metrics }: ListedState, organization: Organization, now: Instant) => {
  const { summary, settings, churnModel } = organization;
  const loyalty = readingOf(settings.loyalty, metrics);
  const rfm = rfmOf(summary, metrics, metrics.eligible, loyalty, now);
  return {
    rfm,
    customerValue: customerValueOf(metrics, rfm.monetary.percentile),
    purchaseRecency: purchaseRecencyOf(metrics, now),
    engagementHealth: engagementHealthOf(metrics),
    accountHealth: {
      botRisk: null,
      returnRatePercent: returnRatePercentOf(metrics),
      churnRisk: churnRiskOf(metrics, churnModel, now),
    },
    loyalty: {
      ...loyaltyOf(metrics, loyalty, now),
      activityRank: rfm.activity.rank,
      frequencyRank: rfm.frequency.rank,
      monetaryRank: rfm.monetary.rank,
    },
  };
};

const locationOf = ({ place, timezone, engagedMinutes }: RecordOf<'metrics'>, now: Instant) => ({
  city: place?.value.city ?? null,
  region: place?.value.region ?? null,
  country: place?.value.country ?? null,
  timezone: timezone?.value ?? null,
  bestSendTime: bestSendTime(engagedMinutes, timezone?.value ?? null, now),
});

/** An event with its single values. Lists and objects are only in the history. */
const actionOf = ({ eventId, type, occurredAt, source, attributes }: RecordOf<'event'>) => ({
  eventId,
  type,
  occurredAt,
  source,
  attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => isSingle(value))),
});
const isSingle = (value: Json): boolean => typeof value !== 'object';
