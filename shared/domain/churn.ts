/**
 * How likely a consumer is to buy again: BG/NBD (Fader, Hardie, Lee 2005, "Counting Your Customers the Easy Way").
 * Times may be in any unit, as long as it is the same everywhere; Regulars uses days.
 */

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

/** The model fitted to an organization's history. */
export interface FittedBgNbd extends BgNbd {
  logLikelihood: number;
  consumers: number;
}

/** Maximum likelihood; null where the history is too thin or the search does not settle: then the prior serves. */
export function fitBgNbd(_rows: Iterable<PurchaseHistory & { count?: number }>): FittedBgNbd | null {
  return null;
}
/** Probability that the consumer has not stopped; 1 for every one-time buyer. */
export function pAlive(_model: BgNbd, _history: PurchaseHistory): number {
  return 1;
}
/** Expected repeat orders of a new consumer in `t` from the first order. */
export function expectedPurchases(_model: BgNbd, _t: number): number {
  return 0;
}
/** Expected orders of this consumer in the next `t`. */
export function conditionalExpectation(_model: BgNbd, _history: PurchaseHistory, _t: number): number {
  return 0;
}
/** Probability of at least one order in the next `horizon`. */
export function probabilityOfPurchase(_model: BgNbd, _history: PurchaseHistory, _horizon: number): number {
  return 0;
}
