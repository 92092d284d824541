/** Everything about one consumer that a segment's rule may look at, as it is stored. What depends on now is read from it. */
import type { Instant, MetricsState, Profile } from '../facts.ts';
import type { ChurnModel } from '../metrics/churn-risk.ts';
import type { Account } from '../points/account.ts';
import type { Progress } from '../points/challenges.ts';
import type { Settings } from '../settings.ts';
import type { PopulationSummary } from '../summary.ts';

export interface Picture {
  profile: Profile;
  metrics: MetricsState & { eligible: boolean; halfLifeDays: number; activityHalfLifeDays: number };
  /** As the ledger left it: what time has done since takes effect when it is read. */
  account: Account;
  /** Claims that stand, by reward. */
  claims: Readonly<Record<string, number>>;
  challenges: Readonly<Record<string, Progress>>;
  /** Ids of the lists that the consumer is on. */
  lists: readonly string[];
  /** Ids of the segments that other systems put the consumer in. */
  imported: readonly string[];
}

/** What rules look at besides the consumer. */
export interface RuleContext {
  settings: Settings;
  /** As of its last renewal: percentiles and ranks in rules don't move between renewals. */
  summary: PopulationSummary | null;
  churnModel: ChurnModel;
  /** When the ladder of tiers was edited last: who was moved by that has the tier since then. Null where it never was. */
  tiersUpdatedAt: Instant | null;
}
