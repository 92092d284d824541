/** The population's summaries: everyone's place among all, without looking at anyone else. */
import type { Instant, MetricsState } from './facts.ts';
import type { Histogram } from './percentiles.ts';
import type { LoyaltySettings } from './settings.ts';

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
  /** Marks of the changes counted last, so that one delivered twice counts once. */
  recent: string[];
}
/** What happened to one consumer's place; `id` names the change, the same at every delivery. Null: not in the population. */
export interface Change {
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

/** Null where the consumer is not in the population: not eligible, or without any order or engaged message. */
export function rankedOf(metrics: MetricsState, eligible: boolean): Ranked | null {
  return eligible && (metrics.orders > 0 || metrics.messagesEngaged > 0)
    ? { activity: 0, frequency: 0, monetary: 0 }
    : null;
}
declare const later: never;
export const emptySummary = (): PopulationSummary => later;
/** The summary with these changes counted; one that is among the recent ones changes nothing. */
export function counted(_summary: PopulationSummary, _changes: Change[]): PopulationSummary {
  return later;
}
/** A summary of the whole population from scratch; keeps the recent marks of the one it replaces. */
export function rebuiltFrom(_population: Iterable<Ranked>, _previous?: PopulationSummary): PopulationSummary {
  return later;
}
/** One summary of several slices that share their boundaries (see `sliceOf`) or are small. */
export function mergeSlices(_slices: PopulationSummary[]): PopulationSummary {
  return later;
}
/** Whether percentiles may be off by more than they should, or the summary is a day old and has changed since. */
export function needsRebuild(_summary: PopulationSummary, _rebuiltAt: Instant | null, _now: Instant): boolean {
  return true;
}
/** The detail's `rfm`; percentiles and ranks are null for those outside the population. `asOf` is the summary's. */
export function rfmOf(
  _summary: { content: PopulationSummary; asOf: Instant } | null,
  _metrics: MetricsState,
  _eligible: boolean,
  _settings: LoyaltySettings,
  _now: Instant,
): Rfm {
  return later;
}
export function encodedSummary(_summary: PopulationSummary): string {
  return '';
}
export function decodedSummary(_text: string): PopulationSummary {
  return later;
}
