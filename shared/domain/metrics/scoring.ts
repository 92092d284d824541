/** What each event is worth, to the loyalty score and to the activity of a consumer. */
import type { ConsumerEvent, MessageState, OrderState } from '../facts.ts';
import { type LoyaltyWeights, minorDigitsOf, type Settings } from '../settings.ts';
import type { TalliedByKey } from './tallies.ts';

/** Names the IANA timezone of a place on earth, null where there is none. */
export type TimezoneAt = (latitude: number, longitude: number) => string | null;

/** All that the fold needs to know besides the events. Other rules make other sums: then everything is folded again. */
export interface ScoringRules {
  halfLifeDays: number;
  activityHalfLifeDays: number;
  weights: LoyaltyWeights;
  /** Digits of the currency's minor unit. */
  currencyDigits: number;
  timezoneAt: TimezoneAt;
  /** What segment rules ask of events, by its key. */
  tallied: TalliedByKey;
}

export const scoringRulesOf = (
  settings: Settings,
  timezoneAt: TimezoneAt,
  tallied: TalliedByKey = NOTHING_TALLIED,
): ScoringRules => ({
  halfLifeDays: settings.loyalty.halfLifeDays,
  activityHalfLifeDays: settings.loyalty.activityHalfLifeDays,
  weights: settings.loyalty.weights,
  currencyDigits: minorDigitsOf(settings.organization.currency),
  timezoneAt,
  tallied,
});
const NOTHING_TALLIED: TalliedByKey = {};

/** Score points of an order that stands: capped for the whole order, less the refunded share. */
export function orderWeight(order: OrderState, rules: ScoringRules): number {
  const { weights, currencyDigits } = rules;
  const totalMajor = order.totalMinor / 10 ** currencyDigits;
  const whole = Math.min(weights.orderMost, weights.order + weights.orderPerMajorUnit * totalMajor);
  return order.totalMinor === 0 ? whole : (whole * (order.totalMinor - order.refundedMinor)) / order.totalMinor;
}

/** Score points of a message: those of its first engagement. */
export const messageWeight = (message: MessageState, rules: ScoringRules): number =>
  message.engagedAt === null ? 0 : rules.weights.messageEngaged;

/** Score points of an event that stands alone, neither about an order nor about a message. */
export function eventWeight(event: ConsumerEvent, weights: LoyaltyWeights): number {
  switch (event.type) {
    case 'participated':
      return weights.participated;
    case 'review_written':
      return weights.reviewWritten;
    case 'friend_referred':
      return weights.friendReferred;
    case 'loyalty_score_adjusted':
      return Number(event.attributes['delta']);
    default:
      return 0;
  }
}

/** Events that stand alone and count 1 each in the activity; engaged messages do too. */
export const ACTIVE: ReadonlySet<string> = new Set(['visit', 'participated']);

/**
 * Types that others cause: staff, the shop, those who see what was shared, Regulars itself. All else is the consumer's own
 * doing.
 */
const OTHERS_DOING: ReadonlySet<string> = new Set([
  'order_refunded',
  'order_accepted',
  'order_rejected',
  'message_sent',
  'share_impression',
  'loyalty_score_adjusted',
  'tier_changed',
  'segment_entered',
  'segment_left',
]);

/** Whether the consumer acted: only that keeps them from being archived. */
export const isOwn = (event: ConsumerEvent): boolean => !OTHERS_DOING.has(event.type);
