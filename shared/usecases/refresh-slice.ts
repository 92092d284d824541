/**
 * The segments of everyone, slice by slice: heads are read from the population index, and evaluated to find those whose
 * memberships are not what they should be; these are then refreshed one by one, on a fresh read.
 */
import type { Instant } from '../domain/facts.ts';
import type { SliceDone, SliceProgress } from './over-slice.ts';
import type { ConsumerPicture, Deps } from './ports.ts';
import type { Refresh } from './refresh-consumer.ts';
import { RefreshRound } from './refresh-round.ts';
import { isUpToDate } from './segment-flips.ts';
import type { Segmentation } from './segment-units.ts';

/** Heads at hand at a time. */
const BLOCK = 1_000;

/** Leaves off after `most` consumers. */
export type SliceRefresh = Refresh & { most: number };

/** Goes on with a slice. `differed` counts the flips that were told. */
export const refreshSlice = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  segmentation: Segmentation,
  { slice, cursor }: SliceProgress,
  { now, cause, most }: SliceRefresh,
): Promise<SliceDone> => {
  const round = new RefreshRound(deps, segmentation);
  const done: SliceDone = { slice, cursor, done: true, consumers: 0, differed: 0 };
  const work = async (block: readonly ConsumerPicture[]) => {
    const wrong = differing(round.segmentation, block, now);
    const flips = await round.lookAt(wrong.map((consumerId) => [consumerId, { now, cause }]));
    done.differed += flips.length + (await round.end()).length;
    done.consumers += block.length;
    done.cursor = block.at(-1)?.profile.consumerId ?? done.cursor;
  };
  const block: ConsumerPicture[] = [];
  for await (const picture of deps.store.pictureSlice(slice, cursor)) {
    if (done.consumers + block.length === most) {
      done.done = false;
      break;
    }
    block.push(picture);
    if (block.length === BLOCK) await work(block.splice(0));
  }
  if (block.length > 0) await work(block);
  return done;
};

/** Those who don't stand as their facts say, by sums of the rules in force, or are not looked at again in time. */
export const differing = (segmentation: Segmentation, pictures: readonly ConsumerPicture[], now: Instant): string[] =>
  pictures
    .filter((picture) => !isOfRulesInForce(picture, segmentation) || !isUpToDate(picture, segmentation, now))
    .map(({ profile }) => profile.consumerId);

const isOfRulesInForce = ({ metrics }: ConsumerPicture, { scoring }: Segmentation): boolean =>
  metrics.scoringVersion === scoring.version;
