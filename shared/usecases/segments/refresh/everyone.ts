/** All segments of everyone at once: by night, to see that nothing drifted, and when percentiles were renewed. */
import type { Instant } from '../../../domain/facts.ts';
import { inParallel } from '../../common/in-parallel.ts';
import type { Deps } from '../../ports/deps.ts';
import { readCompiledSegments } from '../flips/compiled.ts';
import type { Cause } from '../flips/state.ts';
import { refreshSlice } from './slice.ts';

export interface Refreshed {
  consumers: number;
  /** Memberships that were not what the facts say. */
  flips: number;
  /** Those of them that nothing was on its way for. */
  missed: number;
}

/** Everyone, slices side by side. */
export const refreshEveryone = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  { now, cause }: { now: Instant; cause: Cause },
): Promise<Refreshed> => {
  const compiledSegments = await readCompiledSegments(deps.store);
  if (compiledSegments.segments.length === 0) return { consumers: 0, flips: 0, missed: 0 };
  const slices = Array.from({ length: deps.store.slices }, (_, slice) => ({ slice }));
  const all = { now, cause, most: Number.POSITIVE_INFINITY };
  const done = await inParallel(slices, slices.length, (slice) => refreshSlice(deps, compiledSegments, slice, all));
  return {
    consumers: done.reduce((sum, { consumers }) => sum + consumers, 0),
    flips: done.reduce((sum, { differed }) => sum + differed, 0),
    missed: done.reduce((sum, { missed }) => sum + missed, 0),
  };
};
