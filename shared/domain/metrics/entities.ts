/** Orders and messages: states that do not depend on the order in which their events arrive. */
import type { ConsumerEvent, MessageState, OrderState } from '../facts.ts';
import { earlierOf } from '../instants.ts';
import { Refusal } from '../refusal.ts';

/** What an event says, whoever it is about and whenever it happened. */
type About = Pick<ConsumerEvent, 'type' | 'attributes'>;

/** What an event is about, and so what must be loaded before it is applied. Null for events that stand alone. */
export function subjectOf(event: About): { kind: 'order' | 'message'; id: string } | null {
  switch (event.type) {
    case 'order_placed':
    case 'order_refunded':
    case 'order_accepted':
    case 'order_rejected':
      return { kind: 'order', id: textAt(event, 'orderId') };
    case 'message_sent':
    case 'message_engaged':
      return { kind: 'message', id: textAt(event, 'messageId') };
    default:
      return null;
  }
}

/**
 * The order after one more of its events. Placing it again changes nothing.
 * Refuses `unknown_order` where it was not placed before, and `refund_exceeds_order`.
 */
export function orderAfter(order: OrderState | undefined, event: ConsumerEvent): OrderState {
  if (event.type === 'order_placed') return order ?? placed(event);
  if (order === undefined) {
    throw new Refusal('unknown_order', `order ${textAt(event, 'orderId')} is not known: send it first`);
  }
  return event.type === 'order_refunded' ? refunded(order, event) : settled(order, event);
}

/** The message after one more of its events: engagement implies sending, the earliest engagement is the one that counts. */
export function messageAfter(message: MessageState | undefined, event: ConsumerEvent): MessageState {
  const before = message ?? { messageId: textAt(event, 'messageId'), sent: false, engagedAt: null };
  const engagedAt = event.type === 'message_engaged' ? earlierOf(before.engagedAt, event.occurredAt) : before.engagedAt;
  return { ...before, sent: true, engagedAt };
}

/** Whether the order is part of the purchase history. */
export const stands = (order: OrderState): boolean => order.settlement?.state !== 'rejected';

const placed = (event: ConsumerEvent): OrderState => ({
  orderId: textAt(event, 'orderId'),
  occurredAt: event.occurredAt,
  totalMinor: wholeAt(event, 'totalMinor'),
  refundedMinor: 0,
  returned: false,
  settlement: null,
});

function refunded(order: OrderState, event: ConsumerEvent): OrderState {
  const refundedMinor = order.refundedMinor + wholeAt(event, 'amountMinor');
  if (refundedMinor > order.totalMinor) {
    throw new Refusal(
      'refund_exceeds_order',
      `order ${order.orderId} has ${order.totalMinor - order.refundedMinor} left to refund`,
    );
  }
  return { ...order, refundedMinor, returned: order.returned || event.attributes['returned'] === true };
}

/** What was settled last counts, whatever arrives last. */
function settled(order: OrderState, event: ConsumerEvent): OrderState {
  const { occurredAt: at, eventId } = event;
  const current = order.settlement;
  const isNewer = current === null || at > current.at || (at === current.at && eventId > current.eventId);
  if (!isNewer) return order;
  return { ...order, settlement: { state: event.type === 'order_accepted' ? 'accepted' : 'rejected', at, eventId } };
}

/** Events were parsed before they came here: a missing attribute is a bug, not a refusal. */
function textAt(event: About, name: string): string {
  const value = event.attributes[name];
  if (typeof value !== 'string') throw new TypeError(`${event.type} without ${name}`);
  return value;
}

function wholeAt(event: ConsumerEvent, name: string): number {
  const value = event.attributes[name];
  if (!Number.isSafeInteger(value)) throw new TypeError(`${event.type} without ${name}`);
  return Number(value);
}
