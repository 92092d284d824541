/** Responses of the consumer endpoints. */
import * as z from 'zod/mini';
import { balancesShape } from '../../shared/edge/balances.ts';
import { status, tagType } from './schemas.ts';

const buildAnswers = () => {
  const text = z.nullable(z.string());
  const instant = z.string();
  const moment = z.nullable(instant);
  const amount = z.nullable(z.number());
  const attributes = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]));
  const identityLevel = z.enum(['guest', 'registered', 'verified']);
  const rank = z.nullable(z.int().check(z.gte(1), z.lte(5)));
  const dimension = z.strictObject({ value: z.number(), percentile: amount, rank });
  const syncSource = z.strictObject({
    source: z.string(),
    externalId: z.string(),
    lastSyncedAt: moment,
    status: z.enum(['synced', 'pending', 'error']),
  });

  const header = {
    consumerId: z.string(),
    version: z.int(),
    status,
    identityLevel,
    membership: z.enum(['none', 'opted_in', 'opted_out']),
    archived: z.boolean(),
    fullName: text,
    email: text,
    emailVerified: z.boolean(),
    phone: text,
    phoneVerified: z.boolean(),
    gender: text,
    birthday: text,
    pictureUrl: text,
    handler: text,
    facebookId: text,
    joinedAt: moment,
    createdAt: instant,
    updatedAt: instant,
    lastActivityAt: instant,
    tags: z.array(z.strictObject({ name: z.string(), type: z.nullable(tagType) })),
    customAttributes: attributes,
    answers: attributes,
    profileCompleteness: z.strictObject({ filled: z.int(), total: z.int() }),
  };

  const rfm = z.strictObject({
    activity: dimension,
    frequency: dimension,
    monetary: dimension,
    population: z.int(),
    asOf: moment,
  });

  const cards = {
    customerValue: z.strictObject({
      orders: z.int(),
      lifetimeValueMinor: z.int(),
      averageOrderValueMinor: amount,
      percentile: amount,
    }),
    purchaseRecency: z.strictObject({
      lastOrderAt: moment,
      daysSinceLastOrder: amount,
      orderCadenceDays: amount,
      status: z.enum(['fresh', 'active', 'at_risk', 'dormant', 'none']),
    }),
    engagementHealth: z.strictObject({
      messagesSent: z.int(),
      messagesEngaged: z.int(),
      responseRatePercent: amount,
      lastEngagedAt: moment,
    }),
    locationContext: z.strictObject({
      city: text,
      region: text,
      country: text,
      timezone: text,
      bestSendTime: z.nullable(
        z.strictObject({
          window: z.enum(['morning', 'midday', 'afternoon', 'evening']),
          localHour: z.int(),
          engagements: z.int(),
          nextAt: instant,
        }),
      ),
    }),
    accountHealth: z.strictObject({
      botRisk: z.null(),
      returnRatePercent: amount,
      churnRisk: z.nullable(
        z.strictObject({
          probability: z.number(),
          level: z.enum(['low', 'medium', 'high']),
          aliveProbability: z.number(),
          horizonDays: z.int(),
          model: z.literal('bg_nbd'),
          parameters: z.enum(['fitted', 'prior']),
          fittedAt: moment,
        }),
      ),
    }),
    loyalty: z.strictObject({
      score: z.number(),
      band: z.string(),
      activityRank: rank,
      frequencyRank: rank,
      monetaryRank: rank,
    }),
  };

  const tier = { tierId: z.string(), name: z.string() };
  const loyaltyProgram = {
    points: z.strictObject({
      ...balancesShape(),
      nextExpiry: z.nullable(z.strictObject({ points: z.int(), at: instant })),
    }),
    tier: z.nullable(
      z.strictObject({
        ...tier,
        since: instant,
        /** Assigned by staff. */
        manual: z.boolean(),
        next: z.nullable(z.strictObject({ ...tier, pointsNeeded: z.int() })),
      }),
    ),
    /** The newest ones. */
    completedChallenges: z.array(
      z.strictObject({
        challengeId: z.string(),
        name: z.string(),
        points: z.int(),
        times: z.int(),
        completedAt: instant,
      }),
    ),
    /** The newest ones. */
    claimedRewards: z.array(
      z.strictObject({
        claimId: z.string(),
        rewardId: z.string(),
        name: z.string(),
        points: z.int(),
        claimedAt: instant,
      }),
    ),
  };

  const groups = {
    segments: z.array(z.strictObject({ segmentId: z.string(), name: z.string(), enteredAt: instant })),
    lists: z.array(z.strictObject({ listId: z.string(), name: z.string(), addedAt: instant })),
  };

  const consentState = z.optional(z.strictObject({ state: z.enum(['granted', 'withdrawn']), at: instant }));
  /** For marketing. Channels without a statement are omitted. */
  const consents = z.strictObject({ email: consentState, sms: consentState, push: consentState });

  /** Always empty for now. */
  const later = { participation: z.array(z.never()) };

  const consumerDetail = z.strictObject({
    ...header,
    rfm,
    ...cards,
    ...loyaltyProgram,
    ...groups,
    ...later,
    consents,
    /** The newest events, with their single values. */
    latestActions: z.array(
      z.strictObject({
        eventId: z.string(),
        type: z.string(),
        occurredAt: instant,
        source: text,
        attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      }),
    ),
    syncSources: z.array(syncSource),
  });

  const consumersPage = z.strictObject({
    items: z.array(
      z.strictObject({
        consumerId: z.string(),
        fullName: text,
        email: text,
        phone: text,
        status,
        identityLevel,
        loyaltyScore: z.number(),
        tier: z.nullable(z.strictObject(tier)),
        lastActivityAt: instant,
        createdAt: instant,
      }),
    ),
    nextCursor: text,
  });

  const syncSourceAnswer = z.strictObject({ ...syncSource.shape, version: z.int() });
  const adjustmentAnswer = z.strictObject({
    eventId: z.string(),
    delta: z.number(),
    reason: z.string(),
    at: instant,
    /** The score after the adjustment. */
    score: z.number(),
  });

  return { consumerDetail, consumersPage, syncSourceAnswer, adjustmentAnswer };
};

let answers: ReturnType<typeof buildAnswers> | undefined;

/** Built once, on first use: only the documentation needs the schemas, which would take a tenth of a cold start. */
export const consumerAnswers = () => {
  answers ??= buildAnswers();
  return answers;
};
