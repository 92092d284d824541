/** What models say about a consumer: the loyalty score, its place among all, the risk of losing it. */
import { pAlive, probabilityOfPurchase } from '../../churn.ts';
import { log2Of } from '../../decay.ts';
import { DAY_MS, msOf } from '../../instants.ts';
import { bandAt, lifetimeValueMinorOf } from '../../metrics/read.ts';
import { rankOf } from '../../percentiles.ts';
import { CHURN } from '../../settings.ts';
import type { Ranked } from '../../summary.ts';
import { firstMs } from '../moments.ts';
import type { Reading } from '../reading.ts';
import { type Attributes, date, type Movement, number, oneOf, text } from './attribute.ts';

/** A sum comes nearer to 0 for ever, from either side. */
const decaying = (
  at: (of: Reading, ms: number) => number,
  sumOf: (metrics: Reading['metrics']) => { sum: string; halfLifeDays: number },
) => ({
  at,
  reachesMs({ metrics }: Reading, value: number): number {
    const { sum, halfLifeDays } = sumOf(metrics);
    const magnitude = log2Of(sum.startsWith('-') ? sum.slice(1) : sum);
    return magnitude === null ? Number.NaN : (magnitude - Math.log2(Math.abs(value))) * halfLifeDays * DAY_MS;
  },
});

const loyaltyMoves = decaying(
  (of, ms) => of.loyaltyAt(ms),
  ({ loyaltySum, halfLifeDays }) => ({ sum: loyaltySum, halfLifeDays }),
);
const activityMoves = decaying(
  (of, ms) => of.activityAt(ms),
  ({ activitySum, activityHalfLifeDays }) => ({ sum: activitySum, halfLifeDays: activityHalfLifeDays }),
);

/** A word for a number that time moves one way. */
const named = (
  nameAt: (of: Reading, ms: number) => string | null,
  guessMs: (of: Reading) => number = () => Number.NaN,
): Movement => ({
  jumpsMs(of, untilMs) {
    const now = nameAt(of, of.nowMs);
    return firstMs(of.nowMs, untilMs, (ms) => nameAt(of, ms) !== now, guessMs(of));
  },
});

const risk: Movement = { at: riskAt };
const alive: Movement = { at: aliveAt };

export const SCORES: Attributes = {
  'loyalty.score': number((of) => of.loyaltyAt(of.nowMs), 'points', loyaltyMoves),
  'loyalty.band': text((of) => bandOf(of, of.nowMs), named(bandOf, leavesBandMs)),
  'loyalty.activityRank': number((of) => rank(of, 'activity')),
  'loyalty.frequencyRank': number((of) => rank(of, 'frequency')),
  'loyalty.monetaryRank': number((of) => rank(of, 'monetary')),
  'rfm.activity.value': number((of) => of.activityAt(of.nowMs), undefined, activityMoves),
  'rfm.activity.percentile': number((of) => of.percentile('activity'), 'percent'),
  'rfm.activity.rank': number((of) => rank(of, 'activity')),
  'rfm.frequency.value': number(({ metrics }) => metrics.orders),
  'rfm.frequency.percentile': number((of) => of.percentile('frequency'), 'percent'),
  'rfm.frequency.rank': number((of) => rank(of, 'frequency')),
  'rfm.monetary.value': number(({ metrics }) => lifetimeValueMinorOf(metrics), 'minor'),
  'rfm.monetary.percentile': number((of) => of.percentile('monetary'), 'percent'),
  'rfm.monetary.rank': number((of) => rank(of, 'monetary')),
  'accountHealth.churnRisk.probability': number((of) => riskAt(of, of.nowMs), 'probability', risk),
  'accountHealth.churnRisk.level': oneOf(
    CHURN.levels.map(({ level }) => level),
    (of) => levelAt(of, of.nowMs),
    named(levelAt),
  ),
  'accountHealth.churnRisk.aliveProbability': number((of) => aliveAt(of, of.nowMs), 'probability', alive),
  'accountHealth.churnRisk.fittedAt': date(({ metrics, context: { churnModel } }) =>
    metrics.orders === 0 || churnModel.fittedAt === null ? null : msOf(churnModel.fittedAt),
  ),
};

function bandOf(of: Reading, ms: number): string {
  return bandAt(of.loyaltyAt(ms), of.context.settings.loyalty.bands).band;
}

function leavesBandMs(of: Reading): number {
  const { from } = bandAt(of.loyaltyAt(of.nowMs), of.context.settings.loyalty.bands);
  return loyaltyMoves.reachesMs(of, from);
}

function rank(of: Reading, dimension: keyof Ranked): number | null {
  const percentile = of.percentile(dimension);
  return percentile === null ? null : rankOf(percentile);
}

function riskAt(of: Reading, ms: number): number | null {
  const history = of.purchaseHistoryAt(ms);
  return history && 1 - probabilityOfPurchase(of.context.churnModel, history, CHURN.horizonDays);
}

function levelAt(of: Reading, ms: number): string | null {
  const probability = riskAt(of, ms);
  return probability === null ? null : (CHURN.levels.findLast(({ from }) => probability >= from)?.level ?? 'low');
}

function aliveAt(of: Reading, ms: number): number | null {
  const history = of.purchaseHistoryAt(ms);
  return history && pAlive(of.context.churnModel, history);
}
