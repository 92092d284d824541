/**
 * A consumer's metrics as a fold of its events, in any order of arrival.
 *
 * Each order, message and event that stands alone contributes to sums; when it changes, its old contribution is
 * exchanged for its new one. Extremes (first order, last engagement, …) only ever merge; where one would have to be
 * taken back, `applied` says so and the caller folds the whole history instead.
 */
import { advocacyWith, newAdvocacy } from '../advocates/activities.ts';
import { EMPTY_SUM } from '../decay.ts';
import type { ConsumerEvent, Instant, MessageState, MetricsState, OrderState } from '../facts.ts';
import { earlierOf, laterOf, MINUTE_MS, msOf } from '../instants.ts';
import { ENGAGEMENTS_KEPT } from '../settings.ts';
import { exchanged, NOTHING, ofEvent, ofMessage, ofOrder } from './contribution.ts';
import { messageAfter, orderAfter, stands, subjectOf } from './entities.ts';
import { isOwn, type ScoringRules } from './scoring.ts';
import { newerSeen, seenIn } from './seen.ts';
import { newTallies, talliesWith } from './tallies.ts';

export interface Before {
  metrics: MetricsState;
  /** The order or message that the event is about, where it is known (see `subjectOf`). */
  order?: OrderState | undefined;
  message?: MessageState | undefined;
}
export interface Applied {
  metrics: MetricsState;
  /** The order or message after the event, where it was about one. */
  order?: OrderState;
  message?: MessageState;
  /** True where an extreme may have been lost: `metrics` must not be kept, fold the history. */
  incomplete: boolean;
}
export interface Folded {
  metrics: MetricsState;
  orders: Map<string, OrderState>;
  messages: Map<string, MessageState>;
}

export const emptyMetrics = (): MetricsState => ({
  orders: 0,
  paidMinor: 0,
  refundedMinor: 0,
  ordersReturned: 0,
  firstOrderAt: null,
  lastOrderAt: null,
  loyaltySum: EMPTY_SUM,
  activitySum: EMPTY_SUM,
  messagesSent: 0,
  messagesEngaged: 0,
  lastEngagedAt: null,
  engagedMinutes: [],
  place: null,
  timezone: null,
  lastEventAt: null,
  tallies: {},
  advocacy: {},
});

/** The state after one more event. Refuses `unknown_order` and `refund_exceeds_order`. Each event is given once. */
export function applied(before: Before, event: ConsumerEvent, rules: ScoringRules): Applied {
  const metrics = witnessed(before.metrics, event, rules);
  metrics.tallies = talliesWith(metrics.tallies, event, rules.tallied);
  metrics.advocacy = advocacyWith(metrics.advocacy, event);
  switch (subjectOf(event)?.kind) {
    case 'order': {
      const order = orderAfter(before.order, event);
      return { order, ...withOrder(metrics, before.order, order, rules) };
    }
    case 'message': {
      const message = messageAfter(before.message, event);
      return { message, ...withMessage(metrics, before.message, message, rules) };
    }
    default:
      return { metrics: { ...metrics, ...exchanged(metrics, NOTHING, ofEvent(event, rules)) }, incomplete: false };
  }
}

/** The state that all these events leave, whatever their order; the same as applying them one by one. */
export function folded(events: Iterable<ConsumerEvent>, rules: ScoringRules): Folded {
  const fold = newFold(rules);
  for (const event of events) fold.add(event);
  return fold.folded();
}

