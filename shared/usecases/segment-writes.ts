/** What it takes to write what was decided about a consumer's segments, in as many transactions as it needs. */
import type { Instant } from '../domain/facts.ts';
import { laterOf } from '../domain/instants.ts';
import type { ConsumerPicture, RecordOf, Write } from './ports.ts';
import type { Decision } from './segment-flips.ts';
import { type Flip, type Standing, type Strays, standingIn } from './segment-standing.ts';
import type { Segmentation } from './segment-units.ts';

type Memberships = RecordOf<'memberships'>;

/** What changes about one segment: all of it in one transaction. */
export interface Part {
  segmentId: string;
  /** Its units that change, as they become: undefined where the consumer is no longer in. */
  units: readonly (readonly [unit: number, enteredAt: Instant | undefined, isUntold: boolean])[];
  /** Those units that the consumer enters, or has entered at another instant; and those that it leaves. */
  moved: readonly number[];
  flips: readonly Flip[];
}

export const partsOf = (before: Standing, after: Decision, { segments }: Segmentation, strays: Strays): Part[] => {
  const flips = Map.groupBy(after.flips, ({ segmentId }) => segmentId);
  const rest = new Set(Object.keys({ ...before.units, ...after.units }).map(Number));
  const partOf = (segmentId: string, units: readonly number[]): Part[] => {
    for (const unit of units) rest.delete(unit);
    const moved = units.filter((unit) => before.units[unit] !== after.units[unit]);
    const changed = units.filter((unit) => moved.includes(unit) || before.untold.has(unit) !== after.untold.has(unit));
    const own = flips.get(segmentId) ?? [];
    flips.delete(segmentId);
    if (changed.length === 0 && own.length === 0) return [];
    const become = changed.map((unit) => [unit, after.units[unit], after.untold.has(unit)] as const);
    return [{ segmentId, units: become, moved, flips: own }];
  };
  const parts = segments.flatMap(({ segmentId, live, next, last }) => {
    const units = [live?.unit, next?.unit, last, ...(strays.get(segmentId) ?? [])];
    return partOf(segmentId, units.filter((unit) => unit != null && rest.has(unit)) as number[]);
  });
  const gone = [...strays].flatMap(([segmentId, units]) =>
    partOf(
      segmentId,
      units.filter((unit) => rest.has(unit)),
    ),
  );
  return [...parts, ...gone, ...[...rest].flatMap((unit) => partOf('', [unit]))];
};

/** A transaction takes a hundred writes, and two are about the consumer. */
const MOST_WRITES = 98;

export const portionsOf = (parts: readonly Part[]): Part[][] => {
  const portions: Part[][] = [];
  let room = 0;
  for (const part of parts) {
    const size = part.moved.length + part.flips.length;
    if (portions.length === 0 || size > room) {
      portions.push([]);
      room = MOST_WRITES;
    }
    portions.at(-1)?.push(part);
    room -= size;
  }
  return portions;
};

export const membershipsAfter = (
  consumerId: string,
  before: Memberships | undefined,
  portion: readonly Part[],
  dueAt: Instant | null,
): Memberships => {
  const { units, untold } = standingIn(before);
  const after = { units: { ...units }, untold: new Set(untold) };
  for (const [unit, enteredAt, isUntold] of portion.flatMap((part) => part.units)) {
    if (enteredAt === undefined) delete after.units[unit];
    else after.units[unit] = enteredAt;
    if (isUntold) after.untold.add(unit);
    else after.untold.delete(unit);
  }
  const none: Memberships = { kind: 'memberships', consumerId, version: 0, units: {}, lists: [], dueAt: null };
  return membershipsWith(
    { ...(before ?? none), dueAt },
    after,
    portion.flatMap(({ flips }) => flips),
  );
};

interface Writing {
  before: Memberships | undefined;
  put: Memberships;
  portion: readonly Part[];
  now: Instant;
}

export const writesOf = ({ profile }: ConsumerPicture, { before, put, portion, now }: Writing): Write[] => {
  const { consumerId, fullName, email } = profile;
  const entries = portion.flatMap(({ segmentId, moved }) =>
    moved.map((unit): Write => {
      const enteredAt = put.units[unit];
      if (enteredAt === undefined) return { remove: { kind: 'member', consumerId, unit } };
      return { put: { kind: 'member', consumerId, unit, segmentId, enteredAt, fullName, email }, expect: 'anything' };
    }),
  );
  // Nobody enters who is gone meanwhile, nor under a name that is being changed.
  const asRead: Write = { check: { kind: 'profile', consumerId }, expect: { version: profile.version } };
  const makesAny = before === undefined || entries.some((entry) => 'put' in entry);
  const flips = portion.flatMap((part) => part.flips);
  return [
    { put, expect: before ? { version: before.version } : 'absent' },
    ...(makesAny ? [asRead] : []),
    ...entries,
    ...flips.map((flip): Write => ({ put: flipEvent(put, flip, now), expect: 'anything' })),
  ];
};

/** The memberships of this standing, by their next version, when these flips are told. */
export const membershipsWith = (
  { untold: _, ...before }: Memberships,
  { units, untold }: Standing,
  flips: readonly Flip[],
): Memberships => {
  const flippedAt = flips.reduce((latest, { at }) => laterOf(latest, at), before.flippedAt ?? null);
  return {
    ...before,
    version: before.version + 1,
    units,
    ...(untold.size > 0 && { untold: [...untold] }),
    ...(flippedAt !== null && { flippedAt }),
  };
};

/** Ids are in the order of the versions, as flips of one instant are; no other flip has this one's. */
export const flipEvent = (
  { consumerId, version }: Pick<RecordOf<'memberships'>, 'consumerId' | 'version'>,
  { segmentId, unit, entered, at, cause }: Flip,
  now: Instant,
): RecordOf<'event'> => ({
  kind: 'event',
  consumerId,
  eventId: `segment-${String(version).padStart(VERSION_DIGITS, '0')}-${unit}-${entered ? 'in' : 'out'}`,
  type: entered ? 'segment_entered' : 'segment_left',
  occurredAt: at,
  source: null,
  attributes: { segmentId, cause },
  receivedAt: now,
  digest: '',
  earned: null,
});
const VERSION_DIGITS = 9;
