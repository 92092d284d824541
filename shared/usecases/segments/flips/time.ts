/** What time alone has done to a consumer's segments, instant by instant. */
import type { Instant } from '../../../domain/facts.ts';
import { earlierOf, instantOf, laterOf, msOf } from '../../../domain/instants.ts';
import { type Evaluated, evaluate } from '../../../domain/segments/evaluator.ts';
import type { ConsumerState } from '../../ports/store.ts';
import { asOf, type CompiledSegments, pictureFor } from './compiled.ts';
import type { Step } from './origins.ts';
import { type Cause, type Flip, holds, type OrphanedVersions, type SegmentState, segmentStateIn } from './state.ts';

/** A consumer whom time has changed more often since it was last looked at is taken as it is now; all fits one transaction. */
const MOST_INSTANTS = 60;

export interface RefreshRequest {
  now: Instant;
  cause: Cause;
  /** When what has changed took effect, where that is known better. */
  at?: Instant | undefined;
  /** The changes that it is for, the oldest first, where they are known. */
  steps?: readonly Step[];
  /** When time alone may have changed an answer; null where that is still to come. */
  dueAt: Instant | null;
}

export type Moved = SegmentState & { flips: Flip[] };

const SECOND_MS = 1_000;

/** Since it fell due; of who was archived, until then, as it was then. */
export const flipsByTime = (
  picture: ConsumerState,
  compiledSegments: CompiledSegments,
  orphanedVersions: OrphanedVersions,
  look: RefreshRequest,
): Moved => {
  const { evaluator, context } = compiledSegments;
  const { profile, account, memberships } = picture;
  const { now, cause } = look;
  const isOf = pictureFor({ ...picture, profile: { ...profile, archived: false } });
  const evaluatedAt = (at: Instant) => evaluate(evaluator, isOf, context, at);
  // The stream tells whole seconds, and what was written by then may be younger.
  const written = laterOf(laterOf(now, profile.updatedAt), account?.at ?? null) ?? now;
  const outAt = profile.archived ? (profile.archivedAt ?? profile.createdAt) : null;
  const ready = earlierOf(asOf(picture, now), instantOf(msOf(written) + SECOND_MS - 1)) ?? now;
  const until = outAt === null ? ready : (earlierOf(ready, instantOf(msOf(outAt) - 1)) ?? ready);
  const before = segmentStateIn(memberships);
  let moved: Moved = { ...before, flips: [] };
  let due = look.dueAt && laterOf(look.dueAt, memberships?.flippedAt ?? null);
  let earlier: Evaluated | null = null;
  for (let instants = 0; due !== null && due <= until && instants < MOST_INSTANTS; instants++) {
    const evaluated = evaluatedAt(due);
    // All that is known was so by then: what was booked since, and not looked at yet, time has done too.
    const isAllKnown = cause === 'time' && asOf(picture, due) === due;
    earlier ??= evaluatedAt(instantOf(msOf(due) - 1));
    const of = { at: due, cause: isEventAt(picture, due) ? cause : ('time' as const) };
    moved = movedBy(moved, compiledSegments, orphanedVersions, {
      ...of,
      evaluated,
      earlier: isAllKnown ? null : earlier,
    });
    [earlier, due] = [evaluated, evaluated.nextFlipAt];
  }
  return withoutReturns(before, moved);
};

/** Who was away, or in, for no time at all as far as its rule goes back, which has just gone live, is told of neither. */
const withoutReturns = (before: SegmentState, moved: Moved): Moved => {
  const flips: Flip[] = [];
  const ruleVersions = { ...moved.ruleVersions };
  for (const flip of moved.flips) {
    const { segmentId, ruleVersion, at, entered } = flip;
    const last = flips.findLastIndex((one) => one.segmentId === segmentId);
    if (flips[last]?.at !== at) {
      flips.push(flip);
      continue;
    }
    flips.splice(last, 1);
    const since = flips.findLast((one) => one.segmentId === segmentId)?.at ?? before.ruleVersions[ruleVersion];
    if (entered && since !== undefined) ruleVersions[ruleVersion] = since;
  }
  return { ...moved, ruleVersions, flips };
};

/** What comes in at its own instant is no matter of time, where it was recorded since. */
const isEventAt = ({ metrics }: ConsumerState, at: Instant): boolean =>
  [metrics.lastOrderAt, metrics.lastEngagedAt, metrics.lastEventAt].includes(at);

interface Instants extends Pick<Flip, 'at' | 'cause'> {
  evaluated: Evaluated;
  /** Just before: where both say the same, whatever flipped was not flipped by time. Null where that is known. */
  earlier: Evaluated | null;
}

/** A rule that is being filled has no past, and who is still to be told of an edit is told of that first. */
const movedBy = (
  before: Moved,
  { segments }: CompiledSegments,
  orphanedVersions: OrphanedVersions,
  { at, cause, evaluated, earlier }: Instants,
): Moved => {
  const moved = { ruleVersions: { ...before.ruleVersions }, unannounced: before.unannounced, flips: [...before.flips] };
  for (const { segmentId, live, filling, retiring, editedAt } of segments) {
    if (live === null) continue;
    const isUnannounced =
      before.unannounced.has(live.number) || (retiring !== null && before.ruleVersions[retiring] !== undefined);
    const entered = holds(evaluated, live);
    const since = before.ruleVersions[live.number];
    if (isUnannounced || orphanedVersions.has(segmentId) || entered === (since !== undefined)) continue;
    if (earlier !== null && holds(earlier, live) === entered) continue;
    const notBefore = laterOf(editedAt, since ?? null);
    const flip: Flip = { segmentId, ruleVersion: live.number, entered, at: laterOf(at, notBefore) ?? at, cause };
    moved.flips.push(flip);
    if (entered) moved.ruleVersions[live.number] = flip.at;
    else delete moved.ruleVersions[live.number];
    if (filling !== null && before.ruleVersions[filling.number] !== undefined)
      moved.ruleVersions[filling.number] = flip.at;
  }
  return moved;
};
