/** What events mean to one consumer, decided on what was read: nothing is read or written here. */
import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import type { ConsumerEvent, Instant, JsonObject, MetricsState } from '../../domain/facts.ts';
import { instantOf, msOf } from '../../domain/instants.ts';
import { subjectOf } from '../../domain/metrics/entities.ts';
import { type Applied, applied } from '../../domain/metrics/fold.ts';
import type { TimezoneAt } from '../../domain/metrics/scoring.ts';
import { located } from '../../domain/metrics/seen.ts';
import type { Earned } from '../../domain/points/awards.ts';
import { Refusal } from '../../domain/refusal.ts';
import { TOLERATED_AHEAD_MS } from '../../domain/settings.ts';
import type { Scoring } from '../organization/scoring.ts';
import type { Earnings, Taken } from '../points/earnings.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Draft, DraftKey } from './draft.ts';

/** An event as a caller sends it, its attributes already those of its type. */
export interface EventInput {
  /** Unique for the consumer; without it the service makes one. */
  eventId?: string | undefined;
  type: string;
  /** Without it the event happened now. */
  occurredAt?: Instant | undefined;
  source?: string | undefined;
  attributes: JsonObject;
}
/** An event with the id that it is kept under: the caller's, or one made for it, the same however often it is decided. */
export interface Identified extends EventInput {
  keptAs: string;
}
/** What an answer says about a recorded event. */
export interface Recorded {
  eventId: string;
  type: string;
  occurredAt: Instant;
  /** What it earned, where a rule is about its type. */
  points?: Earned;
}
/** What became of an event; a duplicate is one whose natural id was recorded with the same content before. */
export type Outcome = { status: 'created' | 'duplicate'; event: Recorded } | { status: 'rejected'; refusal: Refusal };

/** An event that is in the history now, whether this request or an earlier one brought it. */
export interface Accepted {
  status: 'created' | 'duplicate';
  event: Recorded;
}

/** What events are decided on: the consumer's metrics and all that `keysOf` asks for. */
export interface Known {
  consumerId: string;
  metrics: MetricsState;
  draft: Draft;
  scoring: Scoring;
  earnings: Pick<Earnings, 'take'>;
}
/** What deciding takes from outside. */
interface Tools {
  now: Instant;
  timezoneAt: TimezoneAt;
}
export interface Decision {
  outcomes: Outcome[];
  events: RecordOf<'event'>[];
  metrics: MetricsState;
  /** True where `metrics` must not be kept: the whole history has to be folded. */
  incomplete: boolean;
}

type EventKey = Extract<DraftKey, { kind: 'event' }>;
type NaturalKey = Exclude<DraftKey, EventKey>;

/** What must be read to decide about an event: the claims on its natural ids, and what it is about. */
export const keysOf = (consumerId: string, input: EventInput): NaturalKey[] => {
  const { eventId, attributes } = input;
  const claim: NaturalKey[] = eventId === undefined ? [] : [{ kind: 'eventClaim', consumerId, eventId }];
  const subject = subjectOf(input);
  if (subject?.kind === 'message') return [...claim, { kind: 'message', consumerId, messageId: subject.id }];
  if (subject === null) return claim;
  const order: NaturalKey = { kind: 'order', consumerId, orderId: subject.id };
  return input.type === 'order_refunded'
    ? [...claim, order, { kind: 'refund', consumerId, orderId: subject.id, refundId: String(attributes['refundId']) }]
    : [...claim, order];
};

/**
 * Where an event stands that an earlier attempt of this very request may have written, its answer lost. An id of the
 * caller's needs no such look: its claim tells.
 */
export const ownKeysOf = (consumerId: string, input: Identified, now: Instant): EventKey[] =>
  input.eventId === undefined
    ? [{ kind: 'event', consumerId, occurredAt: input.occurredAt ?? now, eventId: input.keptAs }]
    : [];

/** Decides about each event in turn, on what those before it left; a refused one leaves nothing. Changes the draft. */
export const decided = (known: Known, inputs: readonly Identified[], tools: Tools): Decision => {
  const decision: Decision = { outcomes: [], events: [], metrics: known.metrics, incomplete: false };
  for (const input of inputs) decision.outcomes.push(outcomeOf(known, input, decision, tools));
  return decision;
};

const outcomeOf = (known: Known, input: Identified, decision: Decision, tools: Tools): Outcome => {
  try {
    const own = ownKeysOf(known.consumerId, input, tools.now).map((key) => known.draft.get(key))[0];
    if (own) return { status: 'created', event: recordedIn(own) };
    const digest = digestOf(input);
    const first = firstOf(known, input, digest);
    if (first) return { status: 'duplicate', event: first };
    refuseUntimely(input, tools.now);
    refuseForeignCurrency(input, known.scoring);
    return { status: 'created', event: record(known, input, digest, decision, tools) };
  } catch (error) {
    if (error instanceof Refusal) return { status: 'rejected', refusal: error };
    throw error;
  }
};

/** What the caller said, but for the event's id: left-out defaults stay out, so that a repetition later says the same. */
const digestOf = ({ type, occurredAt, source, attributes }: EventInput): string =>
  sha256(canonicalJson({ type, occurredAt, source, attributes }));

