/** The few special functions that the churn model needs. */

/** Coefficients of the Lanczos approximation, g = 7, n = 9: 15 significant digits. */
const LANCZOS_G = 7;
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(z) for z > 0. */
export function logGamma(z: number): number {
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z);
  const [first = 0, ...rest] = LANCZOS;
  const series = rest.reduce((sum, coefficient, index) => sum + coefficient / (z + index), first);
  const t = z - 1 + LANCZOS_G + 0.5;
  return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(t) - t + Math.log(series);
}

/** ln B(p, q) for p, q > 0. */
export const logBeta = (p: number, q: number): number => logGamma(p) + logGamma(q) - logGamma(p + q);

/** ln(eᵖ + e^q) without overflow; either may be −∞. */
export function logSumExp(p: number, q: number): number {
  const most = Math.max(p, q);
  return most === -Infinity ? -Infinity : most + Math.log1p(Math.exp(Math.min(p, q) - most));
}

/** Gauss's ₂F₁(a, b; c; z) by its series, for 0 ≤ z < 1. */
export function hypergeometric(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < MOST_TERMS && Math.abs(term) > Number.EPSILON * Math.abs(sum); n++) {
    term *= ((a + n) * (b + n) * z) / ((c + n) * (n + 1));
    sum += term;
  }
  return sum;
}
const MOST_TERMS = 100_000;
