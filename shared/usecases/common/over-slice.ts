/** Going over everyone slice by slice, in steps that each leave off in time. */
import type { Store } from '../ports/store.ts';

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

/** Consumers at hand at a time: what is read is soon worked on, and nothing is read that nobody works on. */
const PAGE = 400;

/**
 * Goes on with a slice for up to `most` consumers; the work says for how many of them it found something to do, or null
 * where nobody has to go on. Where it dies, doing it again from the same cursor is as harmless as the work itself.
 */
export const overSlice = async (
  store: Store,
  { slice, cursor }: SliceProgress,
  most: number,
  work: (consumerIds: string[]) => Promise<number | null>,
): Promise<SliceDone> => {
  const so: SliceDone = { slice, cursor, done: true, consumers: 0, differed: 0 };
  const page: string[] = [];
  /** Whether to go on. */
  const isWanted = async (): Promise<boolean> => {
    const consumerIds = page.splice(0);
    const differed = await work(consumerIds);
    if (differed === null) return false;
    so.cursor = consumerIds.at(-1);
    so.consumers += consumerIds.length;
    so.differed += differed;
    return true;
  };
  for await (const { consumerId } of store.populationSlice(slice, cursor)) {
    if (page.length === PAGE && !(await isWanted())) return so;
    if (so.consumers + page.length === most) {
      so.done = false;
      break;
    }
    page.push(consumerId);
  }
  if (page.length > 0) await isWanted();
  return so;
};
