/** May I contact this consumer, by this channel, for this purpose? Asked of what is true at this very moment. */
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

/** All is read fresh, so that whoever just said no is not contacted. Throws `consumer_not_found` or `erased`. */
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
    ...{ channel, purpose, consents: profile.consents, hasContact: hasContact(profile, channel) },
    ...{ quietHours: contact.quietHours, timezone: timezone ?? organization.timezone },
    ...{ limits, sentMs: await sentMsOf(store, consumerId, channel, limits, now) },
  };
  return { ...contactabilityAt(question, now), bestSendTime: bestSendTime(metrics.engagedMinutes, timezone, now) };
};

/** We know no addresses for push: whoever sends does. */
const hasContact = ({ email, phone }: RecordOf<'profile'>, channel: Channel): boolean =>
  channel === 'push' || (channel === 'email' ? email : phone) !== null;

const PAGE = 100;
/** Of 100 events each: nobody who is a person does more than that in a year. */
const MOST_PAGES = 1_000;

/**
 * When messages of the channel were sent, as far back as the limits reach; a message that is told twice is one, and one of
 * which only an engagement is told was sent then. Those of a clock that is ahead are among them.
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
  const untold = [...engaged].filter((messageId) => !sent.has(messageId));
  return [...sent.values(), ...(await firstEngagedMs(store, consumerId, untold.slice(0, PAGE)))];
};

/** When they were first engaged with, of those messages that nobody said were sent. */
const firstEngagedMs = async (store: Store, consumerId: string, messageIds: readonly string[]): Promise<number[]> => {
  if (messageIds.length === 0) return [];
  const keys = messageIds.map((messageId) => ({ kind: 'message', consumerId, messageId }) as const);
  const messages = await store.get(keys, true);
  return messages.flatMap((message) =>
    message && !message.sent && message.engagedAt ? [msOf(message.engagedAt)] : [],
  );
};

/** A window is open where it begins. */
const firstAfter = (instant: Instant): Instant => instantOf(msOf(instant) + 1);
