/** Folding everyone's metrics again, slice by slice: after the rules changed, or to see that history and sums agree. */
import type { Instant } from '../domain/facts.ts';
import { foldAgain } from './fold-again.ts';
import { inParallel } from './in-parallel.ts';
import { overSlice, type SliceDone, type SliceProgress } from './over-slice.ts';
import type { Deps } from './ports.ts';

const AT_ONCE = 8;

/** Those differed whose metrics were others than their history gives by the rules in force. */
export const foldSlice = (
  deps: Pick<Deps, 'store' | 'pause'>,
  progress: SliceProgress,
  { now, most, always }: { now: Instant; most: number; always: boolean },
): Promise<SliceDone> =>
  overSlice(deps.store, progress, most, async (consumerIds) => {
    const differed = await inParallel(consumerIds, AT_ONCE, (consumerId) =>
      foldAgain(deps, consumerId, { now, always }),
    );
    return differed.filter(Boolean).length;
  });
