/** What the pure parts cost: percentile summaries of ten million values, the fit of the churn model. */
import { ordersFrom } from '../../infra/local/demo/generate.ts';
import { chanceOf } from '../../infra/local/demo/random.ts';
import { fitBgNbd } from '../../shared/domain/churn.ts';
import { Histogram } from '../../shared/domain/percentiles.ts';
import type { Measured } from './budget.ts';
import { atMost, median, told } from './budget.ts';

const VALUES = 10_000_000;
const SHARDS = 1_000;
const MERGES = 9;
const CONSUMERS = 24_000;
const DAY_MS = 86_400_000;

/** Money as people spend it: heavy ties at round prices, a long tail. */
const spending = (count: number): Float64Array => {
  const chance = chanceOf(1);
  const values = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const major = Math.exp(chance.normal(3.5, 1.1));
    values[index] = chance.happens(0.3) ? Math.round(major / 10) * 1000 : Math.round(major * 100);
  }
  return values.sort();
};

export const measureSummaries = (): Measured[] => {
  const ascending = spending(VALUES);
  const histogram = Histogram.rebuilt(ascending);
  const shards = Array.from({ length: SHARDS }, () => histogram.slice());
  for (let index = 0; index < VALUES; index += 97) shards[index % SHARDS]?.add(ascending[index] ?? 0);
  const mergeMs = Array.from({ length: MERGES }, () => {
    const whole = histogram.slice();
    const startedMs = performance.now();
    for (const shard of shards) whole.merge(shard);
    return performance.now() - startedMs;
  });
  return [
    atMost('percentile summary of 10 million values', 4, histogram.encoded().length / 1024, 'KB'),
    atMost('percentile summary of 10 million values, error', 0.1, worstError(histogram, ascending), 'points'),
    atMost('merge of 1,000 shards', 10, median(mergeMs), 'ms'),
  ];
};

/** The largest difference to the exact percentile, over every distinct value. */
const worstError = (histogram: Histogram, ascending: Float64Array): number => {
  let worst = 0;
  for (let from = 0; from < ascending.length; ) {
    const value = ascending[from] ?? 0;
    let to = from;
    while (to < ascending.length && ascending[to] === value) to += 1;
    const exact = (100 * (from + (to - from) / 2)) / ascending.length;
    worst = Math.max(worst, Math.abs((histogram.percentileOf(value) ?? 0) - exact));
    from = to;
  }
  return worst;
};

export const measureFit = (): Measured[] => {
  const chance = chanceOf(2);
  const histories = Array.from({ length: CONSUMERS }, () => {
    const T = 180 + 550 * chance.uniform();
    const orders = ordersFrom(0, T * DAY_MS, chance);
    return { x: orders.length - 1, tx: (orders.at(-1) ?? 0) / DAY_MS, T };
  });
  const startedMs = performance.now();
  const fitted = fitBgNbd(histories);
  const seconds = (performance.now() - startedMs) / 1000;
  return [
    told('fit of the churn model to 24,000 consumers', `${seconds.toFixed(1)} s${fitted ? '' : ' (not determined)'}`),
  ];
};
