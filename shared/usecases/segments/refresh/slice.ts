/**
 * The segments of everyone, slice by slice: heads are read from the population index, and evaluated to find those whose
 * memberships are not what they should be; these are then refreshed one by one, on a fresh read.
 */
import type { Instant } from '../../../domain/facts.ts';
import { instantOf, MINUTE_MS, msOf } from '../../../domain/instants.ts';
import type { SliceDone, SliceProgress } from '../../common/over-slice.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ConsumerState } from '../../ports/store.ts';
import type { CompiledSegments } from '../flips/compiled.ts';
import { isUpToDate } from '../flips/flips.ts';
import type { Refresh } from './consumer.ts';
import { RefreshRound } from './round.ts';

/** Heads at hand at a time. */
const BLOCK = 1_000;

/** Leaves off after `most` consumers; `looked` is told how many more were gone over, block by block. */
export type SliceRefresh = Refresh & { most: number; looked?: (consumers: number) => Promise<void> };

export type SliceRefreshed = SliceDone & {
  /** Flips that nothing else would have told: `differed` counts all that were told. */
  missed: number;
};

/** Goes on with a slice. */
export const refreshSlice = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  compiledSegments: CompiledSegments,
  { slice, cursor }: SliceProgress,
  { now, cause, most, looked }: SliceRefresh,
): Promise<SliceRefreshed> => {
  const round = new RefreshRound(deps, compiledSegments);
  const done: SliceRefreshed = { slice, cursor, done: true, consumers: 0, differed: 0, missed: 0 };
  const work = async (block: readonly ConsumerState[]) => {
    const wrong = new Set(differing(round.compiledSegments, block, now));
    const lookAt = async (pictures: readonly ConsumerState[]) => {
      const ids = pictures.map(({ profile }) => profile.consumerId).filter((consumerId) => wrong.has(consumerId));
      return (await round.lookAt(ids.map((consumerId) => [consumerId, { now, cause }]))).length;
    };
    const { true: underWay = [], false: settled = [] } = Object.groupBy(
      block,
      (picture) => `${isUnderWay(picture, now)}`,
    );
    const missed = await lookAt(settled);
    done.missed += missed;
    done.differed += missed + (await lookAt(underWay)) + (await round.end()).length;
    done.consumers += block.length;
    done.cursor = block.at(-1)?.profile.consumerId ?? done.cursor;
    await looked?.(block.length);
  };
  const block: ConsumerState[] = [];
  for await (const picture of deps.store.stateSlice(slice, cursor)) {
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
export const differing = (
  compiledSegments: CompiledSegments,
  pictures: readonly ConsumerState[],
  now: Instant,
): string[] =>
  pictures
    .filter((picture) => !isOfRulesInForce(picture, compiledSegments) || !isUpToDate(picture, compiledSegments, now))
    .map(({ profile }) => profile.consumerId);

/** Whether the stream, or the job of the minute, may not have come to what happened to a consumer last. */
const isUnderWay = ({ profile, account, metrics, memberships }: ConsumerState, now: Instant): boolean => {
  const { dueAt = null, lists = [] } = memberships ?? {};
  const facts = [profile.updatedAt, account?.at, metrics.recordedAt, dueAt, ...lists.map(({ addedAt }) => addedAt)];
  const earliest = instantOf(msOf(now) - UNDER_WAY_MS);
  return facts.some((at) => at != null && at > earliest && at <= now);
};
/** A flip is promised within a minute of its instant; the job of that minute may be at it. */
const UNDER_WAY_MS = 2 * MINUTE_MS;

const isOfRulesInForce = ({ metrics }: ConsumerState, { scoring }: CompiledSegments): boolean =>
  metrics.scoringVersion === scoring.version;
