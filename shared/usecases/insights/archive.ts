/** Archives inactive consumers: those who are due, or everyone, slice by slice. */
import { type ArchivingRules, settled } from '../../domain/consumer/archiving.ts';
import type { Instant } from '../../domain/facts.ts';
import { inParallel } from '../common/in-parallel.ts';
import { overSlice, type SliceDone, type SliceProgress } from '../common/over-slice.ts';
import { type WorkedThrough, workThroughDue } from '../common/work-through-due.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { archivingRulesIn, settleArchival } from './archiving.ts';

type ArchiveDeps = Pick<Deps, 'store' | 'pause'>;

const AT_ONCE = 8;
const A_READ = 100;

/** A consumer who was active meanwhile gets a new due instant. */
export const archiveDue = (deps: ArchiveDeps, run: { now: Instant; most: number }): Promise<WorkedThrough> =>
  workThroughDue(deps, 'profile', run, (consumerId) => settleArchival(deps, consumerId, run.now));

/**
 * Processes a slice after a change of the number of days, and for consumers without a due instant. Counts the consumers who
 * had to be archived, reactivated or given an earlier due instant.
 */
export const archiveSlice = (
  deps: ArchiveDeps,
  progress: SliceProgress,
  { now, most }: { now: Instant; most: number },
): Promise<SliceDone> =>
  overSlice(deps.store, progress, most, async (consumerIds) => {
    const differing = await differingAmong(deps.store, consumerIds, now);
    await inParallel(differing, AT_ONCE, (consumerId) => settleArchival(deps, consumerId, now));
    return differing.length;
  });

/** Uses eventually consistent reads: a concurrent write applies the rules in force itself. */
const differingAmong = async (store: Store, consumerIds: readonly string[], now: Instant): Promise<string[]> => {
  const [record] = await store.get([{ kind: 'settings' }], true);
  const rules = archivingRulesIn(record);
  const starts = Array.from({ length: Math.ceil(consumerIds.length / A_READ) }, (_, n) => n * A_READ);
  const differing = await inParallel(starts, AT_ONCE, async (start) => {
    const ids = consumerIds.slice(start, start + A_READ);
    const profiles = await store.get(ids.map((consumerId) => ({ kind: 'profile', consumerId }) as const));
    const metrics = await store.get(ids.map((consumerId) => ({ kind: 'metrics', consumerId }) as const));
    return ids.filter((_, n) => isUnsettled(profiles[n], metrics[n], rules, now));
  });
  return differing.flat();
};

const isUnsettled = (
  profile: RecordOf<'profile'> | undefined,
  metrics: RecordOf<'metrics'> | undefined,
  rules: ArchivingRules,
  now: Instant,
): boolean => profile !== undefined && metrics !== undefined && settled(profile, metrics, rules, now) !== profile;
