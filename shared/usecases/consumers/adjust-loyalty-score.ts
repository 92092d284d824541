/** Adjusts a loyalty score by an event of the history, which decays like every other event. */
import type { Instant } from '../../domain/facts.ts';
import { loyaltyOf } from '../../domain/metrics/read.ts';
import { recordEvents } from '../events/record.ts';
import type { Outcome } from '../events/recording.ts';
import { organizationOf } from '../organization/organization.ts';
import { readingOf } from '../organization/scoring.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Write } from '../ports/store.ts';

export interface Adjustment {
  consumerId: string;
  /** Score points, up or down. */
  delta: number;
  reason: string;
  /** The caller's id. */
  actor: string;
  now: Instant;
}
export interface Adjusted {
  eventId: string;
  delta: number;
  reason: string;
  at: Instant;
  score: number;
}

export const adjustLoyaltyScore = async (deps: Deps, asked: Adjustment, commit: Commit): Promise<Adjusted> => {
  const { consumerId, delta, reason, actor, now } = asked;
  const { settings } = await organizationOf(deps.store, now);
  const answer = (eventId: string, metrics: RecordOf<'metrics'>): Adjusted => {
    const { score } = loyaltyOf(metrics, readingOf(settings.loyalty, metrics), now);
    return { eventId, delta, reason, at: now, score };
  };
  let adjusted: Adjusted | undefined;
  const commitAdjusted = async (writes: Write[], [outcome]: Outcome[]) => {
    const metrics = writes.map((write) => ('put' in write ? write.put : null)).find((put) => put?.kind === 'metrics');
    if (outcome === undefined || outcome.status === 'rejected' || metrics?.kind !== 'metrics') return;
    adjusted = await commit(writes, answer(outcome.event.eventId, metrics));
  };
  const input = { type: 'loyalty_score_adjusted', source: actor, attributes: { delta, reason } };
  const [outcome] = await recordEvents(deps, { consumerId, now, commit: commitAdjusted }, [input]);
  if (outcome?.status === 'rejected') throw outcome.refusal;
  if (adjusted) return adjusted;
  // An earlier attempt committed but its response was lost, so this one had nothing to write.
  const [metrics] = await deps.store.get([{ kind: 'metrics', consumerId }], true);
  if (!outcome || !metrics) throw new TypeError('an adjustment without an outcome');
  return answer(outcome.event.eventId, metrics);
};
