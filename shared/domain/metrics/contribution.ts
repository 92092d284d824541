/** What one order, message or event that stands alone adds to the sums of a consumer's metrics. */
import { type DecayedSum, decaying, EMPTY_SUM, minus, plus } from '../decay.ts';
import type { ConsumerEvent, MessageState, OrderState } from '../facts.ts';
import { stands } from './entities.ts';
import { ACTIVE, eventWeight, messageWeight, orderWeight, type ScoringRules } from './scoring.ts';

export interface Contribution {
  orders: number;
  paidMinor: number;
  refundedMinor: number;
  ordersReturned: number;
  messagesSent: number;
  messagesEngaged: number;
  loyaltySum: DecayedSum;
  activitySum: DecayedSum;
}

export const NOTHING: Contribution = {
  orders: 0,
  paidMinor: 0,
  refundedMinor: 0,
  ordersReturned: 0,
  messagesSent: 0,
  messagesEngaged: 0,
  loyaltySum: EMPTY_SUM,
  activitySum: EMPTY_SUM,
};

/** A refund counts at the order's own instant, so that a full one leaves nothing of its weight. */
export function ofOrder(order: OrderState | undefined, rules: ScoringRules): Contribution {
  if (order === undefined || !stands(order)) return NOTHING;
  return {
    ...NOTHING,
    orders: 1,
    paidMinor: order.totalMinor,
    refundedMinor: order.refundedMinor,
    ordersReturned: order.returned ? 1 : 0,
    loyaltySum: decaying(orderWeight(order, rules), order.occurredAt, rules.halfLifeDays),
  };
}

export function ofMessage(message: MessageState | undefined, rules: ScoringRules): Contribution {
  if (message === undefined) return NOTHING;
  // Engagement implies sending.
  const sent = { ...NOTHING, messagesSent: 1 };
  if (message.engagedAt === null) return sent;
  return {
    ...sent,
    messagesEngaged: 1,
    loyaltySum: decaying(messageWeight(message, rules), message.engagedAt, rules.halfLifeDays),
    activitySum: decaying(1, message.engagedAt, rules.activityHalfLifeDays),
  };
}

export function ofEvent(event: ConsumerEvent, rules: ScoringRules): Contribution {
  const weight = eventWeight(event, rules.weights);
  const { occurredAt } = event;
  return {
    ...NOTHING,
    loyaltySum: weight === 0 ? EMPTY_SUM : decaying(weight, occurredAt, rules.halfLifeDays),
    activitySum: ACTIVE.has(event.type) ? decaying(1, occurredAt, rules.activityHalfLifeDays) : EMPTY_SUM,
  };
}

/** The sums with one contribution in place of another. */
export const exchanged = (sums: Contribution, before: Contribution, after: Contribution): Contribution => ({
  orders: sums.orders - before.orders + after.orders,
  paidMinor: sums.paidMinor - before.paidMinor + after.paidMinor,
  refundedMinor: sums.refundedMinor - before.refundedMinor + after.refundedMinor,
  ordersReturned: sums.ordersReturned - before.ordersReturned + after.ordersReturned,
  messagesSent: sums.messagesSent - before.messagesSent + after.messagesSent,
  messagesEngaged: sums.messagesEngaged - before.messagesEngaged + after.messagesEngaged,
  loyaltySum: plus(minus(sums.loyaltySum, before.loyaltySum), after.loyaltySum),
  activitySum: plus(minus(sums.activitySum, before.activitySum), after.activitySum),
});
