/** The ladder of tiers: where a score stands on it, and what comes next. */
import type { Instant } from '../facts.ts';
import { invalid, Refusal } from '../refusal.ts';
import type { TierState } from './account.ts';
import type { Tier } from './settings.ts';

/** Lowest first. Null where the module is off: then nobody has a tier, and nobody moves. */
export type Ladder = readonly Tier[] | null;

export const ladderOf = (tiers: readonly Tier[], isOn: boolean): Ladder =>
  isOn ? [...tiers].sort((a, b) => a.threshold - b.threshold) : null;

/** The highest tier whose threshold the score has reached; null below the first. */
export const tierAt = (score: number, ladder: Ladder): Tier | null =>
  ladder?.findLast(({ threshold }) => score >= threshold) ?? null;

export const tierNamed = (tierId: string | null, ladder: Ladder): Tier | null =>
  ladder?.find((tier) => tier.tierId === tierId) ?? null;

/** The tier in force: one given by hand is kept until the score has earned it. */
export function tierInForce(state: TierState, score: number, ladder: Ladder): { tier: Tier | null; manual: boolean } {
  const earned = tierAt(score, ladder);
  const byHand = state.manual ? tierNamed(state.tierId, ladder) : null;
  return byHand !== null && byHand.threshold > (earned?.threshold ?? -1)
    ? { tier: byHand, manual: true }
    : { tier: earned, manual: false };
}

/** The state after the score or the ladder changed; the same one where nothing moved. */
export function tierAfter(
  state: TierState,
  score: number,
  ladder: Ladder,
  moved: { at: Instant; cause: TierState['cause'] },
): TierState {
  if (ladder === null) return state;
  const { tier, manual } = tierInForce(state, score, ladder);
  const tierId = tier?.tierId ?? null;
  if (tierId !== state.tierId) return { tierId, since: moved.at, manual, cause: moved.cause };
  return manual === state.manual ? state : { ...state, manual };
}

/**
 * The state after a tier was given by hand; the same one where it is in force like that. The tier that the score has
 * earned ends what was given before. Refuses `module_off`, and a tier that is not on the ladder or below the earned one.
 */
export function tierByHand(
  state: TierState,
  score: number,
  ladder: Ladder,
  { tierId, at }: { tierId: string; at: Instant },
): TierState {
  if (ladder === null) throw new Refusal('module_off', 'The module tiers is switched off: nobody has a tier.');
  const tier = tierNamed(tierId, ladder);
  if (tier === null) throw invalid('tierId', 'invalid_value', 'There is no tier with this id.');
  const earned = tierAt(score, ladder);
  if (earned !== null && tier.threshold < earned.threshold) {
    throw invalid('tierId', 'invalid_value', `The score has earned a higher tier, ${earned.tierId}.`);
  }
  const manual = tierId !== earned?.tierId;
  if (tierId !== state.tierId) return { tierId, since: at, manual, cause: 'change' };
  return manual === state.manual ? state : { ...state, manual };
}

/** The next tier up, and how many points of score it needs. */
export function nextTier(
  tier: Tier | null,
  score: number,
  ladder: Ladder,
): { tier: Tier; pointsNeeded: number } | null {
  const above = ladder?.find(({ threshold }) => threshold > Math.max(score, tier?.threshold ?? -1));
  return above ? { tier: above, pointsNeeded: above.threshold - score } : null;
}
