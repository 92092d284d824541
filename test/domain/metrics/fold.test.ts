import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { doneIn } from '../../../shared/domain/advocates/activities.ts';
import { ACTIVITIES } from '../../../shared/domain/advocates/settings.ts';
import { decayedAt } from '../../../shared/domain/decay.ts';
import type { ConsumerEvent, MetricsState } from '../../../shared/domain/facts.ts';
import { daysBetween, instantOf, msOf } from '../../../shared/domain/instants.ts';
import { applied, emptyMetrics, folded } from '../../../shared/domain/metrics/fold.ts';
import { lifetimeValueMinorOf } from '../../../shared/domain/metrics/read.ts';
import { type Tallied, tallyKeyOf, tallyValueAt } from '../../../shared/domain/segments/tally.ts';
import {
  appliedOneByOne,
  arrival,
  asking,
  engaged,
  event,
  history,
  placed,
  refunded,
  rules,
  sent,
} from './histories.ts';

const NOW = '2026-06-01T12:00:00.000Z';
const metricsOf = (...events: ConsumerEvent[]): MetricsState => appliedOneByOne(events).metrics;
const scoreOf = (metrics: MetricsState, now = NOW) => decayedAt(metrics.loyaltySum, 90, now);

describe('any order of the same events', () => {
  it('gives the same metrics, orders and messages, one by one or folded', () => {
    const twoArrivals = history.chain((events) => fc.tuple(arrival(events), arrival(events)));
    fc.assert(
      fc.property(twoArrivals, ([one, other]) => {
        const { foldedAgain, ...live } = appliedOneByOne(one);
        expect(foldedAgain).toBeGreaterThanOrEqual(0);
        expect(folded(other, rules)).toEqual(live);
        expect(folded([...one].reverse(), rules)).toEqual(live);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same metrics, to the text', () => {
    const twoArrivals = history.chain((events) => fc.tuple(arrival(events), arrival(events)));
    fc.assert(
      fc.property(twoArrivals, ([one, other]) => {
        expect(JSON.stringify(metricsOf(...other))).toBe(JSON.stringify(metricsOf(...one)));
      }),
    );
  });

  it('gives the same with more engagements than are kept', () => {
    const engagements = fc.array(
      fc.record({ message: fc.integer({ min: 1, max: 160 }), minute: fc.integer({ min: 0, max: 300 }) }),
      {
        minLength: 150,
        maxLength: 250,
      },
    );
    fc.assert(
      fc.property(engagements, (list) => {
        const events = list.map(({ message, minute }) =>
          engaged(`m${message}`, instantOf(Date.UTC(2026, 0, 1) + minute * 20_000)),
        );
        const { foldedAgain, ...live } = appliedOneByOne(events);
        expect(folded(events.reverse(), rules)).toEqual(live);
        expect(foldedAgain).toBeLessThan(events.length);
      }),
      { numRuns: 30 },
    );
  });
});

describe('an order', () => {
  it('is money that is never lost: lifetime value is what stands, paid less refunded', () => {
    fc.assert(
      fc.property(history, (events) => {
        const { metrics, orders } = appliedOneByOne(events);
        const rejected = (orderId: string) => orders.get(orderId)?.settlement?.state === 'rejected';
        const about = (type: string) =>
          events.filter((one) => one.type === type && !rejected(String(one.attributes['orderId'])));
        const paid = about('order_placed').reduce((sum, one) => sum + Number(one.attributes['totalMinor']), 0);
        const back = about('order_refunded').reduce((sum, one) => sum + Number(one.attributes['amountMinor']), 0);
        expect(metrics.paidMinor).toBe(paid);
        expect(lifetimeValueMinorOf(metrics)).toBe(paid - back);
        expect(lifetimeValueMinorOf(metrics)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it.each([
    ['10 for the order alone', 0, 10],
    ['1 per 10 major units', 10_000, 20],
    ['fractions counted', 2_933, 12.933],
    ['40 at most', 30_000, 40],
    ['40 at most, however dear', 10_000_000, 40],
  ])('scores %s', (_, totalMinor, score) => {
    expect(scoreOf(metricsOf(placed('o', NOW, totalMinor)))).toBeCloseTo(score, 10);
  });

  it.each([
    ['all of it', 30_000, [30_000], 0],
    ['half of it', 30_000, [15_000], 20],
    ['a third, in two parts', 9_000, [1_000, 2_000], (19 * 2) / 3],
    ['nothing', 30_000, [0], 40],
    ['nothing of a free order', 0, [0], 10],
  ])('loses by a refund its share: %s', (_, totalMinor, refunds, score) => {
    const later = '2026-05-20T00:00:00.000Z';
    const events = [
      placed('o', '2026-03-03T12:00:00.000Z', totalMinor),
      ...refunds.map((amount) => refunded('o', later, amount)),
    ];
    expect(scoreOf(metricsOf(...events))).toBeCloseTo(score / 2, 10);
  });

  it('that is fully refunded leaves no trace in the score', () => {
    expect(metricsOf(placed('o', '2026-01-01', 12_345), refunded('o', '2026-02-01', 12_345)).loyaltySum).toBe('0');
  });

  it('with a return counts once, however many', () => {
    const order = [
      placed('o', '2026-01-01', 900),
      refunded('o', '2026-01-02', 300, true),
      refunded('o', '2026-01-03', 300, true),
    ];
    expect(metricsOf(...order, placed('p', '2026-01-04', 1), refunded('p', '2026-01-05', 1)).ordersReturned).toBe(1);
  });

  it('that is rejected leaves the metrics for good, whatever is said before or after', () => {
    const [order, refund] = [placed('o', '2026-01-01', 900), refunded('o', '2026-01-02', 300, true)];
    const rejected = event('order_rejected', '2026-01-03', { orderId: 'o' });
    const nothing = { ...emptyMetrics(), lastEventAt: order.occurredAt };
    expect(metricsOf(order, refund, rejected)).toEqual(nothing);
    expect(appliedOneByOne([order, refund, rejected]).foldedAgain).toBe(0);
    for (const at of ['2026-01-02', '2026-01-03', '2026-01-04']) {
      const accepted = event('order_accepted', at, { orderId: 'o' });
      expect(metricsOf(order, refund, accepted)).toEqual(metricsOf(order, refund));
      expect(metricsOf(order, refund, accepted, rejected)).toEqual(nothing);
      expect(metricsOf(order, refund, rejected, accepted)).toEqual(nothing);
    }
  });

  it.each([
    ['the earlier one', '2026-01-03', 'b', '2026-01-04', 'a', '2026-01-03'],
    ['of two at once the one with the smaller id', '2026-01-03', 'a', '2026-01-03', 'b', '2026-01-03'],
  ])('that is rejected twice keeps %s', (_, at, id, laterAt, laterId, kept) => {
    const order = placed('o', '2026-01-01', 900);
    const first = event('order_rejected', at, { orderId: 'o' }, id);
    const second = event('order_rejected', laterAt, { orderId: 'o' }, laterId);
    for (const events of [
      [order, first, second],
      [order, second, first],
    ]) {
      const settlement = folded(events, rules).orders.get('o')?.settlement;
      expect(settlement).toEqual({ state: 'rejected', at: `${kept}T12:00:00.000Z`, eventId: id });
    }
  });

  it('that was first or last and is rejected gives way to its neighbour', () => {
    const orders = [placed('o', '2026-01-01', 1), placed('p', '2026-02-01', 1), placed('q', '2026-03-01', 1)];
    const rejected = (orderId: string) => event('order_rejected', '2026-04-01', { orderId });
    expect(metricsOf(...orders, rejected('o')).firstOrderAt).toBe('2026-02-01T12:00:00.000Z');
    expect(metricsOf(...orders, rejected('q')).lastOrderAt).toBe('2026-02-01T12:00:00.000Z');
    expect(appliedOneByOne([...orders, rejected('p')]).foldedAgain).toBe(0);
  });

  it('placed again changes nothing', () => {
    const order = placed('o', '2026-01-01', 900);
    const once = applied({ metrics: emptyMetrics() }, order, rules);
    expect(applied({ metrics: once.metrics, order: once.order }, order, rules)).toEqual(once);
  });

  it.each(['order_refunded', 'order_accepted', 'order_rejected'])('that is unknown refuses %s', (type) => {
    const unknown = event(type, '2026-01-01', { orderId: 'o', amountMinor: 1 });
    expect(() => applied({ metrics: emptyMetrics() }, unknown, rules)).toThrow(
      expect.objectContaining({ code: 'unknown_order' }),
    );
  });

  it('refuses to give back more than was paid, by a single refund or by several', () => {
    const order = placed('o', '2026-01-01', 900);
    const exceeds = expect.objectContaining({ code: 'refund_exceeds_order' });
    expect(() => metricsOf(order, refunded('o', '2026-01-02', 901))).toThrow(exceeds);
    expect(() => metricsOf(order, refunded('o', '2026-01-02', 600), refunded('o', '2026-01-03', 301))).toThrow(exceeds);
    expect(
      lifetimeValueMinorOf(metricsOf(order, refunded('o', '2026-01-02', 600), refunded('o', '2026-01-03', 300))),
    ).toBe(0);
  });
});

describe('a message', () => {
  it('counts by its first engagement, whichever arrives first', () => {
    const [early, late] = [engaged('m', '2026-01-01'), engaged('m', '2026-02-01')];
    for (const arrivals of [
      [early, late],
      [late, early],
    ]) {
      const metrics = metricsOf(sent('m', '2025-12-31'), ...arrivals);
      expect(metrics).toMatchObject({ messagesSent: 1, messagesEngaged: 1, lastEngagedAt: early.occurredAt });
      expect(metrics.engagedMinutes).toEqual([msOf(early.occurredAt) / 60_000]);
      expect(decayedAt(metrics.loyaltySum, 90, early.occurredAt)).toBe(1);
      expect(decayedAt(metrics.activitySum, 30, early.occurredAt)).toBe(1);
    }
  });

  it('whose sending never came counts as sent, once', () => {
    expect(metricsOf(engaged('m', '2026-01-02'))).toMatchObject({ messagesSent: 1, messagesEngaged: 1 });
    expect(metricsOf(engaged('m', '2026-01-02'), sent('m', '2026-01-01'), sent('m', '2026-01-01'))).toMatchObject({
      messagesSent: 1,
    });
  });

  it('keeps the newest 100 engagements', () => {
    const minutes = Array.from({ length: 130 }, (_, index) => index + 1);
    const events = minutes.map((minute) => engaged(`m${minute}`, instantOf(minute * 60_000 + 30_000)));
    expect(metricsOf(...events.reverse()).engagedMinutes).toEqual(minutes.slice(30));
  });
});

it('an engagement that makes room among the newest 100 uncovers the next older one, even at the same minute', () => {
  const at = (minute: number) => instantOf(minute * 60_000);
  const newer = Array.from({ length: 99 }, (_, index) => engaged(`n${index}`, at(1_000 + index)));
  const metrics = metricsOf(engaged('a', at(5)), engaged('b', at(5)), ...newer, engaged('a', at(1)));
  expect(metrics.engagedMinutes.slice(0, 2)).toEqual([5, 1_000]);
});

describe('everything else', () => {
  it.each([
    ['participated', 2, 1],
    ['review_written', 3, 0],
    ['friend_referred', 5, 0],
    ['visit', 0, 1],
    ['content_shared', 0, 0],
    ['share_impression', 0, 0],
    ['gift_wrapped', 0, 0],
  ])('%s scores %d and adds %d to the activity', (type, score, activity) => {
    const metrics = metricsOf(event(type, NOW));
    expect(scoreOf(metrics)).toBe(score);
    expect(decayedAt(metrics.activitySum, 30, NOW)).toBe(activity);
  });

  it('an adjustment is one more decaying entry, up or down', () => {
    const metrics = metricsOf(event('loyalty_score_adjusted', '2026-03-03', { delta: -8, reason: 'abuse' }));
    expect(scoreOf(metrics)).toBe(-4);
  });

  it.each([
    ['order_placed', true],
    ['message_engaged', true],
    ['visit', true],
    ['participated', true],
    ['review_written', true],
    ['friend_referred', true],
    ['content_shared', true],
    ['gift_wrapped', true],
    ['message_sent', false],
    ['order_refunded', false],
    ['order_accepted', false],
    ['order_rejected', false],
    ['share_impression', false],
    ['loyalty_score_adjusted', false],
    ['tier_changed', false],
    ['segment_entered', false],
    ['segment_left', false],
  ])('%s is the consumer’s own doing: %s', (type, own) => {
    const one = event(type, NOW, { orderId: 'o', totalMinor: 1, amountMinor: 0, messageId: 'm', delta: 1 });
    const order = { orderId: 'o', occurredAt: NOW, totalMinor: 1, refundedMinor: 0, returned: false, settlement: null };
    expect(applied({ metrics: emptyMetrics(), order }, one, rules).metrics.lastEventAt).toBe(own ? NOW : null);
  });
});

describe('place and timezone', () => {
  const visit = (at: string, geo: Record<string, string | number>, eventId = '') =>
    event('visit', at, { geo }, eventId);

  it('come each from the newest visit that carried it', () => {
    const metrics = metricsOf(
      visit('2026-01-03', { city: 'Leeds', country: 'GB' }),
      visit('2026-01-02', { city: 'Sydney', timezone: 'Australia/Sydney' }),
      visit('2026-01-04', {}),
      event('visit', '2026-01-05'),
    );
    expect(metrics.place).toMatchObject({
      value: { city: 'Leeds', region: null, country: 'GB' },
      at: '2026-01-03T12:00:00.000Z',
    });
    expect(metrics.timezone).toMatchObject({ value: 'Australia/Sydney', at: '2026-01-02T12:00:00.000Z' });
  });

  it('of two visits at once come from the one with the greater id', () => {
    const [a, b] = [visit('2026-01-03', { city: 'Leeds' }, 'a'), visit('2026-01-03', { city: 'York' }, 'b')];
    expect(metricsOf(a, b).place?.value.city).toBe('York');
    expect(metricsOf(b, a).place?.value.city).toBe('York');
  });

  it.each<[string, Record<string, string | number>, string | null]>([
    ['as given', { timezone: 'America/New_York', latitude: 53.8, longitude: -1.5 }, 'America/New_York'],
    ['from coordinates where only these are given', { latitude: 53.8, longitude: -1.5 }, 'Europe/London'],
    [
      'from coordinates where what is given does not exist',
      { timezone: 'Mars/Olympus', latitude: -33.9, longitude: 151.2 },
      'Australia/Sydney',
    ],
    ['not from half a coordinate', { latitude: 53.8 }, null],
    ['not from beyond the poles', { latitude: 91, longitude: 0 }, null],
    ['not from an offset', { timezone: '+02:00' }, null],
  ])('timezone: %s', (_, geo, timezone) => {
    expect(metricsOf(visit('2026-01-01', geo)).timezone?.value ?? null).toBe(timezone);
  });
});

describe('what segment rules ask of events', () => {
  const asked = (event: string, other: Partial<Tallied> = {}): Tallied => ({
    ...{ event, where: [], measure: 'count', within: null },
    ...other,
  });
  const PLACED = asked('order_placed');
  const SPENT = asked('order_placed', { measure: { sum: 'totalMinor' }, within: { days: 3 } });
  const ENGAGED = asked('message_engaged', { within: { hours: 48 } });
  const REFUNDED = asked('order_refunded', { where: [{ attribute: 'returned', operator: 'eq', value: true }] });
  const VISITED = asked('visit', { where: [{ attribute: 'geo.city', operator: 'eq', value: 'Leeds' }] });
  const all = [PLACED, SPENT, ENGAGED, REFUNDED, VISITED];
  const valuesIn = ({ tallies }: MetricsState, asked: Tallied[]) =>
    asked.map((one) => tallyValueAt(tallies[tallyKeyOf(one)], one, msOf(NOW)));

  it('is the same in any order, one by one or folded, to the text', () => {
    const twoArrivals = history.chain((events) => fc.tuple(arrival(events), arrival(events)));
    fc.assert(
      fc.property(twoArrivals, ([one, other]) => {
        const live = JSON.stringify(appliedOneByOne(one, asking(...all)).metrics);
        expect(JSON.stringify(appliedOneByOne(other, asking(...all.toReversed())).metrics)).toBe(live);
        expect(JSON.stringify(folded(other, asking(...all)).metrics)).toBe(live);
      }),
    );
  });

  it('is counted of every event of its type, and taken back by none', () => {
    const events = [
      placed('o', '2026-05-30', 900),
      placed('p', '2026-05-31', 70),
      refunded('o', '2026-05-31', 300, true),
      refunded('o', '2026-05-31', 1),
      event('order_rejected', '2026-06-01', { orderId: 'p' }),
      ...[sent('m', '2026-05-31'), engaged('m', '2026-05-31'), engaged('m', '2026-06-01')],
      event('visit', '2026-06-01', { geo: { city: 'leeds' } }),
      event('visit', '2026-06-01', { geo: { city: 'York' } }),
    ];
    const { metrics } = appliedOneByOne(events, asking(...all));
    expect(valuesIn(metrics, all)).toEqual([2, 970, 2, 1, 1]);
    expect({ ...metrics, tallies: {} }).toEqual(metricsOf(...events));
  });

  it('costs nothing, and leaves nothing, where no event is about it', () => {
    const { metrics } = applied({ metrics: emptyMetrics() }, placed('o', '2026-05-30', 900), asking(PLACED, VISITED));
    expect(Object.keys(metrics.tallies)).toEqual([tallyKeyOf(PLACED)]);
    const other = event('participated', NOW);
    expect(applied({ metrics }, other, asking(PLACED, VISITED)).metrics.tallies).toBe(metrics.tallies);
    expect(applied({ metrics }, placed('p', NOW, 1), rules).metrics.tallies).toBe(metrics.tallies);
  });

  it('takes in nothing that is written beside the fold', () => {
    const beside = ['tier_changed', 'segment_entered', 'segment_left'].map((type) => event(type, NOW));
    const rules = asking(...beside.map(({ type }) => asked(type)));
    expect(appliedOneByOne(beside, rules).metrics.tallies).toEqual({});
    expect(folded(beside, rules).metrics.tallies).toEqual({});
  });

  it('with very many conditions is kept less exactly of each, so that all have room', () => {
    const many = Array.from({ length: 400 }, (_, n) => asked('visit', { within: { days: n + 1 } }));
    const visits = Array.from({ length: 300 }, (_, n) => event('visit', instantOf(msOf(NOW) - n * 3_600_000)));
    const { metrics } = folded(visits, asking(...many));
    expect(JSON.stringify(metrics.tallies).length).toBeLessThan(250 * 1024);
    expect(valuesIn(metrics, many.slice(0, 2))).toEqual([24, 48]);
    expect(valuesIn(folded(visits, asking(...many.slice(0, 12))).metrics, many.slice(9, 12))).toEqual([240, 264, 288]);
    const some = visits.slice(0, 80);
    const live = appliedOneByOne(some, asking(...many)).metrics;
    expect(folded(some.toReversed(), asking(...many)).metrics).toEqual(live);
  });
});

describe('what counts for brand advocates', () => {
  it('is kept with the metrics, whatever the rules, in any order', () => {
    const activities = ['content_shared', 'friend_referred', 'review_written', 'share_impression', 'content_shared'];
    const days = ['2026-01-31', '2026-01-01', '2026-05-05', '2024-02-29', '2026-01-30'];
    const events = activities.map((type, n) => event(type, days[n] ?? NOW));
    const { advocacy } = metricsOf(...events, placed('o', '2026-02-01', 1), event('visit', NOW));
    expect(folded(events.toReversed(), asking()).metrics.advocacy).toEqual(advocacy);
    const shown = ACTIVITIES.map((type) => [type, doneIn(advocacy, type).map(({ ms }) => instantOf(ms).slice(0, 10))]);
    expect(Object.fromEntries(shown)).toEqual({
      friend_referred: ['2026-01-01'],
      review_written: ['2026-05-05'],
      share_impression: ['2024-02-29'],
      content_shared: ['2026-01-30', '2026-01-31'],
    });
  });
});

it('a naive sum over the events gives the same score and activity', () => {
  const naive = (events: readonly ConsumerEvent[], weightOf: (one: ConsumerEvent) => number, halfLifeDays: number) =>
    events.reduce((sum, one) => sum + weightOf(one) * 0.5 ** (daysBetween(one.occurredAt, NOW) / halfLifeDays), 0);
  const WEIGHTS: Record<string, number> = { participated: 2, review_written: 3, friend_referred: 5, order_placed: 10 };
  const worth = (one: ConsumerEvent) => {
    const orderly = one.type === 'order_placed' ? Math.min(30, Number(one.attributes['totalMinor']) / 1_000) : 0;
    return (
      (WEIGHTS[one.type] ?? 0) + orderly + (one.type === 'loyalty_score_adjusted' ? Number(one.attributes['delta']) : 0)
    );
  };
  const plain = history.map((events) => events.filter(({ type }) => !/refunded|rejected|message/.test(type)));
  fc.assert(
    fc.property(plain, (events) => {
      const metrics = metricsOf(...events);
      expect(scoreOf(metrics)).toBeCloseTo(naive(events, worth, 90), 8);
      const active = (one: ConsumerEvent) => (one.type === 'visit' || one.type === 'participated' ? 1 : 0);
      expect(decayedAt(metrics.activitySum, 30, NOW)).toBeCloseTo(naive(events, active, 30), 8);
    }),
  );
});
