/** Histories of consumers: single events to write tables with, and generators of whole valid ones. */
import fc from 'fast-check';
import type { ConsumerEvent, JsonObject } from '../../../shared/domain/facts.ts';
import { instantOf } from '../../../shared/domain/instants.ts';
import { subjectOf } from '../../../shared/domain/metrics/entities.ts';
import { applied, emptyMetrics, type Folded, folded } from '../../../shared/domain/metrics/fold.ts';
import { type ScoringRules, scoringRulesOf } from '../../../shared/domain/metrics/scoring.ts';
import { type Tallied, tallyKeyOf } from '../../../shared/domain/segments/tally.ts';
import { settingsOf } from '../../../shared/domain/settings.ts';

export const settings = settingsOf({});
export const rules = scoringRulesOf(settings, (latitude) => (latitude > 0 ? 'Europe/London' : 'Australia/Sydney'));

/** The same rules, where segments ask this of events. */
export const asking = (...tallied: Tallied[]): ScoringRules => ({
  ...rules,
  tallied: Object.fromEntries(tallied.map((one) => [tallyKeyOf(one), one])),
});

let events = 0;
/** An event; ids count up unless given. */
export const event = (type: string, occurredAt: string, attributes: JsonObject = {}, eventId = ''): ConsumerEvent => ({
  eventId: eventId === '' ? `e${String(++events).padStart(6, '0')}` : eventId,
  type,
  occurredAt: occurredAt.length === 10 ? `${occurredAt}T12:00:00.000Z` : occurredAt,
  source: null,
  attributes,
});

export const placed = (orderId: string, at: string, totalMinor: number) =>
  event('order_placed', at, { orderId, totalMinor });
export const refunded = (orderId: string, at: string, amountMinor: number, returned = false) =>
  event('order_refunded', at, { orderId, refundId: `${orderId}-${at}-${amountMinor}`, amountMinor, returned });
export const engaged = (messageId: string, at: string) => event('message_engaged', at, { messageId, channel: 'email' });
export const sent = (messageId: string, at: string) => event('message_sent', at, { messageId, channel: 'email' });

/** One by one, as events arrive; the whole history where that is asked for. */
export function appliedOneByOne(
  history: readonly ConsumerEvent[],
  by: ScoringRules = rules,
): Folded & { foldedAgain: number } {
  let state: Folded = { metrics: emptyMetrics(), orders: new Map(), messages: new Map() };
  let foldedAgain = 0;
  for (const [index, one] of history.entries()) {
    const id = subjectOf(one)?.id ?? '';
    const after = applied(
      { metrics: state.metrics, order: state.orders.get(id), message: state.messages.get(id) },
      one,
      by,
    );
    if (after.order) state.orders.set(id, after.order);
    if (after.message) state.messages.set(id, after.message);
    state.metrics = after.metrics;
    if (!after.incomplete) continue;
    foldedAgain++;
    state = folded(history.slice(0, index + 1), by);
  }
  return { ...state, foldedAgain };
}

/** Few instants, so that ties are common. */
const at = fc.integer({ min: 0, max: 40 }).map((step) => instantOf(Date.UTC(2026, 0, 1) + step * 7 * 3_600_000));
const id = (prefix: string, most: number) => fc.integer({ min: 1, max: most }).map((number) => `${prefix}${number}`);

const order = fc
  .record({
    placedAt: at,
    totalMinor: fc.integer({ min: 0, max: 60_000 }),
    shares: fc.array(fc.record({ at, share: fc.integer({ min: 0, max: 33 }), returned: fc.boolean() }), {
      maxLength: 3,
    }),
    settlements: fc.array(fc.record({ at, accepted: fc.boolean() }), { maxLength: 3 }),
  })
  .map(({ placedAt, totalMinor, shares, settlements }) => (orderId: string): ConsumerEvent[] => [
    placed(orderId, placedAt, totalMinor),
    ...shares.map(({ at, share, returned }) => refunded(orderId, at, Math.floor((totalMinor * share) / 100), returned)),
    ...settlements.map(({ at, accepted }) => event(accepted ? 'order_accepted' : 'order_rejected', at, { orderId })),
  ]);

const geo = fc.record(
  {
    city: fc.constantFrom('Leeds', 'York'),
    country: fc.constantFrom('GB', 'AU'),
    timezone: fc.constantFrom('Europe/London', 'Mars/Olympus'),
    latitude: fc.constantFrom(53.8, -33.9),
    longitude: fc.constantFrom(-1.5, 151.2),
  },
  { requiredKeys: [] },
);
const other = fc.oneof(
  at.map((when) => event('participated', when, { experienceId: 'x', distribution: 'draw' })),
  at.map((when) => event('review_written', when)),
  at.map((when) => event('friend_referred', when)),
  at.map((when) => event('share_impression', when)),
  at.map((when) => event('content_shared', when)),
  at.map((when) => event('gift_wrapped', when)),
  fc
    .tuple(at, fc.integer({ min: -40, max: 40 }))
    .map(([when, delta]) => event('loyalty_score_adjusted', when, { delta, reason: 'r' })),
  fc.tuple(at, geo).map(([when, seen]) => event('visit', when, { geo: seen })),
  fc.tuple(at, id('m', 6)).map(([when, messageId]) => sent(messageId, when)),
  fc.tuple(at, id('m', 6)).map(([when, messageId]) => engaged(messageId, when)),
);

/** A valid history in an order in which it can arrive: an order comes before what happens to it. */
export const history: fc.Arbitrary<ConsumerEvent[]> = fc
  .tuple(fc.array(order, { maxLength: 5 }), fc.array(other, { maxLength: 25 }))
  .map(([orders, others]) => [...orders.flatMap((eventsOf, index) => eventsOf(`o${index}`)), ...others]);

/** The same history as it may arrive otherwise: shuffled, but each order before its refunds and settlements. */
export const arrival = (events: readonly ConsumerEvent[]): fc.Arbitrary<ConsumerEvent[]> =>
  fc.shuffledSubarray([...events], { minLength: events.length }).map((shuffled) => {
    const waiting = new Map<string, ConsumerEvent[]>();
    const known = new Set<string>();
    return shuffled.flatMap((one) => {
      const subject = subjectOf(one);
      if (subject?.kind !== 'order') return [one];
      if (one.type === 'order_placed') {
        known.add(subject.id);
        return [one, ...(waiting.get(subject.id) ?? [])];
      }
      if (known.has(subject.id)) return [one];
      waiting.set(subject.id, [...(waiting.get(subject.id) ?? []), one]);
      return [];
    });
  });
