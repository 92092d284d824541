/**
 * What becomes of one consumer's segments: which it is told to be in, and each flip with its own instant and cause. Decides
 * from what was read; others read and write.
 */
import type { Instant } from '../../../domain/facts.ts';
import { laterOf } from '../../../domain/instants.ts';
import { type Evaluated, evaluate } from '../../../domain/segments/evaluator.ts';
import type { ConsumerState } from '../../ports/store.ts';
import { asOf, type CompiledSegments, pictureFor, type SegmentRules } from './compiled.ts';
import { type By, originsOf } from './origins.ts';
import { type Flip, holds, type OrphanedVersions, type SegmentState, segmentStateIn } from './state.ts';
import { flipsByTime, type RefreshRequest } from './time.ts';

export interface Decision extends SegmentState {
  flips: Flip[];
  /** No later than the next instant at which time alone changes an answer; null where it never will. */
  nextFlipAt: Instant | null;
}
/** Time first, each of its flips at its own instant; then all else, now. */
export const decideFlips = (
  picture: ConsumerState,
  compiledSegments: CompiledSegments,
  orphanedVersions: OrphanedVersions,
  look: RefreshRequest,
): Decision => {
  const now = asOf(picture, look.now);
  const { flips, ...standing } = flipsByTime(picture, compiledSegments, orphanedVersions, look);
  const flippedAt = flips.reduce((latest, { at }) => laterOf(latest, at), picture.memberships?.flippedAt ?? null);
  const at = laterOf(look.at ?? now, flippedAt) ?? now;
  const { evaluator, context } = compiledSegments;
  const evaluated = evaluate(evaluator, pictureFor(picture), context, laterOf(now, flippedAt) ?? now);
  const { archived: isOut, archivedAt } = picture.profile;
  const by =
    isOut && archivedAt !== undefined
      ? archivedBy(archivedAt, flippedAt)
      : { at, cause: look.cause, eventId: newestIn(picture, at, look) };
  const origin = isOut || !look.steps ? undefined : originsOf(picture, compiledSegments, look.steps);
  const decision = decidedNow(standing, evaluated, isOut, compiledSegments, orphanedVersions, {
    ...by,
    flippedAt,
    origin,
  });
  return { ...decision, flips: [...flips, ...decision.flips] };
};

/** Whoever notices it, and however late: time did it, at the instant of the archiving. */
const archivedBy = (archivedAt: Instant, flippedAt: Instant | null): Pick<Flip, 'at' | 'cause'> => ({
  at: laterOf(archivedAt, flippedAt) ?? archivedAt,
  cause: 'time',
});

/** The event that was recorded since the changes that are known, where it is one alone, and nothing is younger. */
const newestIn = (
  { metrics }: ConsumerState,
  at: Instant,
  { cause, steps = [] }: RefreshRequest,
): string | undefined => {
  const known = steps.findLast(({ after }) => after?.kind === 'metrics')?.after;
  const isNext = known?.kind !== 'metrics' || known.version + 1 === metrics.version;
  return cause === 'change' && isNext && metrics.recordedAt === at ? metrics.recordedBy : undefined;
};

interface Now extends By {
  flippedAt: Instant | null;
  /** Which change did it, where that is known. */
  origin: ReturnType<typeof originsOf> | undefined;
}

const decidedNow = (
  before: SegmentState,
  evaluated: Evaluated,
  isOut: boolean,
  compiledSegments: CompiledSegments,
  orphanedVersions: OrphanedVersions,
  now: Now,
): Decision => {
  const ruleVersions: Record<number, Instant> = {};
  const unannounced = new Set<number>();
  const flips: Flip[] = [];
  for (const ruleVersion of ofOthers(before, compiledSegments)) {
    ruleVersions[ruleVersion] = before.ruleVersions[ruleVersion] ?? now.at;
    if (before.unannounced.has(ruleVersion)) unannounced.add(ruleVersion);
  }
  for (const segment of compiledSegments.segments) {
    const { segmentId, live, filling } = segment;
    const told = announcedMembershipOf(before, segment, orphanedVersions.get(segmentId));
    const isIn = !isOut && holds(evaluated, live);
    const was = live ? before.ruleVersions[live.number] : undefined;
    const flip = flipAsOf(segment, { was, told, isIn }, now);
    if (flip) flips.push(flip);
    const since = flip ? flip.at : told?.since;
    if (live && isIn && since !== undefined) ruleVersions[live.number] = since;
    if (filling === null || isOut || !holds(evaluated, filling)) continue;
    // Who is in by the rule that is told too entered by that one; who has just left that one enters anew.
    ruleVersions[filling.number] =
      (isIn ? since : flip?.at) ?? before.ruleVersions[filling.number] ?? laterOf(now.at, filling.since) ?? now.at;
    unannounced.add(filling.number);
  }
  for (const [segmentId, own] of orphanedVersions) {
    if (compiledSegments.catalogue.segments.has(segmentId)) continue;
    const gone = { segmentId, live: null, filling: null, retiring: null, editedAt: null };
    const flip = flipOf(gone, { was: undefined, told: announcedMembershipOf(before, gone, own), isIn: false }, now);
    if (flip) flips.push(flip);
  }
  return { ruleVersions, unannounced, flips, nextFlipAt: isOut ? null : evaluated.nextFlipAt };
};

