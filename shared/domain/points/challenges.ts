/** Challenges: goals over events. Progress is counted in the event's own transaction, so that each completion is paid once. */

import { areMet } from '../conditions/met.ts';
import { sumAt } from '../conditions/values.ts';
import type { WhereCondition } from '../conditions/where.ts';
import type { ConsumerEvent, Instant } from '../facts.ts';
import { isInAudience, type Memberships } from './audience.ts';
import type { Audience } from './settings.ts';

export interface Challenge {
  challengeId: string;
  name: string;
  kind: 'custom' | 'activity';
  goal: {
    event: string;
    where: WhereCondition[];
    measure: 'count' | { sum: string };
    target: number;
  };
  points: number;
  audience: Audience;
  activeFrom: Instant | null;
  activeUntil: Instant | null;
  repeatable: boolean;
}
/** How far one consumer is in one challenge. */
export interface Progress {
  /** Since the last completion, where it can be repeated. */
  progress: number;
  completions: number;
  completedAt: Instant | null;
}

export const NO_PROGRESS: Progress = { progress: 0, completions: 0, completedAt: null };

/** Of one event: so much more than any real goal asks for that nothing can run away. What is over waits for the next. */
const MOST_COMPLETIONS_AT_ONCE = 1_000;
const MOST_AMOUNT = 1e12;
/** Sums of decimals are cut there, so that ten times 0.1 is 1. */
export const PROGRESS_DECIMALS = 6;

/** Whether the challenge takes events of this instant. */
export const isRunning = ({ activeFrom, activeUntil }: Challenge, at: Instant): boolean =>
  (activeFrom === null || at >= activeFrom) && (activeUntil === null || at < activeUntil);

/** What the event adds: 0 where it is not about this challenge. */
export function contribution(
  challenge: Challenge,
  event: ConsumerEvent,
  memberships: Memberships,
  now: Instant,
): number {
  const { goal, audience } = challenge;
  if (goal.event !== event.type || !isRunning(challenge, event.occurredAt)) return 0;
  if (!isInAudience(audience, memberships) || !areMet(goal.where, event.attributes, now)) return 0;
  return goal.measure === 'count' ? 1 : Math.min(MOST_AMOUNT, Math.max(0, sumAt(event.attributes, goal.measure.sum)));
}

/** The progress with so much more, and how many times that completes the challenge. */
export function advanced(
  { goal, repeatable }: Challenge,
  before: Progress,
  amount: number,
  now: Instant,
): { progress: Progress; times: number } {
  if (amount === 0 || (!repeatable && before.completions > 0)) return { progress: before, times: 0 };
  const reached = roundedOff(before.progress + amount);
  const times = Math.min(repeatable ? MOST_COMPLETIONS_AT_ONCE : 1, timesIn(reached, goal.target));
  if (times === 0) return { progress: { ...before, progress: reached }, times };
  const left = repeatable ? roundedOff(reached - times * goal.target) : reached;
  return { progress: { progress: left, completions: before.completions + times, completedAt: now }, times };
}

/** How often the target is in the sum. The quotient of decimals may miss a whole number: what is left over decides. */
function timesIn(sum: number, target: number): number {
  const nearest = Math.round(sum / target);
  return roundedOff(sum - nearest * target) < 0 ? nearest - 1 : nearest;
}

/** Never −0. */
const roundedOff = (value: number): number => Number(value.toFixed(PROGRESS_DECIMALS)) + 0;
