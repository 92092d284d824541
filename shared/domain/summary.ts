/** The population's summaries: everyone's place among all, without looking at anyone else. */
import { type DecayedSum, log2Of } from './decay.ts';
import type { Instant, MetricsState } from './facts.ts';
import { daysBetween } from './instants.ts';
import { activityAt, lifetimeValueMinorOf } from './metrics/read.ts';
import { Histogram, rankOf } from './percentiles.ts';
import { percent, quantity } from './rounding.ts';
import { type LoyaltySettings, SUMMARY } from './settings.ts';

/** The whole-number values that a consumer is ranked by; activity as a number whose order time does not change. */
export interface Ranked {
  activity: number;
  frequency: number;
  monetary: number;
}
export interface PopulationSummary {
  activity: Histogram;
  frequency: Histogram;
  monetary: Histogram;
  changesSinceRebuild: number;
  /** Marks of the changes counted last, the oldest first, so that one delivered twice counts once. */
  recent: string[];
}
/** What happened to one consumer's place. Null: not in the population. */
export interface Change {
  /** Names the change, the same at every delivery. */
  id: string;
  before: Ranked | null;
  after: Ranked | null;
}
export interface RfmDimension {
  value: number;
  percentile: number | null;
  rank: number | null;
}
export interface Rfm {
  activity: RfmDimension;
  frequency: RfmDimension;
  monetary: RfmDimension;
  population: number;
  asOf: Instant | null;
}

const DIMENSIONS = ['activity', 'frequency', 'monetary'] as const;
type Dimension = (typeof DIMENSIONS)[number];

/** Null where the consumer is not in the population: not eligible, or without any order or engaged message. */
export function rankedOf(metrics: MetricsState, eligible: boolean): Ranked | null {
  if (!eligible || (metrics.orders === 0 && metrics.messagesEngaged === 0)) return null;
  return {
    activity: activityRanked(metrics.activitySum),
    frequency: metrics.orders,
    monetary: lifetimeValueMinorOf(metrics),
  };
}

/**
 * The binary logarithm of the sum, in steps so fine (milliseconds of a half-life) that nobody ties who should not.
 * Nothing at all comes below everything.
 */
function activityRanked(sum: DecayedSum): number {
  const magnitude = log2Of(sum);
  return magnitude === null ? -1 : Math.round(magnitude * ACTIVITY_STEPS);
}
const ACTIVITY_STEPS = 2 ** 30;

export const emptySummary = (): PopulationSummary => ({
  activity: Histogram.empty(),
  frequency: Histogram.empty(),
  monetary: Histogram.empty(),
  changesSinceRebuild: 0,
  recent: [],
});

/** How many consumers are in it. */
export const populationOf = (summary: PopulationSummary): number => summary.frequency.total;

/** The summary with these changes counted; one that is among the recent ones changes nothing. */
export function counted(summary: PopulationSummary, changes: Iterable<Change>): PopulationSummary {
  const next = copyOf(summary);
  const known = new Set(next.recent);
  for (const { id, before, after } of changes) {
    const mark = markOf(id);
    if (known.has(mark)) continue;
    known.add(mark);
    next.recent.push(mark);
    if (isSamePlace(before, after)) continue;
    next.changesSinceRebuild += 1;
    for (const dimension of DIMENSIONS) {
      if (before !== null) next[dimension].remove(before[dimension]);
      if (after !== null) next[dimension].add(after[dimension]);
    }
  }
  next.recent = next.recent.slice(-SUMMARY.recentMarks);
  return next;
}

/** A summary of the whole population from scratch; keeps the recent marks of the one that it replaces. */
export function rebuiltFrom(
  population: Iterable<Ranked>,
  previous: PopulationSummary = emptySummary(),
): PopulationSummary {
  const columns: Record<Dimension, number[]> = { activity: [], frequency: [], monetary: [] };
  for (const ranked of population) {
    for (const dimension of DIMENSIONS) columns[dimension].push(ranked[dimension]);
  }
  const histogramOf = (dimension: Dimension) => Histogram.rebuilt(Float64Array.from(columns[dimension]).sort());
  return {
    activity: histogramOf('activity'),
    frequency: histogramOf('frequency'),
    monetary: histogramOf('monetary'),
    changesSinceRebuild: 0,
    recent: [...previous.recent],
  };
}

