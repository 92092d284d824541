/**
 * What becomes of one consumer's segments: which it is told to be in, and each flip with its own instant and cause. Decides
 * from what was read; others read and write.
 */
import type { Instant } from '../../../domain/facts.ts';
import { laterOf } from '../../../domain/instants.ts';
import { type Evaluated, evaluate } from '../../../domain/segments/evaluator.ts';
import type { ConsumerState } from '../../ports/store.ts';
import { type Asked, asOf, pictureFor, type Segmentation } from './compiled.ts';
import { type By, originsOf } from './origins.ts';
import { type Flip, holds, type Standing, type Strays, standingIn } from './state.ts';
import { type Look, timed } from './time.ts';

export interface Decision extends Standing {
  flips: Flip[];
  /** No later than the next instant at which time alone changes an answer; null where it never will. */
  nextFlipAt: Instant | null;
}
/** Time first, each of its flips at its own instant; then all else, now. */
export const decided = (picture: ConsumerState, segmentation: Segmentation, strays: Strays, look: Look): Decision => {
  const now = asOf(picture, look.now);
  const { flips, ...standing } = timed(picture, segmentation, strays, look);
  const flippedAt = flips.reduce((latest, { at }) => laterOf(latest, at), picture.memberships?.flippedAt ?? null);
  const at = laterOf(look.at ?? now, flippedAt) ?? now;
  const { evaluator, context } = segmentation;
  const evaluated = evaluate(evaluator, pictureFor(picture), context, laterOf(now, flippedAt) ?? now);
  const { archived: isOut, archivedAt } = picture.profile;
  const by =
    isOut && archivedAt !== undefined
      ? archivedBy(archivedAt, flippedAt)
      : { at, cause: look.cause, eventId: newestIn(picture, at, look) };
  const origin = isOut || !look.steps ? undefined : originsOf(picture, segmentation, look.steps);
  const decision = decidedNow(standing, evaluated, isOut, segmentation, strays, { ...by, flippedAt, origin });
  return { ...decision, flips: [...flips, ...decision.flips] };
};

/** Whoever notices it, and however late: time did it, at the instant of the archiving. */
const archivedBy = (archivedAt: Instant, flippedAt: Instant | null): Pick<Flip, 'at' | 'cause'> => ({
  at: laterOf(archivedAt, flippedAt) ?? archivedAt,
  cause: 'time',
});

/** The event that was recorded since the changes that are known, where it is one alone, and nothing is younger. */
const newestIn = ({ metrics }: ConsumerState, at: Instant, { cause, steps = [] }: Look): string | undefined => {
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
  before: Standing,
  evaluated: Evaluated,
  isOut: boolean,
  segmentation: Segmentation,
  strays: Strays,
  now: Now,
): Decision => {
  const units: Record<number, Instant> = {};
  const untold = new Set<number>();
  const flips: Flip[] = [];
  for (const unit of ofOthers(before, segmentation)) {
    units[unit] = before.units[unit] ?? now.at;
    if (before.untold.has(unit)) untold.add(unit);
  }
  for (const segment of segmentation.segments) {
    const { segmentId, live, next } = segment;
    const told = toldOf(before, segment, strays.get(segmentId));
    const isIn = !isOut && holds(evaluated, live);
    const was = live ? before.units[live.unit] : undefined;
    const flip = flipAsOf(segment, { was, told, isIn }, now);
    if (flip) flips.push(flip);
    const since = flip ? flip.at : told?.since;
    if (live && isIn && since !== undefined) units[live.unit] = since;
    if (next === null || isOut || !holds(evaluated, next)) continue;
    // Who is in by the rule that is told too entered by that one; who has just left that one enters anew.
    units[next.unit] = (isIn ? since : flip?.at) ?? before.units[next.unit] ?? laterOf(now.at, next.since) ?? now.at;
    untold.add(next.unit);
  }
  for (const [segmentId, own] of strays) {
    if (segmentation.catalogue.segments.has(segmentId)) continue;
    const gone = { segmentId, live: null, next: null, last: null, editedAt: null };
    const flip = flipOf(gone, { was: undefined, told: toldOf(before, gone, own), isIn: false }, now);
    if (flip) flips.push(flip);
  }
  return { units, untold, flips, nextFlipAt: isOut ? null : evaluated.nextFlipAt };
};