/** The event that took one of the natural ids before. Refuses `idempotency_key_reused` where it said something else. */
const firstOf = ({ consumerId, draft }: Known, input: EventInput, digest: string): Recorded | null => {
  for (const key of keysOf(consumerId, input)) {
    const isNatural = key.kind === 'eventClaim' || key.kind === 'refund' || input.type === 'order_placed';
    const taken = key.kind === 'message' || !isNatural ? undefined : draft.get(key);
    if (taken && taken.digest !== digest) {
      throw new Refusal('idempotency_key_reused', `This ${NATURAL_ID[taken.kind]} was used with other content.`);
    }
    if (!taken) continue;
    const { eventId, occurredAt, earned = null } = taken;
    return recordedIn({ eventId, type: input.type, occurredAt, earned });
  }
  return null;
};
const NATURAL_ID = { eventClaim: 'eventId', order: 'orderId', refund: 'refundId' } as const;

const refuseUntimely = ({ occurredAt }: EventInput, now: Instant): void => {
  if (occurredAt === undefined || msOf(occurredAt) <= msOf(now) + TOLERATED_AHEAD_MS) return;
  const latest = instantOf(msOf(now) + TOLERATED_AHEAD_MS);
  const message = `The event lies in the future: ${latest} is the latest instant that is taken now.`;
  throw new Refusal('occurred_in_future', message, [{ path: 'occurredAt', code: 'occurred_in_future', message }]);
};

const refuseForeignCurrency = ({ type, attributes }: EventInput, { settings }: Scoring): void => {
  const { currency } = settings.organization;
  if (type !== 'order_placed' || attributes['currency'] === undefined || attributes['currency'] === currency) return;
  const message = `Orders are kept in ${currency}.`;
  throw new Refusal('currency_mismatch', message, [
    { path: 'attributes.currency', code: 'currency_mismatch', message },
  ]);
};

/** Refuses `unknown_order` and `refund_exceeds_order`. */
const record = (
  known: Known,
  input: Identified,
  digest: string,
  decision: Decision,
  { now, timezoneAt }: Tools,
): Recorded => {
  const { consumerId, draft, scoring } = known;
  const event: ConsumerEvent = {
    eventId: input.keptAs,
    type: input.type,
    occurredAt: input.occurredAt ?? now,
    source: input.source ?? null,
    attributes: located(input, timezoneAt),
  };
  const after = applied({ metrics: decision.metrics, ...subjectsIn(known, input) }, event, scoring.rules);
  const taken = known.earnings.take(event, subjectsIn(known, input).order, after.order);
  decision.metrics = after.metrics;
  decision.incomplete ||= after.incomplete;
  decision.events.push({ ...event, kind: 'event', consumerId, receivedAt: now, digest, earned: taken.earned });
  claim(draft, consumerId, input, event, digest, taken);
  keep(draft, consumerId, event, digest, after, taken);
  return recordedIn({ ...event, earned: taken.earned });
};

const recordedIn = ({
  eventId,
  type,
  occurredAt,
  earned,
}: Pick<RecordOf<'event'>, 'eventId' | 'type' | 'occurredAt' | 'earned'>): Recorded => ({
  eventId,
  type,
  occurredAt,
  ...(earned && { points: earned }),
});

const subjectsIn = ({ consumerId, draft }: Known, input: EventInput) => {
  const subject = subjectOf(input);
  return {
    order: subject?.kind === 'order' ? draft.get({ kind: 'order', consumerId, orderId: subject.id }) : undefined,
    message:
      subject?.kind === 'message' ? draft.get({ kind: 'message', consumerId, messageId: subject.id }) : undefined,
  };
};

/** Takes the caller's natural ids; an order's own id is taken by the order itself. */
const claim = (
  draft: Draft,
  consumerId: string,
  input: EventInput,
  event: ConsumerEvent,
  digest: string,
  { earned }: Taken,
): void => {
  const { eventId, type, occurredAt } = event;
  if (input.eventId !== undefined) {
    draft.put({ kind: 'eventClaim', consumerId, eventId, type, occurredAt, digest, earned });
  }
  if (type !== 'order_refunded') return;
  const { orderId, refundId } = event.attributes;
  draft.put({
    kind: 'refund',
    consumerId,
    orderId: String(orderId),
    refundId: String(refundId),
    eventId,
    occurredAt,
    digest,
    ...(earned && { earned }),
  });
};

/** Keeps the order or message as the event leaves it; an order remembers what its placement said and earned. */
const keep = (
  draft: Draft,
  consumerId: string,
  event: ConsumerEvent,
  digest: string,
  after: Applied,
  taken: Taken,
): void => {
  if (after.order) {
    const before = draft.get({ kind: 'order', consumerId, orderId: after.order.orderId });
    const { eventId, version, earned, ...first } = before ?? { ...event, version: 0, digest, earned: taken.earned };
    const placed = { eventId, digest: first.digest, earned, awards: taken.awards };
    draft.put({ ...after.order, kind: 'order', consumerId, ...placed, version: version + 1 });
  }
  if (after.message) {
    const before = draft.get({ kind: 'message', consumerId, messageId: after.message.messageId });
    draft.put({ ...after.message, kind: 'message', consumerId, version: (before?.version ?? 0) + 1 });
  }
};
