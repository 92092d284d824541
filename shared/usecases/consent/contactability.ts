/** Decides whether a consumer may be contacted now, on a channel and for a purpose. */
import { type Contactability, contactabilityAt } from '../../domain/consent/contactability.ts';
import { type FrequencyLimit, reachOf } from '../../domain/consent/frequency.ts';
import type { Channel, Instant } from '../../domain/facts.ts';
import { instantOf, msOf, plusDays } from '../../domain/instants.ts';
import { type BestSendTime, bestSendTime } from '../../domain/metrics/best-send-time.ts';
import { absenceOf } from '../common/absence.ts';
import { scoringOf } from '../organization/scoring.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

interface ContactQuestion {
  consumerId: string;
  channel: Channel;
  purpose: string;
  now: Instant;
}

/**
 * All reads are strongly consistent, so that a withdrawal takes effect immediately. Throws `Refusal` `consumer_not_found`
 * or `erased`.
 */
export const mayContact = async (
  store: Store,
  { consumerId, channel, purpose, now }: ContactQuestion,
): Promise<Contactability & { bestSendTime: BestSendTime | null }> => {
  const [profile, metrics, record] = await store.get(
    [{ kind: 'profile', consumerId }, { kind: 'metrics', consumerId }, { kind: 'settings' }],
    true,
  );
  if (!profile || !metrics) throw await absenceOf(store, consumerId);
  const { organization, contact } = scoringOf(record).settings;
  const limits = contact.frequency.filter((limit) => limit.channel === channel);
  const timezone = metrics.timezone?.value ?? null;
  const question = {
    channel,
    purpose,
    consents: profile.consents,
    hasContact: hasContact(profile, channel),
    quietHours: contact.quietHours,
    timezone: timezone ?? organization.timezone,
    limits,
    sentMs: await sentMsOf(store, consumerId, channel, limits, now),
  };
  return { ...contactabilityAt(question, now), bestSendTime: bestSendTime(metrics.engagedMinutes, timezone, now) };
};

/** Push addresses are known only to the system that sends the message. */
const hasContact = ({ email, phone }: RecordOf<'profile'>, channel: Channel): boolean =>
  channel === 'push' || (channel === 'email' ? email : phone) !== null;

const PAGE = 100;
/** Pages of 100 events each. A person has fewer events in a year. */
const MOST_PAGES = 1_000;

/**
 * When messages of the channel were sent, as far back as the limits reach. Repeated events of a message count once, and a
 * message without a `message_sent` event counts at its first engagement. Events from a clock that is ahead are included.
 */
const sentMsOf = async (
  store: Store,
  consumerId: string,
  channel: Channel,
  limits: readonly FrequencyLimit[],
  now: Instant,
): Promise<number[]> => {
  const reach = reachOf(limits);
  if (reach.messages === 0) return [];
  const query = { from: firstAfter(plusDays(now, -reach.days)), limit: PAGE, fresh: true };
  const sent = new Map<string, number>();
  const engaged = new Set<string>();
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const { items, nextCursor } = await store.eventsOf(consumerId, { ...query, cursor });
    for (const { type, attributes, occurredAt } of items) {
      const { messageId } = attributes;
      if (attributes['channel'] !== channel || typeof messageId !== 'string') continue;
      if (type === 'message_engaged') engaged.add(messageId);
      if (type === 'message_sent' && !sent.has(messageId)) sent.set(messageId, msOf(occurredAt));
    }
    const past = [...sent.values()].filter((ms) => ms <= msOf(now));
    if (nextCursor === null || past.length >= reach.messages) break;
    cursor = nextCursor;
  }
  const unreported = [...engaged].filter((messageId) => !sent.has(messageId));
  return [...sent.values(), ...(await firstEngagedMs(store, consumerId, unreported.slice(0, PAGE)))];
};

/** The first engagements of messages that have no `message_sent` event. */
const firstEngagedMs = async (store: Store, consumerId: string, messageIds: readonly string[]): Promise<number[]> => {
  if (messageIds.length === 0) return [];
  const keys = messageIds.map((messageId) => ({ kind: 'message', consumerId, messageId }) as const);
  const messages = await store.get(keys, true);
  return messages.flatMap((message) =>
    message && !message.sent && message.engagedAt ? [msOf(message.engagedAt)] : [],
  );
};

/** The start of the window is exclusive. */
const firstAfter = (instant: Instant): Instant => instantOf(msOf(instant) + 1);
