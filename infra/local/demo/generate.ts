/**
 * A believable shop: people whose buying follows BG/NBD and whose spending follows Gamma-Gamma, who visit, read
 * messages at hours of their own, write reviews, bring friends and send things back. The same seed gives the same shop.
 */
import { activitiesOf } from './activities.ts';
import type { City } from './names.ts';
import { CITIES, FIRST_NAMES, LAST_NAMES } from './names.ts';
import type { Chance } from './random.ts';
import { chanceOf } from './random.ts';

export interface DemoEvent {
  eventId?: string;
  type: string;
  occurredAt: string;
  source: string;
  attributes: Record<string, unknown>;
}
export interface DemoConsumer {
  /** The body of `POST /v1/consumers`; found again by its external id of the source `demo`. */
  profile: { externalIds: { demo: string } } & Record<string, unknown>;
  /** In order of occurrence. */
  events: DemoEvent[];
}
export interface Shop {
  seed: number;
  consumers: number;
  /** Everything happens before this instant and within two years of it. */
  untilMs: number;
}

const DAY_MS = 86_400_000;
export const SHOP_DAYS = 730;

/** BG/NBD in days: how often people buy while they are customers, and how soon they stop to be. */
export const BUYING = { r: 0.9, alpha: 55, a: 0.8, b: 3 };
/** Gamma-Gamma in major units: how much they spend; means vary between people, and orders around each mean. */
export const SPENDING = { p: 6.25, q: 3.74, v: 15.44 };

/** What makes one person different from another. */
export interface Person {
  number: number;
  home: City;
  /** Instants of the orders, and what each came to. */
  orders: { atMs: number; totalMinor: number }[];
  joinedMs: number;
  /** Share of the messages that this person opens, and at which local hour. */
  opens: number;
  readingHour: number;
}

export const demonstrationOf = (shop: Shop): DemoConsumer[] =>
  Array.from({ length: shop.consumers }, (_, index) => {
    // Each person has chance of their own, so that a change to one leaves the others as they are.
    const chance = chanceOf(shop.seed * 1_000_003 + index);
    const person = personOf(index + 1, shop, chance);
    return { profile: profileOf(person, chance), events: activitiesOf(person, shop.untilMs, chance) };
  });

const personOf = (number: number, shop: Shop, chance: Chance): Person => {
  // More people the nearer to today: the shop grows.
  const joinedMs = shop.untilMs - SHOP_DAYS * DAY_MS * (1 - Math.sqrt(chance.uniform()));
  const averageMinor = averageSpendMinor(chance);
  const orders = ordersFrom(joinedMs, shop.untilMs, chance).map((atMs) => ({
    atMs,
    totalMinor: Math.max(100, Math.round(averageMinor * chance.gamma(SPENDING.p, SPENDING.p))),
  }));
  return {
    number,
    home: chance.pick(CITIES),
    orders,
    joinedMs,
    opens: chance.beta(1.2, 3),
    readingHour: chance.pick([7.5, 8.5, 12.5, 16, 19, 19.5, 20.5, 21]),
  };
};

/** A first order, then more at the person's own rate, until after one of them they stay away for good. */
export const ordersFrom = (firstMs: number, untilMs: number, chance: Chance): number[] => {
  const ratePerDay = chance.gamma(BUYING.r, BUYING.alpha);
  const leaving = chance.beta(BUYING.a, BUYING.b);
  const orders = [firstMs];
  for (let atMs = firstMs; ; ) {
    atMs += chance.exponential(ratePerDay) * DAY_MS;
    if (atMs >= untilMs) return orders;
    orders.push(atMs);
    if (chance.happens(leaving)) return orders;
  }
};

/** A person's average order: p / ν, where ν differs from person to person. */
const averageSpendMinor = (chance: Chance): number => (100 * SPENDING.p) / chance.gamma(SPENDING.q, SPENDING.v);

const profileOf = (person: Person, chance: Chance): DemoConsumer['profile'] => {
  const [first, last] = [chance.pick(FIRST_NAMES), chance.pick(LAST_NAMES)];
  const id = String(person.number).padStart(4, '0');
  const address = `${plain(first)}.${plain(last)}.${person.number}@example.${chance.pick(['com', 'org', 'net'])}`;
  const birthYear = Math.round(Math.min(2004, Math.max(1940, chance.normal(1985, 13))));
  return {
    externalIds: { demo: id },
    fullName: `${first} ${last}`,
    email: address,
    ...(chance.happens(0.35) && { phone: `+447700900${String(person.number % 1000).padStart(3, '0')}` }),
    ...(chance.happens(0.6) && { gender: chance.pick(['female', 'male', 'non-binary']) }),
    ...(chance.happens(0.5) && { birthday: `${birthYear}-0${chance.whole(1, 9)}-${chance.whole(10, 28)}` }),
    ...(chance.happens(0.4) && { answers: { favourite_genre: chance.pick(['jazz', 'soul', 'indie', 'classical']) } }),
    ...(chance.happens(0.3) && {
      customAttributes: { newsletter: chance.happens(0.8), shoe_size: chance.whole(36, 46) },
    }),
    tags: tagsOf(person, chance),
    status: chance.happens(0.02) ? 'inactive' : 'active',
  };
};

const tagsOf = (person: Person, chance: Chance): unknown[] => [
  ...(person.orders.length >= 8 ? [{ name: 'VIP', type: 'vip_status' }] : []),
  ...(chance.happens(0.3) ? [{ name: chance.pick(['instagram', 'podcast', 'record fair']), type: 'source' }] : []),
  ...(chance.happens(0.15) ? ['collector'] : []),
];

/** Letters of an address: accents and everything else left out. */
const plain = (name: string): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replace(/ł/g, 'l')
    .replace(/[^a-z]/g, '');
