/**
 * The segments of one consumer, brought up to what its facts say: evaluated all in one pass, compared with what is
 * stored, and only what flipped is written, each flip with its own instant and cause.
 */
import type { Instant } from '../domain/facts.ts';
import { earlierOf, msOf } from '../domain/instants.ts';
import { evaluate } from '../domain/segments/evaluator.ts';
import { foldAgain } from './fold-again.ts';
import type { ConsumerPicture, Deps, RecordOf, Write } from './ports.ts';
import { retrying } from './retrying.ts';
import { asOf, pictureFor, type Segmentation, type Unit, unitsIn } from './segment-units.ts';

/** What made an answer flip. */
export type Cause = 'change' | 'time' | 'summary' | 'rule_edited' | 'list' | 'import';

export interface Flip extends Unit {
  entered: boolean;
  at: Instant;
  cause: Cause;
}
type Units = Record<number, Instant>;

/** The flips that were written. Of a consumer that is gone there are none. */
export const refreshConsumer = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  segmentation: Segmentation,
  consumerId: string,
  { now, cause }: { now: Instant; cause: Cause },
): Promise<Flip[]> => {
  const written: Flip[] = [];
  for (;;) {
    const { flips, isDone } = await retrying(deps, () => refreshed(deps, segmentation, consumerId, { now, cause }));
    written.push(...flips);
    if (isDone) return written;
  }
};

/** A transaction takes a hundred writes: two for each flip, an event more where it is told. */
const MOST_FLIPS = 30;

const refreshed = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  segmentation: Segmentation,
  consumerId: string,
  asked: { now: Instant; cause: Cause },
): Promise<{ flips: Flip[]; isDone: boolean }> => {
  const picture = await upToDate(deps, segmentation, consumerId, asked.now);
  if (picture === null) return { flips: [], isDone: true };
  const { memberships } = picture;
  const decision = decided(picture, segmentation, asked);
  const before = unitsIn(memberships);
  const moved = Object.keys({ ...before, ...decision.units })
    .map(Number)
    .filter((unit) => before[unit] !== decision.units[unit]);
  // Who entered and left again since the last look is told, though nothing is left of it.
  const changed = [...new Set([...moved, ...decision.flips.map(({ unit }) => unit)])];
  const portion = new Set(changed.slice(0, MOST_FLIPS));
  const isDone = changed.length <= MOST_FLIPS;
  const dueAt = isDone ? dueAfter(memberships?.dueAt ?? null, decision.nextFlipAt, asked.now) : asked.now;
  if (changed.length === 0 && dueAt === (memberships?.dueAt ?? null)) return { flips: [], isDone };
  const flips = decision.flips.filter(({ unit }) => portion.has(unit));
  await deps.store.commit(writesOf(picture, { ...decision, flips, dueAt }, portion, segmentation, asked.now));
  return { flips, isDone };
};

/** The consumer's head, with sums by the rules in force: what conditions over events count is among them. */
const upToDate = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  { scoring }: Segmentation,
  consumerId: string,
  now: Instant,
): Promise<ConsumerPicture | null> => {
  const picture = await deps.store.pictureOf(consumerId);
  if (picture === null || picture.metrics.scoringVersion === scoring.version) return picture;
  await foldAgain(deps, consumerId, { now, always: false });
  return deps.store.pictureOf(consumerId);
};

interface Decided {
  units: Units;
  flips: Flip[];
  nextFlipAt: Instant | null;
}

/** A consumer whom time has changed more often than this since it was last looked at is taken as it is now. */
const MOST_INSTANTS = 100;

/** Time first, each of its flips at its own instant; then all else, now. */
const decided = (
  picture: ConsumerPicture,
  segmentation: Segmentation,
  { now, cause }: { now: Instant; cause: Cause },
): Decided => {
  let state: Decided = { units: { ...unitsIn(picture.memberships) }, flips: [], nextFlipAt: null };
  let due = picture.memberships?.dueAt ?? null;
  for (let instants = 0; due !== null && due <= now && instants < MOST_INSTANTS; instants++) {
    state = stepped(state, picture, segmentation, { at: due, cause: 'time' });
    due = state.nextFlipAt;
  }
  return stepped(state, picture, segmentation, { at: asOf(picture, now), cause });
};

