/** Churn risk: the probability of no order within the horizon. */
import { type BgNbd, type PurchaseHistory, pAlive, probabilityOfPurchase } from '../churn.ts';
import type { Instant, MetricsState } from '../facts.ts';
import { daysBetween } from '../instants.ts';
import { probability } from '../rounding.ts';
import { CHURN } from '../settings.ts';

/** Parameters in days; `fittedAt` null for the prior. */
export interface ChurnModel extends BgNbd {
  fittedAt: Instant | null;
}
export const PRIOR_MODEL: ChurnModel = { ...CHURN.prior, fittedAt: null };

export interface ChurnRisk {
  probability: number;
  level: (typeof CHURN.levels)[number]['level'];
  aliveProbability: number;
  horizonDays: number;
  model: 'bg_nbd';
  /** `prior` until the organization's own history is enough. */
  parameters: 'fitted' | 'prior';
  fittedAt: Instant | null;
}

/** What the model sees of a consumer as of now, in days; null without orders. */
export function purchaseHistoryOf(metrics: MetricsState, now: Instant): PurchaseHistory | null {
  const { firstOrderAt, lastOrderAt, orders } = metrics;
  if (orders === 0 || firstOrderAt === null || lastOrderAt === null) return null;
  const tx = daysBetween(firstOrderAt, lastOrderAt);
  return { x: orders - 1, tx, T: Math.max(tx, daysBetween(firstOrderAt, now)) };
}

/** The exact risk, 0–1; null without orders. */
export function churnProbabilityOf(metrics: MetricsState, model: BgNbd, now: Instant): number | null {
  const history = purchaseHistoryOf(metrics, now);
  return history === null ? null : 1 - probabilityOfPurchase(model, history, CHURN.horizonDays);
}

export function churnRiskOf(metrics: MetricsState, model: ChurnModel, now: Instant): ChurnRisk | null {
  const history = purchaseHistoryOf(metrics, now);
  const risk = churnProbabilityOf(metrics, model, now);
  if (history === null || risk === null) return null;
  return {
    probability: probability(risk),
    level: CHURN.levels.findLast(({ from }) => risk >= from)?.level ?? 'low',
    aliveProbability: probability(pAlive(model, history)),
    horizonDays: CHURN.horizonDays,
    model: 'bg_nbd',
    parameters: model.fittedAt === null ? 'prior' : 'fitted',
    fittedAt: model.fittedAt,
  };
}
