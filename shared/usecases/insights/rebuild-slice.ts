/** Rebuilds the metrics of every consumer, slice by slice: after a change of rules, or to verify that history and sums agree. */
import type { Instant } from '../../domain/facts.ts';
import { inParallel } from '../common/in-parallel.ts';
import { overSlice, type SliceDone, type SliceProgress } from '../common/over-slice.ts';
import type { Deps } from '../ports/deps.ts';
import { rebuildMetricsFor } from './rebuild-metrics.ts';

const AT_ONCE = 8;

/**
 * Counts the consumers whose metrics differed from their history under the rules in force. With `rules`, the version that
 * started the run, the run ends once other rules are in force, because those started a run of their own. Of a hundred
 * consecutive edits, only the last one processes every consumer.
 */
export const rebuildSlice = (
  deps: Pick<Deps, 'store' | 'pause'>,
  progress: SliceProgress,
  { most, ...asked }: { now: Instant; most: number; always: boolean; rules?: number | undefined },
): Promise<SliceDone> => {
  let isOvertaken = false;
  return overSlice(deps.store, progress, most, async (consumerIds) => {
    const folds = await inParallel(consumerIds, AT_ONCE, async (consumerId) => {
      if (isOvertaken) return 'overtaken';
      const fold = await rebuildMetricsFor(deps, consumerId, asked);
      isOvertaken ||= fold === 'overtaken';
      return fold;
    });
    return isOvertaken ? null : folds.filter((fold) => fold === 'folded').length;
  });
};
