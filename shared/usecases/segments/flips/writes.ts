/** What it takes to write what was decided about a consumer's segments, in as many transactions as it needs. */
import type { Instant } from '../../../domain/facts.ts';
import { laterOf } from '../../../domain/instants.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { ConsumerState, Write } from '../../ports/store.ts';
import type { CompiledSegments } from './compiled.ts';
import type { Decision } from './flips.ts';
import { type Flip, type OrphanedVersions, type SegmentState, segmentStateIn } from './state.ts';

type Memberships = RecordOf<'memberships'>;

/** What changes about one segment: all of it in one transaction. */
export interface Part {
  segmentId: string;
  /** Its ruleVersions that change, as they become: undefined where the consumer is no longer in. */
  ruleVersions: readonly (readonly [ruleVersion: number, enteredAt: Instant | undefined, isUnannounced: boolean])[];
  /** Those ruleVersions that the consumer enters, or has entered at another instant; and those that it leaves. */
  moved: readonly number[];
  flips: readonly Flip[];
}

export const partsOf = (
  before: SegmentState,
  after: Decision,
  { segmentOf }: Pick<CompiledSegments, 'segmentOf'>,
  orphanedVersions: OrphanedVersions,
): Part[] => {
  const orphanOf = new Map(
    [...orphanedVersions].flatMap(([segmentId, ruleVersions]) =>
      ruleVersions.map((ruleVersion) => [ruleVersion, segmentId] as const),
    ),
  );
  const hasMoved = (ruleVersion: number) => before.ruleVersions[ruleVersion] !== after.ruleVersions[ruleVersion];
  const isTurned = (ruleVersion: number) => before.unannounced.has(ruleVersion) !== after.unannounced.has(ruleVersion);
  const changed = versionsIn(before, after).filter((ruleVersion) => hasMoved(ruleVersion) || isTurned(ruleVersion));
  // Of segments that are gone, and nobody was told of, nobody knows the id: each by itself.
  const ruleVersions = Map.groupBy(
    changed,
    (ruleVersion) => segmentOf.get(ruleVersion) ?? orphanOf.get(ruleVersion) ?? `?${ruleVersion}`,
  );
  const flips = Map.groupBy(after.flips, ({ segmentId }) => segmentId);
  return [...new Set([...ruleVersions.keys(), ...flips.keys()])].map((segmentId) => {
    const own = ruleVersions.get(segmentId) ?? [];
    return {
      segmentId,
      ruleVersions: own.map((ruleVersion) => [
        ruleVersion,
        after.ruleVersions[ruleVersion],
        after.unannounced.has(ruleVersion),
      ]),
      moved: own.filter(hasMoved),
      flips: flips.get(segmentId) ?? [],
    };
  });
};

const versionsIn = (...states: readonly SegmentState[]): number[] => [
  ...new Set(states.flatMap(({ ruleVersions }) => Object.keys(ruleVersions).map(Number))),
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
  const { ruleVersions, unannounced } = segmentStateIn(before);
  const after = { ruleVersions: { ...ruleVersions }, unannounced: new Set(unannounced) };
  for (const [ruleVersion, enteredAt, isUnannounced] of portion.flatMap((part) => part.ruleVersions)) {
    if (enteredAt === undefined) delete after.ruleVersions[ruleVersion];
    else after.ruleVersions[ruleVersion] = enteredAt;
    if (isUnannounced) after.unannounced.add(ruleVersion);
    else after.unannounced.delete(ruleVersion);
  }
  const none: Memberships = { kind: 'memberships', consumerId, version: 0, ruleVersions: {}, lists: [], dueAt: null };
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
    moved.map((ruleVersion): Write => {
      const enteredAt = put.ruleVersions[ruleVersion];
      if (enteredAt === undefined) return { remove: { kind: 'member', consumerId, ruleVersion } };
      return {
        put: { kind: 'member', consumerId, ruleVersion, segmentId, enteredAt, fullName, email },
        expect: 'anything',
      };
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
  { unannounced: _, ...before }: Memberships,
  { ruleVersions, unannounced }: SegmentState,
  flips: readonly Flip[],
): Memberships => {
  const flippedAt = flips.reduce((latest, { at }) => laterOf(latest, at), before.flippedAt ?? null);
  return {
    ...before,
    version: before.version + 1,
    ruleVersions,
    ...(unannounced.size > 0 && { unannounced: [...unannounced] }),
    ...(flippedAt !== null && { flippedAt }),
  };
};

/** Ids are in the order of the versions, as flips of one instant are; no other flip has this one's. */
export const flipEvent = (
  { consumerId, version }: Pick<RecordOf<'memberships'>, 'consumerId' | 'version'>,
  { segmentId, ruleVersion, entered, at, cause, eventId }: Flip,
  now: Instant,
): RecordOf<'event'> => ({
  kind: 'event',
  consumerId,
  eventId: `segment-${String(version).padStart(VERSION_DIGITS, '0')}-${ruleVersion}-${entered ? 'in' : 'out'}`,
  type: entered ? 'segment_entered' : 'segment_left',
  occurredAt: at,
  source: null,
  attributes: { segmentId, cause, ...(eventId !== undefined && { eventId }) },
  receivedAt: now,
  digest: '',
  earned: null,
});
const VERSION_DIGITS = 9;
