/** Going over everyone slice by slice, in steps that each leave off in time. */
import type { Store } from './ports.ts';

export interface SliceProgress {
  slice: number;
  /** The consumer to go on after; absent where the slice has not begun. */
  cursor?: string | undefined;
}
export interface SliceDone extends SliceProgress {
  done: boolean;
  consumers: number;
  /** How many were not as they should have been. */
  differed: number;
}

/**
 * Goes on with a slice for up to `most` consumers; the work says for how many of them it found something to do. Where it
 * dies, doing it again from the same cursor is as harmless as the work itself.
 */
export const overSlice = async (
  store: Store,
  { slice, cursor }: SliceProgress,
  most: number,
  work: (consumerIds: string[]) => Promise<number>,
): Promise<SliceDone> => {
  const consumerIds: string[] = [];
  let hasMore = false;
  for await (const { consumerId } of store.populationSlice(slice, cursor)) {
    hasMore = consumerIds.length === most;
    if (hasMore) break;
    consumerIds.push(consumerId);
  }
  const differed = await work(consumerIds);
  return { slice, cursor: consumerIds.at(-1) ?? cursor, done: !hasMore, consumers: consumerIds.length, differed };
};
