/** Folding everyone's metrics again, slice by slice: after the rules changed, or to see that history and sums agree. */
import type { Instant } from '../../domain/facts.ts';
import { inParallel } from '../common/in-parallel.ts';
import { overSlice, type SliceDone, type SliceProgress } from '../common/over-slice.ts';
import type { Deps } from '../ports/deps.ts';
import { foldAgainFor } from './rebuild-metrics.ts';

const AT_ONCE = 8;

/**
 * Those differed whose metrics were others than their history gives by the rules in force. With `rules`, the version that
 * it was begun for, it ends as soon as other rules are in force: these began a run of their own, and of a hundred edits in
 * a row only the last one goes over everyone.
 */
export const foldSlice = (
  deps: Pick<Deps, 'store' | 'pause'>,
  progress: SliceProgress,
  { most, ...asked }: { now: Instant; most: number; always: boolean; rules?: number | undefined },
): Promise<SliceDone> => {
  let isOvertaken = false;
  return overSlice(deps.store, progress, most, async (consumerIds) => {
    const folds = await inParallel(consumerIds, AT_ONCE, async (consumerId) => {
      if (isOvertaken) return 'overtaken';
      const fold = await foldAgainFor(deps, consumerId, asked);
      isOvertaken ||= fold === 'overtaken';
      return fold;
    });
    return isOvertaken ? null : folds.filter((fold) => fold === 'folded').length;
  });
};
