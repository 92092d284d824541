/** What a person of the demonstration did, from their orders: visits before, reviews, referrals and returns after. */
import type { DemoEvent, Person } from './generate.ts';
import { EXPERIENCES, PRODUCTS } from './names.ts';
import type { Chance } from './random.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const DAYS_BETWEEN_MESSAGES = 45;

/** All events in order of occurrence, none at or after `untilMs`. Ids are the same for the same person and chance. */
export const activitiesOf = (person: Person, untilMs: number, chance: Chance): DemoEvent[] => {
  const drafts = [
    ...person.orders.flatMap((_, index) => aroundOrder(person, index, chance)),
    ...messages(person, untilMs, chance),
  ];
  return drafts
    .filter(({ atMs }) => atMs < untilMs)
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ type, atMs, attributes }, index) => ({
      eventId: `demo-${person.number}-${index}`,
      type,
      occurredAt: new Date(atMs).toISOString(),
      source: 'demo',
      attributes,
    }));
};

interface Draft {
  type: string;
  atMs: number;
  attributes: Record<string, unknown>;
}

const aroundOrder = (person: Person, index: number, chance: Chance): Draft[] => {
  const order = person.orders[index];
  if (!order) return [];
  const orderId = `demo-${person.number}-${index + 1}`;
  const later = (mostDays: number): number => order.atMs + HOUR_MS + chance.uniform() * mostDays * DAY_MS;
  const sometimes = (probability: number, make: () => Draft): Draft[] => (chance.happens(probability) ? [make()] : []);
  return [
    ...visits(person, order.atMs, chance),
    { type: 'order_placed', atMs: order.atMs, attributes: orderOf(orderId, order.totalMinor, chance) },
    ...sometimes(0.07, () => refundOf(orderId, order.totalMinor, later(20), chance)),
    ...sometimes(0.14, () => ({
      type: 'review_written',
      atMs: later(30),
      attributes: { rating: chance.whole(3, 5), orderId },
    })),
    ...sometimes(0.05, () => ({ type: 'friend_referred', atMs: later(30), attributes: { channel: 'email' } })),
    ...sometimes(0.06, () => ({
      type: 'content_shared',
      atMs: later(10),
      attributes: { network: chance.pick(['instagram', 'tiktok', 'threads']) },
    })),
    ...sometimes(0.04, () => ({ type: 'share_impression', atMs: later(15), attributes: { network: 'instagram' } })),
    ...sometimes(0.1, () => ({ type: 'participated', atMs: later(40), attributes: { ...chance.pick(EXPERIENCES) } })),
  ];
};

const orderOf = (orderId: string, totalMinor: number, chance: Chance) => {
  const quantity = chance.pick([1, 1, 1, 2, 3]);
  const unitPriceMinor = Math.floor(totalMinor / quantity);
  const product = chance.pick(PRODUCTS);
  return {
    orderId,
    totalMinor,
    items: [{ ...product, quantity, unitPriceMinor }],
    paymentMethod: chance.pick(['card', 'card', 'paypal']),
  };
};

const refundOf = (orderId: string, totalMinor: number, atMs: number, chance: Chance): Draft => {
  const isWhole = chance.happens(0.6);
  const amountMinor = isWhole ? totalMinor : Math.floor(totalMinor / 2);
  const attributes = { orderId, refundId: `${orderId}-r`, amountMinor, returned: isWhole || chance.happens(0.5) };
  return { type: 'order_refunded', atMs, attributes };
};

/** A few looks around before an order, mostly from home. */
const visits = (person: Person, orderMs: number, chance: Chance): Draft[] =>
  Array.from({ length: chance.whole(1, 3) }, (_, index) => ({
    type: 'visit',
    atMs: orderMs - (index === 0 ? chance.whole(3, 25) * MINUTE_MS : chance.uniform() * 10 * DAY_MS),
    attributes: {
      pageViews: chance.whole(1, 14),
      durationMs: chance.whole(10, 900) * 1000,
      deviceId: `device-${person.number}`,
      ...(chance.happens(0.85) && { geo: { ...person.home } }),
    },
  }));

/** A newsletter every few weeks since the person came; opened by habit at an hour of their own. */
const messages = (person: Person, untilMs: number, chance: Chance): Draft[] => {
  const drafts: Draft[] = [];
  const lastOrderMs = person.orders.at(-1)?.atMs ?? person.joinedMs;
  const firstMs = person.joinedMs + chance.uniform() * DAYS_BETWEEN_MESSAGES * DAY_MS;
  for (let sentMs = firstMs; sentMs < untilMs; sentMs += DAYS_BETWEEN_MESSAGES * DAY_MS) {
    const letter = { messageId: `demo-${person.number}-${drafts.length}`, channel: 'email' };
    drafts.push({ type: 'message_sent', atMs: sentMs, attributes: letter });
    // Those who have left open fewer.
    const isNear = sentMs - lastOrderMs < 120 * DAY_MS;
    if (!chance.happens(person.opens * (isNear ? 1.6 : 0.4))) continue;
    const hour = chance.normal(person.readingHour, 0.8);
    const atMs = nextLocalHour(sentMs + DAY_MS * chance.whole(0, 2), hour, person.home.timezone);
    drafts.push({
      type: 'message_engaged',
      atMs,
      attributes: { ...letter, engagement: chance.pick(['opened', 'clicked']) },
    });
  }
  return drafts;
};

/** The first instant from `afterMs` on at which clocks of the timezone show this hour, to the minute. */
const nextLocalHour = (afterMs: number, hour: number, timezone: string): number => {
  const dayMs = Math.floor(afterMs / DAY_MS) * DAY_MS;
  const atMs = dayMs + Math.round(hour * 60) * MINUTE_MS - offsetMs(afterMs, timezone);
  return atMs >= afterMs ? atMs : atMs + DAY_MS * Math.ceil((afterMs - atMs) / DAY_MS);
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the timezone is ahead of UTC. */
const offsetMs = (atMs: number, timezone: string): number => {
  const format =
    formats.get(timezone) ?? new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
  formats.set(timezone, format);
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS);
};
