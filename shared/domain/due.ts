/** The instants at which time alone changes an answer. */
import { crossingInstant, type DecayedSum, decayedAt } from './decay.ts';
import type { Instant } from './facts.ts';
import { bandAt } from './metrics/read.ts';
import type { LoyaltySettings } from './settings.ts';

/** The first instant after now at which decay alone moves the loyalty band; null where it never will. */
export function nextBandChangeAt(loyaltySum: DecayedSum, settings: LoyaltySettings, now: Instant): Instant | null {
  const { from } = bandAt(decayedAt(loyaltySum, settings.halfLifeDays, now), settings.bands);
  return from > 0 ? crossingInstant(loyaltySum, from, settings.halfLifeDays) : null;
}
