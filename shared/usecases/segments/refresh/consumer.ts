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
import type { Segmentation } from '../flips/compiled.ts';
import { decided } from '../flips/flips.ts';
import type { Step } from '../flips/origins.ts';
import type { Cause, Flip, Strays } from '../flips/state.ts';
import { NO_STRAYS, standingIn } from '../flips/state.ts';
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
/** What was read of a consumer is younger than the segmentation, which is to be read again. */
export class Outdated extends Error {}

/** Of a consumer that is gone nothing is written. Throws `Outdated`, unless the segmentation was read since it last did. */
export const refreshConsumer = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  segmentation: Segmentation,
  consumerId: string,
  { isLatest = false, ...asked }: Refresh & { isLatest?: boolean },
): Promise<Refreshed> => {
  const { now } = asked;
  const refreshed: Refreshed = { flips: [], wrote: false };
  await retrying(deps, async () => {
    const picture = await upToDate(deps, segmentation, consumerId, now);
    if (picture === null) return;
    if (!isLatest && isYounger(picture, segmentation)) throw new Outdated();
    const { memberships } = picture;
    const dueAt = memberships?.dueAt ?? null;
    const strays = await straysOf(deps.store, picture, segmentation);
    const decision = decided(picture, segmentation, strays, { ...asked, dueAt });
    const next = picture.profile.archived ? null : dueAfter(dueAt, decision.nextFlipAt, now);
    const portions = portionsOf(partsOf(standingIn(memberships), decision, segmentation, strays));
    if (portions.length === 0 && next !== dueAt) portions.push([]);
    let before = memberships;
    for (const [nth, portion] of portions.entries()) {
      // Whoever dies on the way leaves the rest to the next minute.
      const put = membershipsAfter(consumerId, before, portion, nth === portions.length - 1 ? next : now);
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
  { scoring }: Segmentation,
  consumerId: string,
  now: Instant,
): Promise<ConsumerState | null> => {
  const picture = await deps.store.stateOf(consumerId);
  if (picture === null || picture.metrics.scoringVersion === scoring.version) return picture;
  await rebuildMetrics(deps, consumerId, { now, always: false });
  return deps.store.stateOf(consumerId);
};

/** Folded by other rules, in a unit that nobody knows here, or told of one that is still being filled. */
const isYounger = ({ metrics, memberships }: ConsumerState, { scoring, nextUnit, filling }: Segmentation): boolean => {
  const { units, untold } = standingIn(memberships);
  const isTold = (unit: number) => units[unit] !== undefined && !untold.has(unit);
  return (
    metrics.scoringVersion !== scoring.version ||
    Object.keys(units).some((unit) => Number(unit) >= nextUnit) ||
    filling.some(isTold)
  );
};

/** Units of rules that are no longer known, which the consumer was told of: whose they were, its entries say. */
const straysOf = async (
  store: Store,
  { profile: { consumerId }, memberships }: ConsumerState,
  segmentation: Segmentation,
): Promise<Strays> => {
  const { units, untold } = standingIn(memberships);
  const { segmentOf, imported, nextUnit } = segmentation;
  const strange = Object.keys(units)
    .map(Number)
    .filter((unit) => unit < nextUnit && !segmentOf.has(unit) && !imported.has(unit) && !untold.has(unit));
  if (strange.length === 0) return NO_STRAYS;
  const keys = strange.map((unit) => ({ kind: 'member', consumerId, unit }) as const);
  const strays = new Map<string, number[]>();
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    for (const entry of await store.get(keys.slice(start, start + KEYS_AT_ONCE), true)) {
      if (entry) strays.set(entry.segmentId, [...(strays.get(entry.segmentId) ?? []), entry.unit]);
    }
  }
  return strays;
};
const KEYS_AT_ONCE = 100;
