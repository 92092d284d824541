import { describe, expect, it } from '@jest/globals';
import { consentBody } from '../../../../functions/consent/schemas.ts';
import { consentsOf } from '../../../../infra/local/demo/consents.ts';
import type { DemoConsumer } from '../../../../infra/local/demo/generate.ts';
import { BUYING, demonstrationOf, ordersFrom, SHOP_DAYS, SPENDING } from '../../../../infra/local/demo/generate.ts';
import { chanceOf } from '../../../../infra/local/demo/random.ts';
import { expectedPurchases } from '../../../../shared/domain/churn.ts';
import { attributesOf } from '../../../../shared/domain/event-types.ts';

const DAY_MS = 86_400_000;
const untilMs = Date.parse('2026-01-31T09:30:00.000Z');
const shop = demonstrationOf({ seed: 7, consumers: 400, untilMs });
const eventsOf = (type: string) => shop.flatMap(({ events }) => events.filter((event) => event.type === type));
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the demonstration', () => {
  it('is the same for the same seed and another one for another', () => {
    expect(demonstrationOf({ seed: 7, consumers: 400, untilMs })).toEqual(shop);
    expect(demonstrationOf({ seed: 8, consumers: 400, untilMs })).not.toEqual(shop);
  });

  it('happens before its end, within about two years, in order', () => {
    for (const { events } of shop) {
      const instants = events.map((event) => event.occurredAt);
      expect(instants).toEqual(instants.toSorted());
    }
    const all = shop.flatMap(({ events }) => events.map((event) => Date.parse(event.occurredAt)));
    expect(Math.max(...all)).toBeLessThan(untilMs);
    expect(Math.min(...all)).toBeGreaterThan(untilMs - (SHOP_DAYS + 10) * DAY_MS);
  });

  it('says of every event what the API asks for', () => {
    for (const { type, attributes } of shop.flatMap(({ events }) => events)) {
      expect([type, attributesOf(type).safeParse(attributes).error?.issues]).toEqual([type, undefined]);
    }
  });

  it('has people who agree to emails and SMS, and some who think better of it, as the API asks', () => {
    const said = shop.flatMap(({ profile }, index) => consentsOf(index + 1, 'phone' in profile));
    for (const one of said) expect(consentBody.safeParse(one).error).toBeUndefined();
    const kinds = new Set(said.map(({ channel, state }) => `${channel} ${state}`));
    expect([...kinds].sort()).toEqual(['email granted', 'email withdrawn', 'sms granted', 'sms withdrawn']);
  });

  it('gives nobody the contact of another, and nobody a contact that could be real', () => {
    const contacts = (name: string) => shop.flatMap(({ profile }: DemoConsumer) => profile[name] ?? []) as string[];
    expect(new Set(contacts('email')).size).toBe(shop.length);
    expect(new Set(contacts('phone')).size).toBe(contacts('phone').length);
    for (const email of contacts('email')) expect(email).toMatch(/^[a-z.]+\d+@example\.(com|org|net)$/);
    for (const phone of contacts('phone')) expect(phone).toMatch(/^\+447700900\d{3}$/);
  });

  it('sends back only what was bought, after it was bought, and no more than was paid', () => {
    const paid = new Map(eventsOf('order_placed').map((event) => [event.attributes['orderId'], event]));
    for (const refund of eventsOf('order_refunded')) {
      const order = paid.get(refund.attributes['orderId']);
      expect(Number(refund.attributes['amountMinor'])).toBeLessThanOrEqual(Number(order?.attributes['totalMinor']));
      expect(refund.occurredAt > String(order?.occurredAt)).toBe(true);
    }
    expect(eventsOf('order_refunded').length).toBeGreaterThan(0);
  });

  it('has something of everything', () => {
    const types = ['visit', 'message_sent', 'message_engaged', 'review_written', 'friend_referred', 'participated'];
    for (const type of types) expect(eventsOf(type).length).toBeGreaterThan(10);
  });

  it('has people open messages at hours of their own', () => {
    const spreads = shop.flatMap(({ events }) => {
      const engaged = events.filter(({ type }) => type === 'message_engaged');
      if (engaged.length < 4) return [];
      const angles = engaged.map(({ occurredAt }) => ((Date.parse(occurredAt) % DAY_MS) / DAY_MS) * 2 * Math.PI);
      return [Math.hypot(mean(angles.map(Math.cos)), mean(angles.map(Math.sin)))];
    });
    expect(mean(spreads)).toBeGreaterThan(0.9);
  });
});

describe('buying and spending', () => {
  it('follow BG/NBD: as many repeat orders on average as the model expects', () => {
    const chance = chanceOf(1);
    for (const days of [90, 365, 730]) {
      const repeats = Array.from({ length: 20_000 }, () => ordersFrom(0, days * DAY_MS, chance).length - 1);
      expect(mean(repeats) / expectedPurchases(BUYING, days)).toBeCloseTo(1, 1);
    }
  });

  it('follow Gamma-Gamma: an average order of p · v / (q − 1)', () => {
    const large = demonstrationOf({ seed: 3, consumers: 4000, untilMs });
    const firsts = large.flatMap(({ events }) => events.find(({ type }) => type === 'order_placed') ?? []);
    const expected = (SPENDING.p * SPENDING.v) / (SPENDING.q - 1);
    const average = mean(firsts.map((order) => Number(order.attributes['totalMinor']) / 100));
    expect(Math.abs(average / expected - 1)).toBeLessThan(0.08);
  });
});

describe('chance', () => {
  it.each([
    ['below', 0.4, 2],
    ['above', 6, 3],
  ])('gamma %s shape 1 has the mean and the variance of its distribution', (_, shape, rate) => {
    const chance = chanceOf(5);
    const draws = Array.from({ length: 50_000 }, () => chance.gamma(shape, rate));
    const average = mean(draws);
    expect(average / (shape / rate)).toBeCloseTo(1, 1);
    expect(mean(draws.map((draw) => (draw - average) ** 2)) / (shape / rate ** 2)).toBeCloseTo(1, 1);
  });

  it('beta has its mean', () => {
    const chance = chanceOf(9);
    expect(mean(Array.from({ length: 20_000 }, () => chance.beta(0.8, 3)))).toBeCloseTo(0.8 / 3.8, 2);
  });
});
