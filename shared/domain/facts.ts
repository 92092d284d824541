/**
 * The facts that Regulars keeps about a consumer, as the domain sees them: plain data, no storage, no HTTP.
 *
 * Units are last in names: `Minor` is integer minor currency units, `Ms` milliseconds, `Days` exact 24 h periods.
 */

/** ISO 8601 UTC instant in canonical form, `2026-01-31T09:30:00.000Z`: 24 characters, so text order is time order. */
export type Instant = string;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type ConsumerStatus = 'active' | 'inactive';
export type IdentityLevel = 'guest' | 'registered' | 'verified';
export type Membership = 'none' | 'opted_in' | 'opted_out';
export type TagType = 'vip_status' | 'source' | 'behavior' | 'campaign';
export interface Tag {
  name: string;
  type: TagType | null;
}
/** What a custom attribute or an answer may hold: the kinds that segment rules can compare. */
export type AttributeValue = string | number | boolean | string[];

export interface SyncSource {
  source: string;
  externalId: string;
  lastSyncedAt: Instant | null;
  status: 'synced' | 'pending' | 'error';
}

export type Channel = 'email' | 'sms' | 'push';
export type ConsentState = 'granted' | 'withdrawn';
/** What a consumer has agreed to as of now: by channel, then by purpose. Absent: never asked. */
export type Consents = { [C in Channel]?: Record<string, { state: ConsentState; at: Instant }> };

/** Who a consumer is: everything that people edit or send, nothing computed. `version` moves with each edit. */
export interface Profile {
  consumerId: string;
  version: number;
  status: ConsumerStatus;
  membership: Membership;
  archived: boolean;
  fullName: string | null;
  email: string | null;
  emailVerified: boolean;
  phone: string | null;
  phoneVerified: boolean;
  gender: string | null;
  /** Calendar date, `1990-05-01`. */
  birthday: string | null;
  pictureUrl: string | null;
  handler: string | null;
  facebookId: string | null;
  tags: Tag[];
  customAttributes: Record<string, AttributeValue>;
  answers: Record<string, AttributeValue>;
  syncSources: SyncSource[];
  consents: Consents;
  joinedAt: Instant | null;
  createdAt: Instant;
  updatedAt: Instant;
}

/** One thing that a consumer did or that happened to them. Never changed once recorded. */
export interface ConsumerEvent {
  eventId: string;
  type: string;
  occurredAt: Instant;
  source: string | null;
  attributes: JsonObject;
}

/**
 * An order as all its events so far leave it. The result does not depend on the order in which they arrived:
 * a rejection is final, of two settlements that say the same the earlier one counts.
 */
export interface OrderState {
  orderId: string;
  occurredAt: Instant;
  totalMinor: number;
  refundedMinor: number;
  returned: boolean;
  settlement: { state: 'accepted' | 'rejected'; at: Instant; eventId: string } | null;
}

/** A message as all its events so far leave it; `engagedAt` is the earliest engagement, the only one that counts. */
export interface MessageState {
  messageId: string;
  /** Whether anybody said so; what was engaged with was sent in any case. */
  sent: boolean;
  engagedAt: Instant | null;
}

/** A value taken from the newest visit that carried it; ties between visits go to the greater event id. */
export interface Seen<T> {
  value: T;
  at: Instant;
  eventId: string;
}
export interface Place {
  city: string | null;
  region: string | null;
  country: string | null;
}

/**
 * Everything that a consumer's metrics are computed from: sums, extremes and newest values, so that any order of the
 * same events gives the same state, to the last bit.
 */
export interface MetricsState {
  /** Orders placed and not rejected. */
  orders: number;
  paidMinor: number;
  refundedMinor: number;
  /** Orders with at least one return. */
  ordersReturned: number;
  firstOrderAt: Instant | null;
  lastOrderAt: Instant | null;
  /** Forward-decayed sums, exact, as text (see decay.ts). */
  loyaltySum: string;
  activitySum: string;
  messagesSent: number;
  messagesEngaged: number;
  lastEngagedAt: Instant | null;
  /** Whole minutes since 1970 of the newest 100 engagements that count, ascending. */
  engagedMinutes: number[];
  place: Seen<Place> | null;
  timezone: Seen<string> | null;
  /** The consumer's own newest event; null before the first. */
  lastEventAt: Instant | null;
  /** What segment rules ask of events, by the key of what is asked (see segments/tally.ts). */
  tallies: Readonly<Record<string, string>>;
  /** When the consumer did what counts for brand advocates, by type (see advocates/activities.ts). */
  advocacy: Readonly<Record<string, string>>;
}
