/**
 * The segments of everyone, slice by slice: heads are read from the population index, and evaluated to find those whose
 * memberships are not what they should be; these are then refreshed one by one, on a fresh read.
 */
import type { Instant } from '../domain/facts.ts';
import { evaluate } from '../domain/segments/evaluator.ts';
import { inParallel } from './in-parallel.ts';
import type { SliceDone, SliceProgress } from './over-slice.ts';
import type { ConsumerPicture, Deps } from './ports.ts';
import { type Cause, type Flip, refreshConsumer } from './refresh-consumer.ts';
import { asOf, pictureFor, type Segmentation, unitsIn } from './segment-units.ts';

/** Heads at hand at a time. */
const BLOCK = 1_000;
const AT_ONCE = 8;

export interface SliceRefresh {
  now: Instant;
  cause: Cause;
  /** Leaves off after so many consumers. */
  most: number;
}

/** Goes on with a slice. `differed` counts the flips that were written. */
export const refreshSlice = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  segmentation: Segmentation,
  { slice, cursor }: SliceProgress,
  { now, cause, most }: SliceRefresh,
): Promise<SliceDone> => {
  const done: SliceDone = { slice, cursor, done: true, consumers: 0, differed: 0 };
  let block: ConsumerPicture[] = [];
  const work = async () => {
    done.differed += (await refreshed(deps, segmentation, block, { now, cause })).length;
    done.consumers += block.length;
    done.cursor = block.at(-1)?.profile.consumerId ?? done.cursor;
    block = [];
  };
  for await (const picture of deps.store.pictureSlice(slice, cursor)) {
    if (done.consumers + block.length === most) {
      done.done = false;
      break;
    }
    block.push(picture);
    if (block.length === BLOCK) await work();
  }
  if (block.length > 0) await work();
  return done;
};

const refreshed = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  segmentation: Segmentation,
  pictures: readonly ConsumerPicture[],
  asked: { now: Instant; cause: Cause },
): Promise<Flip[]> => {
  const wrong = differing(segmentation, pictures, asked.now);
  const flips = await inParallel(wrong, AT_ONCE, (consumerId) =>
    refreshConsumer(deps, segmentation, consumerId, asked),
  );
  return flips.flat();
};

/** Those whose stored units, or whose next instant to look again, are not what their facts say. */
export const differing = (segmentation: Segmentation, pictures: readonly ConsumerPicture[], now: Instant): string[] =>
  pictures.filter((picture) => !isRight(segmentation, picture, now)).map(({ profile }) => profile.consumerId);

const isRight = (
  { evaluator, units, leaving, context, scoring }: Segmentation,
  picture: ConsumerPicture,
  now: Instant,
): boolean => {
  const { profile, metrics, memberships } = picture;
  if (metrics.scoringVersion !== scoring.version) return false;
  const { members, nextFlipAt } = evaluate(evaluator, pictureFor(picture), context, asOf(picture, now));
  const stored = unitsIn(memberships);
  const right = profile.archived ? [] : units.filter((_, index) => members.has(index));
  const kept = Object.keys(stored).filter((unit) => !leaving.has(Number(unit))).length;
  const looksInTime = profile.archived || nextFlipAt === null || (memberships?.dueAt ?? LATER) <= nextFlipAt;
  return looksInTime && right.length === kept && right.every(({ unit }) => stored[unit] !== undefined);
};

/** Than any instant. */
const LATER = '~';
