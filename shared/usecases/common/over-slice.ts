/** Processes the whole population slice by slice, in steps that end before a function times out. */
import type { Store } from '../ports/store.ts';

export interface SliceProgress {
  slice: number;
  /** The last processed consumer; absent at the start of a slice. */
  cursor?: string | undefined;
}
export interface SliceDone extends SliceProgress {
  done: boolean;
  consumers: number;
  /** Consumers whose stored state differed from the expected one. */
  differed: number;
}

/** Consumers read ahead at a time, so that they are processed soon after they were read. */
const PAGE = 400;

/**
 * Processes up to `most` more consumers of a slice. `work` returns how many of them differed, or null to stop early. After
 * a crash, a retry from the same cursor is as safe as repeating `work`.
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
