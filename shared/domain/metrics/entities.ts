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
    throw refused('unknown_order', 'orderId', 'The order is not known: send it first.');
  }
  return event.type === 'order_refunded' ? refunded(order, event) : settled(order, event);
}

/** The message after one more of its events: the earliest engagement is the one that counts. */
export function messageAfter(message: MessageState | undefined, event: ConsumerEvent): MessageState {
  const before = message ?? { messageId: textAt(event, 'messageId'), sent: false, engagedAt: null };
  const engagedAt = event.type === 'message_engaged' ? earlierOf(before.engagedAt, event.occurredAt) : before.engagedAt;
  return { ...before, sent: before.sent || event.type === 'message_sent', engagedAt };
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
    const left = order.totalMinor - order.refundedMinor;
    throw refused('refund_exceeds_order', 'amountMinor', `order ${order.orderId} has ${left} left to refund`);
  }
  return { ...order, refundedMinor, returned: order.returned || event.attributes['returned'] === true };
}

const refused = (code: 'unknown_order' | 'refund_exceeds_order', attribute: string, message: string): Refusal =>
  new Refusal(code, message, [{ path: `attributes.${attribute}`, code, message }]);

/** A rejection is final, whatever is said before or after it, and whatever arrives first. */
function settled(order: OrderState, event: ConsumerEvent): OrderState {
  const state = event.type === 'order_accepted' ? 'accepted' : 'rejected';
  const said = { state, at: event.occurredAt, eventId: event.eventId } as const;
  return { ...order, settlement: order.settlement === null ? said : decisive(order.settlement, said) };
}

/** Of two that say the same the earlier one, so that the order of arrival leaves no trace. */
function decisive(one: Settlement, other: Settlement): Settlement {
  if (one.state !== other.state) return one.state === 'rejected' ? one : other;
  if (one.at !== other.at) return one.at < other.at ? one : other;
  return one.eventId <= other.eventId ? one : other;
}
type Settlement = NonNullable<OrderState['settlement']>;

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
