/** Chance that is the same for the same seed: mulberry32, and the distributions made from it. */

export interface Chance {
  /** In [0, 1). */
  uniform(): number;
  /** Whether something of this probability happens. */
  happens(probability: number): boolean;
  /** One of these. */
  pick<const L extends readonly [unknown, ...unknown[]]>(items: L): L[number];
  /** Whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number;
  exponential(rate: number): number;
  normal(mean: number, deviation: number): number;
  /** Mean shape / rate. */
  gamma(shape: number, rate: number): number;
  beta(a: number, b: number): number;
}

export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const standardNormal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

  /** Marsaglia and Tsang 2000; below shape 1 boosted by a power of a uniform. */
  const standardGamma = (shape: number): number => {
    if (shape < 1) return standardGamma(shape + 1) * (1 - uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = standardNormal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  return {
    uniform,
    happens: (probability) => uniform() < probability,
    pick: (items) => items[Math.floor(uniform() * items.length)] ?? items[0],
    whole: (from, to) => from + Math.floor(uniform() * (to - from + 1)),
    exponential: (rate) => -Math.log(1 - uniform()) / rate,
    normal: (mean, deviation) => mean + deviation * standardNormal(),
    gamma: (shape, rate) => standardGamma(shape) / rate,
    beta: (a, b) => {
      const left = standardGamma(a);
      return left / (left + standardGamma(b));
    },
  };
};