const stepped = (
  before: Decided,
  picture: ConsumerPicture,
  { evaluator, units, leaving, context, catalogue }: Segmentation,
  { at, cause }: { at: Instant; cause: Cause },
): Decided => {
  const { members, nextFlipAt } = evaluate(evaluator, pictureFor(picture), context, at);
  const isOut = picture.profile.archived;
  const after: Units = {};
  const flips = [...before.flips];
  units.forEach((unit, index) => {
    const entered = before.units[unit.unit];
    // A rule that is being filled has no past: whether it is met is asked of now alone.
    const isIn = cause === 'time' && !unit.isLive ? entered !== undefined : !isOut && members.has(index);
    if (isIn) after[unit.unit] = entered ?? enteredAt(before.units, catalogue.segments.get(unit.segmentId), unit, at);
    if (isIn !== (entered !== undefined)) flips.push({ ...unit, entered: isIn, at, cause });
  });
  for (const unit of leaving) if (before.units[unit] !== undefined) after[unit] = before.units[unit];
  return { units: after, flips, nextFlipAt: isOut ? null : nextFlipAt };
};

/** Who is in by the old rule of a segment too entered by that one. */
const enteredAt = (
  before: Readonly<Units>,
  segment: RecordOf<'segment'> | undefined,
  { isLive }: Unit,
  at: Instant,
): Instant => (isLive ? at : ((segment?.live && before[segment.live.unit]) ?? at));

/** As long as the stored instant lies ahead it is only lowered: looking too early costs less than writing it each time. */
const dueAfter = (stored: Instant | null, next: Instant | null, now: Instant): Instant | null =>
  stored !== null && stored > now ? earlierOf(stored, next) : next;

const writesOf = (
  picture: ConsumerPicture,
  { units, flips, dueAt }: Decided & { dueAt: Instant | null },
  portion: ReadonlySet<number>,
  segmentation: Segmentation,
  now: Instant,
): Write[] => {
  const { profile, memberships } = picture;
  const { consumerId } = profile;
  const before = unitsIn(memberships);
  const kept = Object.entries(before).filter(([unit]) => !portion.has(Number(unit)));
  const changed = [...portion].flatMap((unit) => (units[unit] === undefined ? [] : [[unit, units[unit]] as const]));
  const put: RecordOf<'memberships'> = {
    kind: 'memberships',
    consumerId,
    version: (memberships?.version ?? 0) + 1,
    units: Object.fromEntries([...kept, ...changed]),
    lists: memberships?.lists ?? [],
    dueAt,
  };
  const segmentOf = new Map(segmentation.units.map(({ unit, segmentId }) => [unit, segmentId]));
  return [
    { put, expect: memberships ? { version: memberships.version } : 'absent' },
    ...[...portion].map((unit): Write => {
      const enteredAt = units[unit];
      if (enteredAt === undefined) return { remove: { kind: 'member', consumerId, unit } };
      const { fullName, email } = profile;
      const segmentId = segmentOf.get(unit) ?? '';
      return { put: { kind: 'member', consumerId, unit, segmentId, enteredAt, fullName, email }, expect: 'anything' };
    }),
    ...flips.filter(({ isLive }) => isLive).flatMap((flip) => eventWrites(consumerId, flip, before, segmentation, now)),
  ];
};

/**
 * A flip is an event of the history, and other systems are told. Who leaves a new rule before it was told that they
 * entered is told both.
 */
const eventWrites = (
  consumerId: string,
  flip: Flip,
  before: Readonly<Units>,
  { catalogue }: Segmentation,
  now: Instant,
): Write[] => {
  const { last } = catalogue.segments.get(flip.segmentId) ?? {};
  const entered = before[flip.unit];
  const isUntold = last && !flip.entered && entered !== undefined && before[last.unit] === undefined;
  const told = isUntold ? [{ ...flip, entered: true, at: entered, cause: 'rule_edited' as const }, flip] : [flip];
  return told.map((one) => ({ put: flipEvent(consumerId, one, now), expect: 'anything' }));
};

/** The same flip is the same event, however often it is written. */
export const flipEvent = (
  consumerId: string,
  { segmentId, unit, entered, at, cause }: Pick<Flip, 'segmentId' | 'unit' | 'entered' | 'at' | 'cause'>,
  now: Instant,
): RecordOf<'event'> => ({
  kind: 'event',
  consumerId,
  eventId: `segment-${unit}-${entered ? 'in' : 'out'}-${msOf(at).toString(36)}`,
  type: entered ? 'segment_entered' : 'segment_left',
  occurredAt: at,
  source: null,
  attributes: { segmentId, cause },
  receivedAt: now,
  digest: '',
  earned: null,
});