/** Units that another system fills. */
const ofOthers = ({ units }: Standing, { imported }: Segmentation): number[] =>
  Object.keys(units)
    .map(Number)
    .filter((unit) => imported.has(unit));

/** That a consumer was told to be in a segment: by which rule, and since when. */
interface Told {
  unit: number;
  since: Instant;
}

/** Undefined where it was not. */
const toldOf = ({ units, untold }: Standing, segment: Asked, strays: readonly number[] = []): Told | undefined => {
  for (const unit of [segment.live?.unit, segment.last, ...strays]) {
    const since = unit == null || untold.has(unit) ? undefined : units[unit];
    if (unit != null && since !== undefined) return { unit, since };
  }
  return undefined;
};

/** What the rule that is told says, against what was told; null where that is the same. */
const flipOf = (
  { segmentId, live, editedAt }: Asked,
  { was, told, isIn }: { was: Instant | undefined; told: Told | undefined; isIn: boolean },
  { at, cause, eventId }: By,
): Flip | null => {
  if (isIn === (told !== undefined)) return null;
  const flip = { segmentId, unit: live?.unit ?? told?.unit ?? 0, entered: isIn };
  // In or out by the new rule ever since it was filled: the edit did it.
  if (isIn && was !== undefined) return { ...flip, at: was, cause: 'rule_edited' };
  const notBefore = laterOf(editedAt, told?.since ?? null);
  if (told === undefined || was !== undefined) return { ...flip, at: laterOf(at, notBefore) ?? at, cause, eventId };
  return { ...flip, at: laterOf(editedAt ?? at, told.since) ?? at, cause: 'rule_edited' };
};

/** By the very change that did it, where that is known; never before what was told already. */
const flipAsOf = (
  segment: Asked,
  answer: { was: Instant | undefined; told: Told | undefined; isIn: boolean },
  { flippedAt, origin, ...now }: Now,
): Flip | null => {
  const flip = flipOf(segment, answer, now);
  const by = flip && segment.live ? origin?.(segment.live, answer.isIn) : undefined;
  return by ? flipOf(segment, answer, { ...by, at: laterOf(by.at, flippedAt) ?? by.at }) : flip;
};

/** What an edit alone makes of a consumer: told by the rule that is told now. */
export const afterEdit = (before: Standing, segment: Asked, now: Instant): Standing & { flip: Flip | null } => {
  const { live, last } = segment;
  const units = { ...before.units };
  const untold = new Set(before.untold);
  const was = live ? before.units[live.unit] : undefined;
  const flip = flipOf(
    segment,
    { was, told: toldOf(before, segment), isIn: was !== undefined },
    { at: now, cause: 'rule_edited' },
  );
  if (live) untold.delete(live.unit);
  if (last !== null) {
    delete units[last];
    untold.delete(last);
  }
  return { units, untold, flip };
};

/** Whether a consumer stands as it would be decided now, and is looked at again in time. */
export const isUpToDate = (picture: ConsumerState, segmentation: Segmentation, now: Instant): boolean => {
  const { evaluator, segments, context } = segmentation;
  const evaluated = evaluate(evaluator, pictureFor(picture), context, asOf(picture, now));
  const isOut = picture.profile.archived;
  const standing = standingIn(picture.memberships);
  let known = ofOthers(standing, segmentation).length;
  for (const { live, next, last } of segments) {
    for (const unit of [live, next]) {
      if (unit === null) continue;
      const isIn = standing.units[unit.unit] !== undefined;
      if (isIn !== (!isOut && holds(evaluated, unit))) return false;
      if (isIn && standing.untold.has(unit.unit) !== (unit === next)) return false;
      if (isIn) known += 1;
    }
    // These are told of the edit all together.
    if (last !== null && standing.units[last] !== undefined) known += 1;
  }
  const { nextFlipAt } = evaluated;
  const dueAt = picture.memberships?.dueAt ?? null;
  const isInTime = isOut || nextFlipAt === null || (dueAt !== null && dueAt <= nextFlipAt);
  return isInTime && known === Object.keys(standing.units).length;
};