/** Units that another system fills. */
const ofOthers = ({ ruleVersions }: SegmentState, { imported }: CompiledSegments): number[] =>
  Object.keys(ruleVersions)
    .map(Number)
    .filter((ruleVersion) => imported.has(ruleVersion));

/** That a consumer was told to be in a segment: by which rule, and since when. */
interface AnnouncedMembership {
  ruleVersion: number;
  since: Instant;
}

/** Undefined where it was not. */
const announcedMembershipOf = (
  { ruleVersions, unannounced }: SegmentState,
  segment: SegmentRules,
  orphanedVersions: readonly number[] = [],
): AnnouncedMembership | undefined => {
  for (const ruleVersion of [segment.live?.number, segment.retiring, ...orphanedVersions]) {
    const since = ruleVersion == null || unannounced.has(ruleVersion) ? undefined : ruleVersions[ruleVersion];
    if (ruleVersion != null && since !== undefined) return { ruleVersion, since };
  }
  return undefined;
};

/** What the rule that is told says, against what was told; null where that is the same. */
const flipOf = (
  { segmentId, live, editedAt }: SegmentRules,
  { was, told, isIn }: { was: Instant | undefined; told: AnnouncedMembership | undefined; isIn: boolean },
  { at, cause, eventId }: By,
): Flip | null => {
  if (isIn === (told !== undefined)) return null;
  const flip = { segmentId, ruleVersion: live?.number ?? told?.ruleVersion ?? 0, entered: isIn };
  // In or out by the new rule ever since it was filled: the edit did it.
  if (isIn && was !== undefined) return { ...flip, at: was, cause: 'rule_edited' };
  const notBefore = laterOf(editedAt, told?.since ?? null);
  if (told === undefined || was !== undefined) return { ...flip, at: laterOf(at, notBefore) ?? at, cause, eventId };
  return { ...flip, at: laterOf(editedAt ?? at, told.since) ?? at, cause: 'rule_edited' };
};

/** By the very change that did it, where that is known; never before what was told already. */
const flipAsOf = (
  segment: SegmentRules,
  answer: { was: Instant | undefined; told: AnnouncedMembership | undefined; isIn: boolean },
  { flippedAt, origin, ...now }: Now,
): Flip | null => {
  const flip = flipOf(segment, answer, now);
  const by = flip && segment.live ? origin?.(segment.live, answer.isIn) : undefined;
  return by ? flipOf(segment, answer, { ...by, at: laterOf(by.at, flippedAt) ?? by.at }) : flip;
};

/** What an edit alone makes of a consumer: told by the rule that is told now. */
export const afterEdit = (
  before: SegmentState,
  segment: SegmentRules,
  now: Instant,
): SegmentState & { flip: Flip | null } => {
  const { live, retiring } = segment;
  const ruleVersions = { ...before.ruleVersions };
  const unannounced = new Set(before.unannounced);
  const was = live ? before.ruleVersions[live.number] : undefined;
  const flip = flipOf(
    segment,
    { was, told: announcedMembershipOf(before, segment), isIn: was !== undefined },
    { at: now, cause: 'rule_edited' },
  );
  if (live) unannounced.delete(live.number);
  if (retiring !== null) {
    delete ruleVersions[retiring];
    unannounced.delete(retiring);
  }
  return { ruleVersions, unannounced, flip };
};

/** Whether a consumer stands as it would be decided now, and is looked at again in time. */
export const isUpToDate = (picture: ConsumerState, compiledSegments: CompiledSegments, now: Instant): boolean => {
  const { evaluator, segments, context } = compiledSegments;
  const evaluated = evaluate(evaluator, pictureFor(picture), context, asOf(picture, now));
  const isOut = picture.profile.archived;
  const standing = segmentStateIn(picture.memberships);
  let known = ofOthers(standing, compiledSegments).length;
  for (const { live, filling, retiring } of segments) {
    for (const ruleVersion of [live, filling]) {
      if (ruleVersion === null) continue;
      const isIn = standing.ruleVersions[ruleVersion.number] !== undefined;
      if (isIn !== (!isOut && holds(evaluated, ruleVersion))) return false;
      if (isIn && standing.unannounced.has(ruleVersion.number) !== (ruleVersion === filling)) return false;
      if (isIn) known += 1;
    }
    // These are told of the edit all together.
    if (retiring !== null && standing.ruleVersions[retiring] !== undefined) known += 1;
  }
  const { nextFlipAt } = evaluated;
  const dueAt = picture.memberships?.dueAt ?? null;
  const isInTime = isOut || nextFlipAt === null || (dueAt !== null && dueAt <= nextFlipAt);
  return isInTime && known === Object.keys(standing.ruleVersions).length;
};
