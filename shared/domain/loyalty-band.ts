/** The loyalty band that a consumer was last said to be in: when it was entered, by what, and when to look again. */
import { crossingInstant } from './decay.ts';
import { nextBandChangeAt } from './due.ts';
import type { Instant, MetricsState } from './facts.ts';
import { earlierOf } from './instants.ts';
import { bandAt, loyaltyScoreAt } from './metrics/read.ts';
import type { LoyaltySettings } from './settings.ts';

export interface BandState {
  band: string;
  bandSince: Instant;
  /** `time` where decay alone moved the consumer there. */
  bandCause: 'change' | 'time';
  /** No later than the next instant at which decay moves the band; null where it never will. */
  dueAt: Instant | null;
}

/** The band of somebody who did nothing yet. */
export const firstBand = (settings: LoyaltySettings, now: Instant): BandState => ({
  band: bandAt(0, settings.bands).band,
  bandSince: now,
  bandCause: 'change',
  dueAt: null,
});

/**
 * The band after the sums went from `before` to `after`; null where `before` was made by other rules. Where the sums
 * would have led to the same band without the change, time did it, at the instant at which the score fell below the
 * band above. As long as `dueAt` lies ahead it is only lowered: looking too early costs less than writing it each time.
 */
export const bandAfter = (
  stored: BandState,
  before: MetricsState | null,
  after: MetricsState,
  settings: LoyaltySettings,
  now: Instant,
): BandState => {
  const { band } = bandAt(loyaltyScoreAt(after, settings, now), settings.bands);
  const nextAt = nextBandChangeAt(after.loyaltySum, settings, now);
  const dueAt = stored.dueAt !== null && stored.dueAt > now ? earlierOf(stored.dueAt, nextAt) : nextAt;
  if (band === stored.band) return { ...readBand(stored), dueAt };
  const fellAt = before && fellIntoAt(band, before, settings, now);
  return fellAt !== null && fellAt > stored.bandSince
    ? { band, bandSince: fellAt, bandCause: 'time', dueAt }
    : { band, bandSince: now, bandCause: 'change', dueAt };
};

/** What is true at `dueAt`, the instant to look again: time may have moved the band, and the next instant is set. */
export const bandWhenDue = (
  stored: BandState & MetricsState,
  dueAt: Instant,
  settings: LoyaltySettings,
): BandState => ({
  ...bandAfter(stored, stored, stored, settings, dueAt),
  dueAt: nextBandChangeAt(stored.loyaltySum, settings, dueAt),
});

/** When decay led into this band, if the score is in it now. */
const fellIntoAt = (band: string, metrics: MetricsState, settings: LoyaltySettings, now: Instant): Instant | null => {
  if (bandAt(loyaltyScoreAt(metrics, settings, now), settings.bands).band !== band) return null;
  const above = settings.bands[settings.bands.findIndex((one) => one.band === band) + 1];
  return above ? crossingInstant(metrics.loyaltySum, above.from, settings.halfLifeDays) : null;
};

const readBand = ({ band, bandSince, bandCause }: BandState) => ({ band, bandSince, bandCause });
