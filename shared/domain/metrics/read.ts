/** The answers that are read from a consumer's metrics as of now, in the shape of the detail. */
import { decayedAt } from '../decay.ts';
import type { Instant, MetricsState } from '../facts.ts';
import { daysBetween } from '../instants.ts';
import { percent, quantity, quotient } from '../rounding.ts';
import { type LoyaltyBand, type LoyaltySettings, RECENCY } from '../settings.ts';

export interface CustomerValue {
  orders: number;
  lifetimeValueMinor: number;
  averageOrderValueMinor: number | null;
  percentile: number | null;
}
export type RecencyStatus = (typeof RECENCY)[number]['status'] | 'none';
export interface PurchaseRecency {
  lastOrderAt: Instant | null;
  daysSinceLastOrder: number | null;
  orderCadenceDays: number | null;
  status: RecencyStatus;
}
export interface EngagementHealth {
  messagesSent: number;
  messagesEngaged: number;
  responseRatePercent: number | null;
  lastEngagedAt: Instant | null;
}

/** Total paid minus total refunded. */
export const lifetimeValueMinorOf = (metrics: MetricsState): number => metrics.paidMinor - metrics.refundedMinor;

/** Refunds are not taken off the average. `percentile` comes from the population's summary. */
export const customerValueOf = (metrics: MetricsState, percentile: number | null): CustomerValue => ({
  orders: metrics.orders,
  lifetimeValueMinor: lifetimeValueMinorOf(metrics),
  averageOrderValueMinor: metrics.orders === 0 ? null : quotient(metrics.paidMinor, metrics.orders),
  percentile,
});

/** An order that is, within the tolerated five minutes, ahead of now counts as placed now. */
export function purchaseRecencyOf(metrics: MetricsState, now: Instant): PurchaseRecency {
  const { firstOrderAt, lastOrderAt, orders } = metrics;
  if (firstOrderAt === null || lastOrderAt === null) {
    return { lastOrderAt: null, daysSinceLastOrder: null, orderCadenceDays: null, status: 'none' };
  }
  const days = Math.max(0, daysBetween(lastOrderAt, now));
  return {
    lastOrderAt,
    daysSinceLastOrder: quantity(days),
    orderCadenceDays: orders < 2 ? null : quantity(daysBetween(firstOrderAt, lastOrderAt) / (orders - 1)),
    status: RECENCY.findLast(({ fromDays }) => days >= fromDays)?.status ?? 'none',
  };
}

export const engagementHealthOf = (metrics: MetricsState): EngagementHealth => ({
  messagesSent: metrics.messagesSent,
  messagesEngaged: metrics.messagesEngaged,
  responseRatePercent: sharePercent(metrics.messagesEngaged, metrics.messagesSent),
  lastEngagedAt: metrics.lastEngagedAt,
});

/** Orders with a return, of all orders. */
export const returnRatePercentOf = (metrics: MetricsState): number | null =>
  sharePercent(metrics.ordersReturned, metrics.orders);

/** The exact score; `loyaltyOf` shows it rounded. */
export const loyaltyScoreAt = (metrics: MetricsState, settings: LoyaltySettings, now: Instant): number =>
  decayedAt(metrics.loyaltySum, settings.halfLifeDays, now);

export function loyaltyOf(
  metrics: MetricsState,
  settings: LoyaltySettings,
  now: Instant,
): { score: number; band: string } {
  const score = loyaltyScoreAt(metrics, settings, now);
  return { score: quantity(score), band: bandAt(score, settings.bands).band };
}

/** Each band begins at its own `from`; adjustments can push a score below 0, which is still the first band. */
export function bandAt(score: number, bands: readonly LoyaltyBand[]): LoyaltyBand {
  const band = bands.findLast(({ from }) => score >= from) ?? bands[0];
  if (band === undefined) throw new TypeError('there are no loyalty bands');
  return band;
}

/** Engaged messages, visits and participation, decayed: the activity dimension. */
export const activityAt = (metrics: MetricsState, settings: LoyaltySettings, now: Instant): number =>
  decayedAt(metrics.activitySum, settings.activityHalfLifeDays, now);

const sharePercent = (part: number, whole: number): number | null =>
  whole === 0 ? null : percent((100 * part) / whole);
