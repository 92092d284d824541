/**
 * How likely a consumer is to buy again: BG/NBD (Fader, Hardie, Lee 2005, "Counting Your Customers the Easy Way").
 * Times may be in any unit, as long as it is the same everywhere; Regulars uses days.
 */
import { minimized } from './minimum.ts';
import { CHURN } from './settings.ts';
import { hypergeometric, logBeta, logGamma, logSumExp } from './special-functions.ts';

/** Orders come at a gamma(r, α) rate; after each one a consumer stops for good with a beta(a, b) probability. */
export interface BgNbd {
  r: number;
  alpha: number;
  a: number;
  b: number;
}
/** One consumer's history: `x` repeat orders, the last of them `tx` after the first order, which is `T` ago. */
export interface PurchaseHistory {
  x: number;
  tx: number;
  T: number;
}
export interface FittedBgNbd extends BgNbd {
  logLikelihood: number;
  consumers: number;
}

type CountedHistory = PurchaseHistory & { count: number };

/** Parameters beyond these say that the history does not determine them. */
const LEAST_LOG = -12;
const MOST_LOG = 12;

/**
 * Maximum likelihood over these histories, `count` of each (1 where absent). Null where they are too few or too alike
 * to determine the parameters (nobody came back, all happened at once, the search ran off): then the prior serves.
 */
export function fitBgNbd(rows: Iterable<PurchaseHistory & { count?: number }>): FittedBgNbd | null {
  const histories = distinct(rows);
  const consumers = countOf(histories);
  const repeating = countOf(histories.filter(({ x }) => x > 0));
  if (consumers < CHURN.leastConsumers || repeating < CHURN.leastRepeatConsumers) return null;
  const timeScale = Math.max(...histories.map(({ T }) => T));
  if (!histories.some(({ tx }) => tx > 0)) return null;
  const modelAt = ([r = 0, alpha = 0, a = 0, b = 0]: readonly number[]): BgNbd => ({
    r: Math.exp(r),
    alpha: Math.exp(alpha),
    a: Math.exp(a),
    b: Math.exp(b),
  });
  const found = minimized(
    (logs) => -logLikelihoodOf(modelAt(logs), histories) / consumers,
    [0, Math.log(timeScale / 10), 0, 0],
  );
  const isDetermined = found.at.every((log) => log > LEAST_LOG && log < MOST_LOG + Math.log(timeScale));
  if (!found.settled || !isDetermined) return null;
  return { ...modelAt(found.at), logLikelihood: -found.value * consumers, consumers };
}

/** Log-likelihood of the histories under the model (equation 6 of the paper). */
export function logLikelihoodOf({ r, alpha, a, b }: BgNbd, histories: readonly CountedHistory[]): number {
  const atStart = r * Math.log(alpha) - logGamma(r) - logBeta(a, b);
  const ofOrders = new Map<number, { rate: number; stays: number; leaves: number }>();
  let sum = 0;
  for (const { x, tx, T, count } of histories) {
    let terms = ofOrders.get(x);
    if (terms === undefined) {
      const leaves = x === 0 ? -Infinity : logBeta(a + 1, b + x - 1);
      terms = { rate: logGamma(r + x), stays: logBeta(a, b + x), leaves };
      ofOrders.set(x, terms);
    }
    const stillThere = terms.stays - (r + x) * Math.log(alpha + T);
    const gone = terms.leaves - (r + x) * Math.log(alpha + tx);
    sum += count * (atStart + terms.rate + logSumExp(stillThere, gone));
  }
  return sum;
}

/** Probability that the consumer has not stopped; 1 for every one-time buyer. */
export function pAlive({ r, alpha, a, b }: BgNbd, { x, tx, T }: PurchaseHistory): number {
  if (x === 0) return 1;
  const logOdds = Math.log(a / (b + x - 1)) + (r + x) * Math.log((alpha + T) / (alpha + tx));
  return 1 / (1 + Math.exp(logOdds));
}

/** Expected repeat orders of a new consumer in `t` from the first order (equation 9). */
export function expectedPurchases({ r, alpha, a, b }: BgNbd, t: number): number {
  const series = hypergeometric(r, b, a + b - 1, t / (alpha + t));
  return ((a + b - 1) / (a - 1)) * (1 - (alpha / (alpha + t)) ** r * series);
}

/** Expected orders of this consumer in the next `t` (equation 10). */
export function conditionalExpectation(model: BgNbd, history: PurchaseHistory, t: number): number {
  const { r, alpha, a, b } = model;
  const { x, T } = history;
  const series = hypergeometric(r + x, b + x, a + b + x - 1, t / (alpha + T + t));
  const whileAlive = ((a + b + x - 1) / (a - 1)) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * series);
  return whileAlive * pAlive(model, history);
}

/** Probability of at least one order in the next `horizon`: alive, and the rate brings one. */
export function probabilityOfPurchase(model: BgNbd, history: PurchaseHistory, horizon: number): number {
  const { r, alpha } = model;
  const { x, T } = history;
  return pAlive(model, history) * (1 - ((alpha + T) / (alpha + T + horizon)) ** (r + x));
}

/** Each different history once, with how many consumers share it: the likelihood costs as much as there are of these. */
function distinct(rows: Iterable<PurchaseHistory & { count?: number }>): CountedHistory[] {
  const found = new Map<string, CountedHistory>();
  for (const { x, tx, T, count = 1 } of rows) {
    const key = `${x} ${tx} ${T}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { x, tx, T, count });
    else known.count += count;
  }
  return [...found.values()];
}

const countOf = (histories: readonly CountedHistory[]): number => histories.reduce((sum, { count }) => sum + count, 0);