/** As `folded`, for events that come one by one: of those that stand alone none is kept. */
export function newFold(rules: ScoringRules): { add(event: ConsumerEvent): void; folded(): Folded } {
  const placed = new Map<string, OrderState>();
  const messages = new Map<string, MessageState>();
  const onOrders: ConsumerEvent[] = [];
  const tallies = newTallies(rules.tallied);
  const advocacy = newAdvocacy();
  let sums = emptyMetrics();
  const add = (event: ConsumerEvent) => {
    const subject = subjectOf(event);
    sums = witnessed(sums, event, rules);
    tallies.add(event);
    advocacy.add(event);
    if (subject?.kind === 'message') messages.set(subject.id, messageAfter(messages.get(subject.id), event));
    else if (event.type === 'order_placed')
      placed.set(orderAfter(undefined, event).orderId, orderAfter(undefined, event));
    else if (subject?.kind === 'order') onOrders.push(event);
    else sums = { ...sums, ...exchanged(sums, NOTHING, ofEvent(event, rules)) };
  };
  const folded = (): Folded => {
    const orders = new Map(placed);
    let metrics: MetricsState = { ...sums, tallies: tallies.tallies(), advocacy: advocacy.advocacy() };
    for (const event of onOrders) {
      const order = orderAfter(orders.get(subjectOf(event)?.id ?? ''), event);
      orders.set(order.orderId, order);
    }
    for (const order of orders.values()) metrics = withOrder(metrics, undefined, order, rules).metrics;
    for (const message of messages.values()) metrics = withMessage(metrics, undefined, message, rules).metrics;
    return { metrics, orders, messages };
  };
  return { add, folded };
}

/** What every event tells, whatever it is about: that the consumer acted, and from where. */
function witnessed(metrics: MetricsState, event: ConsumerEvent, rules: ScoringRules): MetricsState {
  const lastEventAt = isOwn(event) ? laterOf(metrics.lastEventAt, event.occurredAt) : metrics.lastEventAt;
  if (event.type !== 'visit') return { ...metrics, lastEventAt };
  const { place, timezone } = seenIn(event, rules.timezoneAt);
  return {
    ...metrics,
    lastEventAt,
    place: newerSeen(metrics.place, place),
    timezone: newerSeen(metrics.timezone, timezone),
  };
}

function withOrder(
  metrics: MetricsState,
  before: OrderState | undefined,
  after: OrderState,
  rules: ScoringRules,
): { metrics: MetricsState; incomplete: boolean } {
  const next = { ...metrics, ...exchanged(metrics, ofOrder(before, rules), ofOrder(after, rules)) };
  const at = after.occurredAt;
  if (stands(after)) {
    next.firstOrderAt = earlierOf(metrics.firstOrderAt, at);
    next.lastOrderAt = laterOf(metrics.lastOrderAt, at);
    return { metrics: next, incomplete: false };
  }
  if (next.orders === 0) return { metrics: { ...next, firstOrderAt: null, lastOrderAt: null }, incomplete: false };
  const stood = before !== undefined && stands(before);
  return { metrics: next, incomplete: stood && (at === metrics.firstOrderAt || at === metrics.lastOrderAt) };
}

function withMessage(
  metrics: MetricsState,
  before: MessageState | undefined,
  after: MessageState,
  rules: ScoringRules,
): { metrics: MetricsState; incomplete: boolean } {
  const next = { ...metrics, ...exchanged(metrics, ofMessage(before, rules), ofMessage(after, rules)) };
  const taken = before?.engagedAt ?? null;
  const given = after.engagedAt;
  if (taken === given || given === null) return { metrics: next, incomplete: false };
  next.engagedMinutes = engagedMinutesWith(metrics.engagedMinutes, taken, given);
  next.lastEngagedAt = next.messagesEngaged === 1 ? given : laterOf(metrics.lastEngagedAt, given);
  const losesLast = taken !== null && taken === metrics.lastEngagedAt && next.messagesEngaged > 1;
  return { metrics: next, incomplete: losesLast || mayUncoverOlder(metrics.engagedMinutes, taken) };
}

const minuteOf = (at: Instant): number => Math.floor(msOf(at) / MINUTE_MS);

/** The newest engagements with one more, in place of one that turned out to be later than the message's first. */
function engagedMinutesWith(minutes: number[], taken: Instant | null, given: Instant): number[] {
  const kept = [...minutes];
  const place = taken === null ? -1 : kept.indexOf(minuteOf(taken));
  if (place >= 0) kept.splice(place, 1);
  kept.push(minuteOf(given));
  return kept.sort((a, b) => a - b).slice(-ENGAGEMENTS_KEPT);
}

/** With all places taken, an engagement that leaves them may make room for one that is no longer known. */
const mayUncoverOlder = (minutes: number[], taken: Instant | null): boolean =>
  taken !== null && minutes.length >= ENGAGEMENTS_KEPT && minuteOf(taken) >= (minutes[0] ?? 0);
