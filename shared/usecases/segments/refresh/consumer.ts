/**
 * The segments of one consumer, brought up to what its facts say: evaluated all in one pass, compared with what is
 * stored, and only what flipped is written, in one transaction with the events that tell of it.
 */
import type { Instant } from '../../../domain/facts.ts';
import { dueAfter } from '../../../domain/instants.ts';
import { retrying } from '../../common/retrying.ts';
import { rebuildMetrics } from '../../insights/rebuild-metrics.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ConsumerState, Store } from '../../ports/store.ts';
import type { CompiledSegments } from '../flips/compiled.ts';
import { decideFlips } from '../flips/flips.ts';
import type { Step } from '../flips/origins.ts';
import type { Cause, Flip, OrphanedVersions } from '../flips/state.ts';
import { NO_ORPHANED_VERSIONS, segmentStateIn } from '../flips/state.ts';
import { membershipsAfter, partsOf, portionsOf, writesOf } from '../flips/writes.ts';

export interface Refreshed {
  /** Those that were told. */
  flips: Flip[];
  /** Whether anything at all was written. */
  wrote: boolean;
}
export interface Refresh {
  now: Instant;
  cause: Cause;
  /** When what has changed took effect, where that is known better. */
  at?: Instant | undefined;
  /** The changes that it is for, the oldest first, where they are known. */
  steps?: readonly Step[];
}
/** What was read of a consumer is younger than the compiledSegments, which is to be read again. */
export class Outdated extends Error {}

/** Of a consumer that is gone nothing is written. Throws `Outdated`, unless the compiledSegments was read since it last did. */
export const refreshConsumer = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  compiledSegments: CompiledSegments,
  consumerId: string,
  { isLatest = false, ...asked }: Refresh & { isLatest?: boolean },
): Promise<Refreshed> => {
  const { now } = asked;
  const refreshed: Refreshed = { flips: [], wrote: false };
  await retrying(deps, async () => {
    const picture = await upToDate(deps, compiledSegments, consumerId, now);
    if (picture === null) return;
    if (!isLatest && isYounger(picture, compiledSegments)) throw new Outdated();
    const { memberships } = picture;
    const dueAt = memberships?.dueAt ?? null;
    const orphanedVersions = await straysOf(deps.store, picture, compiledSegments);
    const decision = decideFlips(picture, compiledSegments, orphanedVersions, { ...asked, dueAt });
    const filling = picture.profile.archived ? null : dueAfter(dueAt, decision.nextFlipAt, now);
    const portions = portionsOf(partsOf(segmentStateIn(memberships), decision, compiledSegments, orphanedVersions));
    if (portions.length === 0 && filling !== dueAt) portions.push([]);
    let before = memberships;
    for (const [nth, portion] of portions.entries()) {
      // Whoever dies on the way leaves the rest to the next minute.
      const put = membershipsAfter(consumerId, before, portion, nth === portions.length - 1 ? filling : now);
      await deps.store.commit(writesOf(picture, { before, put, portion, now }));
      refreshed.flips.push(...portion.flatMap(({ flips }) => flips));
      refreshed.wrote = true;
      before = put;
    }
  });
  return refreshed;
};

/** The consumer's head, with sums by the rules in force: what conditions over events count is among them. */
const upToDate = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  { scoring }: CompiledSegments,
  consumerId: string,
  now: Instant,
): Promise<ConsumerState | null> => {
  const picture = await deps.store.stateOf(consumerId);
  if (picture === null || picture.metrics.scoringVersion === scoring.version) return picture;
  await rebuildMetrics(deps, consumerId, { now, always: false });
  return deps.store.stateOf(consumerId);
};

/** Folded by other rules, in a ruleVersion that nobody knows here, or told of one that is still being filled. */
const isYounger = (
  { metrics, memberships }: ConsumerState,
  { scoring, nextRuleVersion, fillingVersions }: CompiledSegments,
): boolean => {
  const { ruleVersions, unannounced } = segmentStateIn(memberships);
  const isAnnounced = (ruleVersion: number) => ruleVersions[ruleVersion] !== undefined && !unannounced.has(ruleVersion);
  return (
    metrics.scoringVersion !== scoring.version ||
    Object.keys(ruleVersions).some((ruleVersion) => Number(ruleVersion) >= nextRuleVersion) ||
    fillingVersions.some(isAnnounced)
  );
};

/** Units of rules that are no longer known, which the consumer was told of: whose they were, its entries say. */
const straysOf = async (
  store: Store,
  { profile: { consumerId }, memberships }: ConsumerState,
  compiledSegments: CompiledSegments,
): Promise<OrphanedVersions> => {
  const { ruleVersions, unannounced } = segmentStateIn(memberships);
  const { segmentOf, imported, nextRuleVersion } = compiledSegments;
  const strange = Object.keys(ruleVersions)
    .map(Number)
    .filter(
      (ruleVersion) =>
        ruleVersion < nextRuleVersion &&
        !segmentOf.has(ruleVersion) &&
        !imported.has(ruleVersion) &&
        !unannounced.has(ruleVersion),
    );
  if (strange.length === 0) return NO_ORPHANED_VERSIONS;
  const keys = strange.map((ruleVersion) => ({ kind: 'member', consumerId, ruleVersion }) as const);
  const orphanedVersions = new Map<string, number[]>();
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    for (const entry of await store.get(keys.slice(start, start + KEYS_AT_ONCE), true)) {
      if (entry)
        orphanedVersions.set(entry.segmentId, [...(orphanedVersions.get(entry.segmentId) ?? []), entry.ruleVersion]);
    }
  }
  return orphanedVersions;
};
const KEYS_AT_ONCE = 100;
