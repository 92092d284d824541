/** Requests of the consumer endpoints. */
import * as z from 'zod/mini';
import { EMAIL_LENGTH } from '../../shared/domain/consumer/contacts.ts';
import { ATTRIBUTES_MOST, SOURCES_MOST, TAGS_MOST } from '../../shared/domain/consumer/edit.ts';
import { externalId, source } from '../../shared/domain/external-ids.ts';
import type { Tag } from '../../shared/domain/facts.ts';
import { cursor, instant, limit } from '../../shared/edge/parameters.ts';

const line = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));
const clearable = <T extends z.ZodMiniType>(schema: T) => z.optional(z.nullable(schema));

export const status = z.enum(['active', 'inactive']);
export const tagType = z.enum(['vip_status', 'source', 'behavior', 'campaign']);

/** Trimmed and in NFC, so that tags that look the same are the same. */
export const tagName = z
  .string()
  .check(z.trim(), z.normalize('NFC'), z.minLength(1, 'A tag must not be blank.'), z.maxLength(64));
const tag = z.pipe(
  z.union([tagName, z.strictObject({ name: tagName, type: clearable(tagType) })]),
  z.transform(
    (given): Tag => (typeof given === 'string' ? { name: given, type: null } : { ...given, type: given.type ?? null }),
  ),
);

const attributeText = z.string().check(z.maxLength(1024));
const attributeValue = z.union([
  attributeText,
  z.number(),
  z.boolean(),
  z.array(attributeText).check(z.maxLength(100)),
]);
const attributes = z.record(z.string().check(z.minLength(1), z.maxLength(64)), z.nullable(attributeValue)).check(
  z.refine((values) => Object.keys(values).length <= ATTRIBUTES_MOST, {
    error: `At most ${ATTRIBUTES_MOST} attributes.`,
    params: { code: 'too_long' },
  }),
);

const profile = {
  email: clearable(z.string().check(z.maxLength(2 * EMAIL_LENGTH))),
  phone: clearable(z.string().check(z.maxLength(64))),
  fullName: clearable(line(200)),
  gender: clearable(line(64)),
  /** A date, `1990-05-01`. */
  birthday: clearable(
    z.iso.date().check(z.refine((date) => date >= '1900-01-01', 'The earliest birthday is 1900-01-01.')),
  ),
  pictureUrl: clearable(z.url({ protocol: /^https$/ }).check(z.maxLength(2048))),
  handler: clearable(line(200)),
  facebookId: clearable(line(128)),
  status: z.optional(status),
  customAttributes: z.optional(attributes),
  answers: z.optional(attributes),
  tags: z.optional(z.array(tag).check(z.maxLength(TAGS_MOST))),
};

export const newConsumer = z.strictObject({
  ...profile,
  /** The consumer's ids in other systems, by source. */
  externalIds: z.optional(
    z.record(source, externalId).check(
      z.refine((ids) => Object.keys(ids).length <= SOURCES_MOST, {
        error: `At most ${SOURCES_MOST} external ids.`,
        params: { code: 'too_long' },
      }),
    ),
  ),
});

/** Fields that are computed or have their own endpoint. Each is refused by name. */
const notEditable = [
  ...['consumerId', 'version', 'identityLevel', 'membership', 'archived', 'emailVerified', 'phoneVerified'],
  ...['joinedAt', 'createdAt', 'updatedAt', 'lastActivityAt', 'profileCompleteness', 'rfm', 'customerValue'],
  ...['purchaseRecency', 'engagementHealth', 'locationContext', 'accountHealth', 'loyalty', 'points', 'tier'],
  ...['segments', 'lists', 'latestActions', 'completedChallenges', 'claimedRewards', 'participation'],
  ...['syncSources', 'externalIds', 'consents'],
  // Fields inside these parts.
  ...['orders', 'lifetimeValueMinor', 'averageOrderValueMinor', 'percentile', 'lastOrderAt', 'daysSinceLastOrder'],
  ...['orderCadenceDays', 'messagesSent', 'messagesEngaged', 'responseRatePercent', 'lastEngagedAt'],
  ...['bestSendTime', 'botRisk', 'returnRatePercent', 'churnRisk', 'loyaltyScore', 'score', 'band'],
] as const;
const computed = z
  .unknown()
  .check(
    z.refine((value) => value === undefined, {
      error: 'This field cannot be edited here: it is computed or has its own endpoint.',
      params: { code: 'not_editable' },
    }),
  )
  .register(z.globalRegistry, { readOnly: true });

export const consumerEdit = z.strictObject({
  ...profile,
  ...Object.fromEntries(notEditable.map((name) => [name, z.optional(computed)])),
});

export const consumersQuery = z.strictObject({
  search: z.optional(z.string().check(z.maxLength(200))),
  status: z.optional(status),
  tag: z.optional(tagName),
  segmentId: z.optional(line(128)),
  listId: z.optional(line(128)),
  limit,
  cursor,
});

/** Exactly one of: email, phone, source with externalId. */
export const lookupQuery = z
  .strictObject({
    email: z.optional(z.string().check(z.maxLength(2 * EMAIL_LENGTH))),
    phone: z.optional(z.string().check(z.maxLength(64))),
    source: z.optional(source),
    externalId: z.optional(externalId),
  })
  .check(
    z.refine((query) => lookupIn(query) !== null, {
      error: 'Look up by email, or by phone, or by source and externalId.',
    }),
  );

interface LookupQuery {
  email?: string | undefined;
  phone?: string | undefined;
  source?: string | undefined;
  externalId?: string | undefined;
}

export const lookupIn = ({ email, phone, source, externalId }: LookupQuery) => {
  const ways = [
    ...(email === undefined ? [] : [{ email }]),
    // An unescaped plus sign in a URL arrives as a space.
    ...(phone === undefined ? [] : [{ phone: phone.replace(/^ (?=\d)/, '+') }]),
    ...(source === undefined || externalId === undefined ? [] : [{ source, externalId }]),
  ];
  const isHalf = (source === undefined) !== (externalId === undefined);
  return ways.length === 1 && !isHalf ? (ways[0] ?? null) : null;
};

const consumerId = z.string().check(z.minLength(1), z.maxLength(128));
export const tagParams = z.strictObject({ consumerId, tag: tagName });
export const tagBody = z.optional(z.strictObject({ type: clearable(tagType) }));
export const sourceParams = z.strictObject({ consumerId, source });
export const syncSourceBody = z.strictObject({
  externalId,
  status: z._default(z.enum(['synced', 'pending', 'error']), 'synced'),
  lastSyncedAt: z._default(z.nullable(instant), null),
});
export const membershipBody = z.strictObject({ state: z.enum(['opted_in', 'opted_out']) });
export const adjustmentBody = z.strictObject({
  /** Score points, up or down. */
  delta: z.number().check(z.gte(-10_000), z.lte(10_000)),
  reason: line(500),
});
