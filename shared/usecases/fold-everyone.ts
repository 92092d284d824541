/** Folding everyone's metrics again, slice by slice: after the rules changed, or to see that history and sums agree. */
import type { Instant } from '../domain/facts.ts';
import { foldAgain } from './fold-again.ts';
import { inParallel } from './in-parallel.ts';
import type { Deps } from './ports.ts';

type FoldDeps = Pick<Deps, 'store' | 'pause'>;

export interface SliceProgress {
  slice: number;
  /** The consumer to go on after; absent where the slice has not begun. */
  cursor?: string | undefined;
}
export interface SliceFolded extends SliceProgress {
  done: boolean;
  consumers: number;
  /** How many had other metrics than their history gives by the rules in force. */
  differed: number;
}

const AT_ONCE = 8;

/** Goes on with a slice for up to `most` consumers. Where it dies, doing it again from the same cursor is harmless. */
export const foldSlice = async (
  deps: FoldDeps,
  { slice, cursor }: SliceProgress,
  { now, most, always }: { now: Instant; most: number; always: boolean },
): Promise<SliceFolded> => {
  const consumerIds: string[] = [];
  let hasMore = false;
  for await (const { consumerId } of deps.store.populationSlice(slice, cursor)) {
    hasMore = consumerIds.length === most;
    if (hasMore) break;
    consumerIds.push(consumerId);
  }
  const differed = await inParallel(consumerIds, AT_ONCE, (consumerId) => foldAgain(deps, consumerId, { now, always }));
  return {
    slice,
    cursor: consumerIds.at(-1) ?? cursor,
    done: !hasMore,
    consumers: consumerIds.length,
    differed: differed.filter(Boolean).length,
  };
};
