/** Rewards: who may claim one, now. */
import type { Instant } from '../facts.ts';
import { isInAudience, type Memberships } from './audience.ts';
import type { Audience } from './settings.ts';

export interface Reward {
  rewardId: string;
  name: string;
  costPoints: number;
  /** How often one consumer may claim it; null: any number of times. Cancelled claims don't count. */
  limitPerConsumer: number | null;
  activeFrom: Instant | null;
  activeUntil: Instant | null;
  audience: Audience;
  status: 'active' | 'inactive';
}

/** Why a consumer may not claim a reward. */
export type Ineligible = 'reward_inactive' | 'not_started' | 'ended' | 'not_in_audience' | 'consumer_inactive';

/** Every reason; none where the consumer may. */
export function reasonsAgainst(
  reward: Reward,
  claimer: { isActive: boolean; memberships: Memberships },
  now: Instant,
): Ineligible[] {
  const { status, activeFrom, activeUntil, audience } = reward;
  const reasons: [boolean, Ineligible][] = [
    [status !== 'active', 'reward_inactive'],
    [activeFrom !== null && now < activeFrom, 'not_started'],
    [activeUntil !== null && now >= activeUntil, 'ended'],
    [!isInAudience(audience, claimer.memberships), 'not_in_audience'],
    [!claimer.isActive, 'consumer_inactive'],
  ];
  return reasons.flatMap(([holds, reason]) => (holds ? [reason] : []));
}
