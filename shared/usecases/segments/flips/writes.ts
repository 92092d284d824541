/** What it takes to write what was decided about a consumer's segments, in as many transactions as it needs. */
import type { Instant } from '../../../domain/facts.ts';
import { laterOf } from '../../../domain/instants.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { ConsumerState, Write } from '../../ports/store.ts';
import type { Segmentation } from './compiled.ts';
import type { Decision } from './flips.ts';
import { type Flip, type Standing, type Strays, standingIn } from './state.ts';

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

export const partsOf = (
  before: Standing,
  after: Decision,
  { segmentOf }: Pick<Segmentation, 'segmentOf'>,
  strays: Strays,
): Part[] => {
  const strayOf = new Map([...strays].flatMap(([segmentId, units]) => units.map((unit) => [unit, segmentId] as const)));
  const hasMoved = (unit: number) => before.units[unit] !== after.units[unit];
  const isTurned = (unit: number) => before.untold.has(unit) !== after.untold.has(unit);
  const changed = unitsIn(before, after).filter((unit) => hasMoved(unit) || isTurned(unit));
  // Of segments that are gone, and nobody was told of, nobody knows the id: each by itself.
  const units = Map.groupBy(changed, (unit) => segmentOf.get(unit) ?? strayOf.get(unit) ?? `?${unit}`);
  const flips = Map.groupBy(after.flips, ({ segmentId }) => segmentId);
  return [...new Set([...units.keys(), ...flips.keys()])].map((segmentId) => {
    const own = units.get(segmentId) ?? [];
    return {
      segmentId,
      units: own.map((unit) => [unit, after.units[unit], after.untold.has(unit)]),
      moved: own.filter(hasMoved),
      flips: flips.get(segmentId) ?? [],
    };
  });
};

const unitsIn = (...standings: readonly Standing[]): number[] => [
  ...new Set(standings.flatMap(({ units }) => Object.keys(units).map(Number))),
];

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

export const writesOf = ({ profile }: ConsumerState, { before, put, portion, now }: Writing): Write[] => {
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
  { segmentId, unit, entered, at, cause, eventId }: Flip,
  now: Instant,
): RecordOf<'event'> => ({
  kind: 'event',
  consumerId,
  eventId: `segment-${String(version).padStart(VERSION_DIGITS, '0')}-${unit}-${entered ? 'in' : 'out'}`,
  type: entered ? 'segment_entered' : 'segment_left',
  occurredAt: at,
  source: null,
  attributes: { segmentId, cause, ...(eventId !== undefined && { eventId }) },
  receivedAt: now,
  digest: '',
  earned: null,
});
const VERSION_DIGITS = 9;
