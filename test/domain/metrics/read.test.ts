import { describe, expect, it } from '@jest/globals';
import { decaying } from '../../../shared/domain/decay.ts';
import { nextBandChangeAt } from '../../../shared/domain/due.ts';
import type { MetricsState } from '../../../shared/domain/facts.ts';
import { instantOf, msOf, plusDays } from '../../../shared/domain/instants.ts';
import { churnRiskOf, PRIOR_MODEL } from '../../../shared/domain/metrics/churn-risk.ts';
import { emptyMetrics } from '../../../shared/domain/metrics/fold.ts';
import {
  bandAt,
  customerValueOf,
  engagementHealthOf,
  loyaltyOf,
  purchaseRecencyOf,
  returnRatePercentOf,
} from '../../../shared/domain/metrics/read.ts';
import { settings } from './histories.ts';

const NOW = '2026-06-01T12:00:00.000Z';
const { loyalty } = settings;
const metrics = (some: Partial<MetricsState>): MetricsState => ({ ...emptyMetrics(), ...some });
const daysAgo = (days: number) => plusDays(NOW, -days);

describe('a consumer who did nothing', () => {
  it('has counts and sums of 0, and nothing that needs a basis', () => {
    expect(customerValueOf(emptyMetrics(), null)).toEqual({
      orders: 0,
      lifetimeValueMinor: 0,
      averageOrderValueMinor: null,
      percentile: null,
    });
    expect(purchaseRecencyOf(emptyMetrics(), NOW)).toEqual({
      lastOrderAt: null,
      daysSinceLastOrder: null,
      orderCadenceDays: null,
      status: 'none',
    });
    expect(engagementHealthOf(emptyMetrics())).toEqual({
      messagesSent: 0,
      messagesEngaged: 0,
      responseRatePercent: null,
      lastEngagedAt: null,
    });
    expect(returnRatePercentOf(emptyMetrics())).toBeNull();
    expect(churnRiskOf(emptyMetrics(), PRIOR_MODEL, NOW)).toBeNull();
    expect(loyaltyOf(emptyMetrics(), loyalty, NOW)).toEqual({ score: 0, band: 'new' });
    expect(nextBandChangeAt(emptyMetrics().loyaltySum, loyalty, NOW)).toBeNull();
  });
});

describe('average order value', () => {
  it.each([
    [3, 7402, 2467],
    [2, 3, 2],
    [4, 9, 2],
    [4, 10, 3],
    [1, 0, 0],
  ])('of %d orders for %d is %d: half up, refunds not subtracted', (orders, paidMinor, average) => {
    const value = customerValueOf(metrics({ orders, paidMinor, refundedMinor: paidMinor }), 50);
    expect(value).toEqual({ orders, lifetimeValueMinor: 0, averageOrderValueMinor: average, percentile: 50 });
  });
});

describe('recency', () => {
  const DAY = 1;
  const INSTANT = 1 / 86_400_000;
  it.each([
    [0, 'fresh'],
    [7 * DAY - INSTANT, 'fresh'],
    [7 * DAY, 'active'],
    [30 * DAY - INSTANT, 'active'],
    [30 * DAY, 'at_risk'],
    [60 * DAY - INSTANT, 'at_risk'],
    [60 * DAY, 'dormant'],
    [4_000 * DAY, 'dormant'],
  ])('%d days after the last order is %s', (days, status) => {
    const lastOrderAt = daysAgo(days);
    expect(purchaseRecencyOf(metrics({ orders: 1, firstOrderAt: lastOrderAt, lastOrderAt }), NOW).status).toBe(status);
  });

  it('counts exact days, and an order just ahead of now as now', () => {
    const at = (lastOrderAt: string) =>
      purchaseRecencyOf(metrics({ orders: 1, firstOrderAt: lastOrderAt, lastOrderAt }), NOW);
    expect(at(daysAgo(41.5))).toMatchObject({ daysSinceLastOrder: 41.5, orderCadenceDays: null });
    expect(at(daysAgo(-0.001))).toMatchObject({ daysSinceLastOrder: 0, status: 'fresh' });
  });

  it('has a cadence from two orders on', () => {
    const some = { firstOrderAt: daysAgo(200), lastOrderAt: daysAgo(23.6) };
    expect(purchaseRecencyOf(metrics({ ...some, orders: 3 }), NOW).orderCadenceDays).toBe(88.2);
    expect(purchaseRecencyOf(metrics({ ...some, orders: 4 }), NOW).orderCadenceDays).toBe(58.8);
    expect(purchaseRecencyOf(metrics({ orders: 2, firstOrderAt: NOW, lastOrderAt: NOW }), NOW).orderCadenceDays).toBe(
      0,
    );
  });
});

