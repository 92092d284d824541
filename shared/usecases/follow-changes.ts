/** Segments as consumers change: whom a batch of changes is about, their segments are brought up to date. */

import { canonicalJson } from '../domain/canonical.ts';
import type { Instant } from '../domain/facts.ts';
import { inParallel } from './in-parallel.ts';
import type { Change, Deps } from './ports.ts';
import { type Cause, refreshConsumer } from './refresh-consumer.ts';
import { segmentationOf } from './segment-units.ts';

const AT_ONCE = 8;

/** Flips say the instant of the newest change that led to them. */
export const followChanges = async (deps: Pick<Deps, 'store' | 'pause'>, changes: readonly Change[]): Promise<void> => {
  const changed = new Map<string, { now: Instant; cause: Cause }>();
  for (const change of changes) {
    const cause = causeOf(change);
    const record = change.after;
    if (cause === null || !record || !('consumerId' in record) || record.consumerId === undefined) continue;
    changed.set(record.consumerId, { now: instantOf(change), cause });
  }
  if (changed.size === 0) return;
  const segmentation = await segmentationOf(deps.store);
  if (segmentation.units.length === 0) return;
  await inParallel([...changed], AT_ONCE, ([consumerId, asked]) =>
    refreshConsumer(deps, segmentation, consumerId, asked),
  );
};

/** What a change means to segments; null where it is none of a consumer's facts. */
const causeOf = ({ before, after }: Change): Cause | null => {
  switch (after?.kind) {
    case 'profile':
    case 'metrics':
    case 'account':
    case 'programme':
      return 'change';
    case 'memberships':
      return before?.kind === 'memberships' && canonicalJson(before.lists) === canonicalJson(after.lists)
        ? null
        : 'list';
    default:
      return null;
  }
};

/** The stream tells whole seconds; what was written says more. */
const instantOf = ({ at, after }: Change): Instant => {
  if (after?.kind === 'profile' && after.updatedAt > at) return after.updatedAt;
  if (after?.kind === 'account' && after.at !== null && after.at > at) return after.at;
  return at;
};
