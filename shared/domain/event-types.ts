/**
 * What each type of event says about itself: one row per type, strict where Regulars computes with it. Any other type
 * in snake_case takes a free object.
 */
import * as z from 'zod/mini';
import { CHANNELS } from './consent/channels.ts';
import { externalId } from './external-ids.ts';
import type { JsonObject } from './facts.ts';
import { isTimezone, TIMEZONE_LENGTH } from './timezones.ts';

/** Ten billion in most currencies: sums of thousands of such orders are still exact. */
const MOST_MINOR = 1e12;
const MOST_ITEMS = 500;
const MOST_QUANTITY = 1e12;
/** Of free attributes, as JSON. */
export const FREE_BYTES = 8 * 1024;
/** Of known attributes, as JSON: room for the largest order, far below what one item of the table may hold. */
export const KNOWN_BYTES = 128 * 1024;

export const DISTRIBUTIONS = ['queue', 'draw', 'auction', 'appointment', 'timed_release', 'waitlist'] as const;

const textUpTo = (length: number) => z.string().check(z.maxLength(length));
const money = z.int().check(z.gte(0), z.lte(MOST_MINOR));
const pieces = z.int().check(z.gte(1), z.lte(1_000_000));
const currency = z.string().check(z.regex(/^[A-Z]{3}$/, 'A currency is three capital letters.'));
const timezone = z.string().check(z.maxLength(TIMEZONE_LENGTH), z.refine(isTimezone, 'There is no such timezone.'));

const item = z.strictObject({
  sku: externalId,
  name: z.optional(textUpTo(256)),
  category: z.optional(textUpTo(128)),
  quantity: pieces,
  unitPriceMinor: money,
});
const returnedItem = z.strictObject({
  sku: externalId,
  name: z.optional(textUpTo(256)),
  category: z.optional(textUpTo(128)),
  quantity: z.optional(pieces),
  unitPriceMinor: z.optional(money),
});
const settlement = z.strictObject({ orderId: externalId });

const geo = z.strictObject({
  city: z.optional(textUpTo(128)),
  region: z.optional(textUpTo(128)),
  country: z.optional(textUpTo(64)),
  timezone: z.optional(timezone),
  latitude: z.optional(z.number().check(z.gte(-90), z.lte(90))),
  longitude: z.optional(z.number().check(z.gte(-180), z.lte(180))),
});

/** An object of any depth, up to 8 KiB as JSON. */
export const freeAttributes = z
  .record(z.string(), z.unknown())
  .check(
    z.refine((value) => bytesOf(value) <= FREE_BYTES, { error: 'Up to 8 KiB as JSON.', params: { code: 'too_long' } }),
  );

/** The attributes of every type that Regulars knows. */
export const attributesByType = {
  order_placed: z.strictObject({
    orderId: externalId,
    totalMinor: money,
    currency: z.optional(currency),
    items: z.optional(z.array(item).check(z.maxLength(MOST_ITEMS))),
    paymentMethod: z.optional(textUpTo(64)),
    /** Points of a pending order wait until it is accepted. */
    pending: z.optional(z.boolean()),
  }),
  order_refunded: z.strictObject({
    orderId: externalId,
    refundId: externalId,
    amountMinor: money,
    returned: z.optional(z.boolean()),
    items: z.optional(z.array(returnedItem).check(z.maxLength(MOST_ITEMS))),
  }),
  order_accepted: settlement,
  order_rejected: settlement,
  friend_referred: freeAttributes,
  review_written: freeAttributes,
  content_shared: freeAttributes,
  share_impression: freeAttributes,
  message_sent: z.strictObject({ messageId: externalId, channel: z.enum(CHANNELS) }),
  message_engaged: z.strictObject({
    messageId: externalId,
    channel: z.enum(CHANNELS),
    engagement: z.optional(z.enum(['opened', 'clicked', 'replied'])),
  }),
  visit: z.strictObject({
    sessionId: z.optional(externalId),
    deviceId: z.optional(externalId),
    ip: z.optional(textUpTo(45)),
    userAgent: z.optional(textUpTo(1024)),
    geo: z.optional(geo),
    pageViews: z.optional(z.int().check(z.gte(0), z.lte(1_000_000))),
    durationMs: z.optional(z.int().check(z.gte(0), z.lte(1e10))),
  }),
  participated: z.strictObject({
    experienceId: externalId,
    distribution: z.enum(DISTRIBUTIONS),
    outcome: z.optional(textUpTo(64)),
  }),
  activity: z.strictObject({
    kind: z.string().check(z.regex(/^[a-z][a-z0-9_]{0,63}$/, 'A kind is snake_case, up to 64 characters.')),
    quantity: z.number().check(z.gt(0), z.lte(MOST_QUANTITY)),
  }),
} as const;
export type KnownType = keyof typeof attributesByType;

/** Types that only Regulars itself records. */
export const RESERVED_TYPES: ReadonlySet<string> = new Set([
  'loyalty_score_adjusted',
  'tier_changed',
  'segment_entered',
  'segment_left',
]);

/** The schema of a type's attributes. */
export const attributesOf = (type: string): z.ZodMiniType<JsonObject> =>
  (Object.hasOwn(attributesByType, type)
    ? attributesByType[type as KnownType]
    : freeAttributes) as z.ZodMiniType<JsonObject>;

/** How long attributes are as JSON in UTF-8. */
export function bytesOf(attributes: Record<string, unknown>): number {
  return new TextEncoder().encode(JSON.stringify(attributes)).length;
}

/** Events that settle an order, and with it the points that it earned. */
export const isSettling = (type: string): boolean => SETTLING.has(type);
const SETTLING: ReadonlySet<string> = new Set(['order_refunded', 'order_accepted', 'order_rejected']);