describe('rates are percent with two decimals', () => {
  it.each([
    [10, 4, 40],
    [3, 1, 33.33],
    [3, 2, 66.67],
    [7, 0, 0],
    [7, 7, 100],
  ])('of %d, %d are %d %%', (all, some, percent) => {
    expect(engagementHealthOf(metrics({ messagesSent: all, messagesEngaged: some })).responseRatePercent).toBe(percent);
    expect(returnRatePercentOf(metrics({ orders: all, ordersReturned: some }))).toBe(percent);
  });
});

describe('loyalty bands', () => {
  it.each([
    [-50, 'new'],
    [0, 'new'],
    [24.9999, 'new'],
    [25, 'returning'],
    [49.9999, 'returning'],
    [50, 'regular'],
    [99.9999, 'regular'],
    [100, 'loyal'],
    [149.9999, 'loyal'],
    [150, 'vip'],
    [9_999, 'vip'],
  ])('a score of %d is %s', (score, band) => {
    expect(bandAt(score, loyalty.bands).band).toBe(band);
    const loyaltySum = decaying(score, NOW, loyalty.halfLifeDays);
    expect(loyaltyOf(metrics({ loyaltySum }), loyalty, NOW)).toEqual({ score, band });
  });

  it.each([
    [200, 'vip', 'loyal', 90 * Math.log2(200 / 150)],
    [100, 'loyal', 'regular', 0],
    [40, 'returning', 'new', 90 * Math.log2(40 / 25)],
  ])('by decay alone a score of %d leaves %s for %s at the instant that is foretold', (score, from, to, days) => {
    const loyaltySum = decaying(score, NOW, loyalty.halfLifeDays);
    const at = nextBandChangeAt(loyaltySum, loyalty, NOW) ?? '';
    expect(Math.abs(msOf(at) - msOf(NOW) - days * 86_400_000)).toBeLessThanOrEqual(1);
    expect(loyaltyOf(metrics({ loyaltySum }), loyalty, instantOf(msOf(at) - 1)).band).toBe(from);
    expect(loyaltyOf(metrics({ loyaltySum }), loyalty, at).band).toBe(to);
  });

  it.each([24, 0, -80])('a score of %d changes no band by decay', (score) => {
    expect(nextBandChangeAt(decaying(score, NOW, loyalty.halfLifeDays), loyalty, NOW)).toBeNull();
  });
});

describe('churn risk', () => {
  const bought = (orders: number, first: number, last: number) =>
    metrics({ orders, firstOrderAt: daysAgo(first), lastOrderAt: daysAgo(last) });

  it('says by which parameters, and what they mean', () => {
    const risk = churnRiskOf(bought(5, 200, 10), PRIOR_MODEL, NOW);
    expect(risk).toMatchObject({ horizonDays: 90, model: 'bg_nbd', parameters: 'prior', fittedAt: null });
    const fitted = churnRiskOf(bought(5, 200, 10), { ...PRIOR_MODEL, fittedAt: NOW }, NOW);
    expect(fitted).toEqual({ ...risk, parameters: 'fitted', fittedAt: NOW });
  });

  it('is P(alive) · (1 − ((α+T)/(α+T+H))^(r+x)), taken from 1', () => {
    const { r, alpha, a, b } = PRIOR_MODEL;
    const [x, tx, T] = [4, 190, 200];
    const alive = 1 / (1 + (a / (b + x - 1)) * ((alpha + T) / (alpha + tx)) ** (r + x));
    const buys = alive * (1 - ((alpha + T) / (alpha + T + 90)) ** (r + x));
    const risk = churnRiskOf(bought(5, 200, 10), PRIOR_MODEL, NOW);
    expect(risk?.probability).toBe(Math.round((1 - buys) * 10_000) / 10_000);
    expect(risk?.aliveProbability).toBe(Math.round(alive * 10_000) / 10_000);
  });

  it.each([
    [60, 200, 1, 'low'],
    [5, 200, 10, 'medium'],
    [5, 400, 300, 'high'],
    [1, 40, 40, 'high'],
  ])('of %d orders, the first %d and the last %d days ago, is %s', (orders, first, last, level) => {
    expect(churnRiskOf(bought(orders, first, last), PRIOR_MODEL, NOW)?.level).toBe(level);
  });

  it('bears an order that is just ahead of now', () => {
    const ahead = bought(2, 50, -2);
    expect(churnRiskOf(ahead, PRIOR_MODEL, NOW)).toEqual(churnRiskOf(ahead, PRIOR_MODEL, daysAgo(-2)));
    expect(churnRiskOf(bought(1, -0.003, -0.003), PRIOR_MODEL, NOW)?.aliveProbability).toBe(1);
  });
});