/** How far a percentile may be off, in points. */
export const errorBoundOf = (summary: PopulationSummary): number =>
  Math.max(...DIMENSIONS.map((dimension) => summary[dimension].errorBound()));

/** Whether percentiles may be off by nearly as much as they are allowed, or were kept by changes for a day. */
export function needsRebuild(summary: PopulationSummary, rebuiltAt: Instant | null, now: Instant): boolean {
  if (errorBoundOf(summary) > SUMMARY.mostErrorPoints) return true;
  const isOld = rebuiltAt === null || daysBetween(rebuiltAt, now) >= SUMMARY.rebuiltAfterDays;
  return isOld && summary.changesSinceRebuild > 0;
}

/** The exact percentile of one dimension, for rules; null outside the population. */
export const percentileIn = (summary: PopulationSummary, dimension: Dimension, ranked: Ranked | null): number | null =>
  ranked === null ? null : summary[dimension].percentileOf(ranked[dimension]);

/**
 * The detail's `rfm`: values as of now, percentiles and ranks as of the summary. These are null outside the
 * population. The percentile of lifetime value is the monetary one.
 */
export function rfmOf(
  summary: { content: PopulationSummary; asOf: Instant } | null,
  metrics: MetricsState,
  eligible: boolean,
  settings: LoyaltySettings,
  now: Instant,
): Rfm {
  const ranked = rankedOf(metrics, eligible);
  const dimension = (name: Dimension, value: number): RfmDimension => {
    const percentile = summary === null ? null : percentileIn(summary.content, name, ranked);
    if (percentile === null) return { value, percentile: null, rank: null };
    return { value, percentile: percent(percentile), rank: rankOf(percentile) };
  };
  return {
    activity: dimension('activity', quantity(activityAt(metrics, settings, now))),
    frequency: dimension('frequency', metrics.orders),
    monetary: dimension('monetary', lifetimeValueMinorOf(metrics)),
    population: summary === null ? 0 : populationOf(summary.content),
    asOf: summary?.asOf ?? null,
  };
}

/** Whether a change leaves the consumer where it was among all. */
export const isSamePlace = (before: Ranked | null, after: Ranked | null): boolean =>
  before === after ||
  (before !== null && after !== null && DIMENSIONS.every((dimension) => before[dimension] === after[dimension]));

const copyOf = (summary: PopulationSummary): PopulationSummary => ({
  activity: summary.activity.copy(),
  frequency: summary.frequency.copy(),
  monetary: summary.monetary.copy(),
  changesSinceRebuild: summary.changesSinceRebuild,
  recent: [...summary.recent],
});

/** 36 bits of the id (FNV-1a and a companion): a new change is taken for one of 2,048 old ones once in 10⁷ times. */
function markOf(id: string): string {
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let index = 0; index < id.length; index++) {
    low = Math.imul(low ^ id.charCodeAt(index), 0x01000193);
    high = Math.imul(high ^ id.charCodeAt(index), 0x85ebca6b) ^ (high >>> 15);
  }
  return ((high >>> 28) * 2 ** 32 + (low >>> 0)).toString(36).padStart(MARK_LENGTH, '0');
}
const MARK_LENGTH = 7;

/** As one text, about 3 KB a dimension at any size of population. */
export const encodedSummary = (summary: PopulationSummary): string =>
  JSON.stringify({
    activity: summary.activity.encoded(),
    frequency: summary.frequency.encoded(),
    monetary: summary.monetary.encoded(),
    changesSinceRebuild: summary.changesSinceRebuild,
    recent: summary.recent.join(''),
  });

export function decodedSummary(text: string): PopulationSummary {
  const stored: Record<'activity' | 'frequency' | 'monetary' | 'recent', string> & { changesSinceRebuild: number } =
    JSON.parse(text);
  return {
    activity: Histogram.decoded(stored.activity),
    frequency: Histogram.decoded(stored.frequency),
    monetary: Histogram.decoded(stored.monetary),
    changesSinceRebuild: stored.changesSinceRebuild,
    recent: stored.recent.match(new RegExp(`.{${MARK_LENGTH}}`, 'g')) ?? [],
  };
}
