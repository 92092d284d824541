/**
 * Filling new and edited rules with members: one run at a time, slices side by side, and the old members are told until
 * the new ones stand.
 *
 *   claim ──▶ fill each slice ──▶ go live ──▶ announce ──▶ claim again, until nothing is left to fill
 *
 * Every step is safe to repeat. A run that died is followed by another one when its lease has ended.
 */
import type { Instant } from '../domain/facts.ts';
import { plusDays } from '../domain/instants.ts';
import { catalogueOf, withRevision } from './catalogue.ts';
import { inParallel } from './in-parallel.ts';
import type { SliceDone, SliceProgress } from './over-slice.ts';
import type { Deps, RecordOf, Store, Workflows, Write } from './ports.ts';
import { flipEvent, refreshConsumer } from './refresh-consumer.ts';
import { refreshSlice } from './refresh-slice.ts';
import { retrying } from './retrying.ts';
import { segmentationOf } from './segment-units.ts';

type BackfillDeps = Pick<Deps, 'store' | 'pause'>;

/** Longer than a step may take. */
const LEASE_DAYS = 20 / (24 * 60);

export interface Claimed {
  /** The units to fill; none: nothing is to be done, or another run is at it. */
  units: number[];
}

/** Takes the lease and says which units have to be filled. The lease is given back where there are none. */
export const claimBackfill = (deps: BackfillDeps, runId: string, now: Instant): Promise<Claimed> =>
  retrying(deps, async () => {
    const [lease] = await deps.store.get([{ kind: 'backfillLease' }], true);
    const isTaken = lease !== undefined && lease.runId !== runId && lease.expiresAt > now;
    if (isTaken) return { units: [] };
    const units = (await deps.store.segments()).flatMap(({ next }) => (next ? [next.unit] : []));
    const expiresAt = units.length === 0 ? now : plusDays(now, LEASE_DAYS);
    const put = { kind: 'backfillLease', version: (lease?.version ?? 0) + 1, runId, expiresAt, slicesDone: 0 } as const;
    await deps.store.commit([{ put, expect: lease ? { version: lease.version } : 'absent' }]);
    return { units };
  });

/** Starts a run where rules wait and nobody is at it: the last one was given up, or ended just before they came. */
export const resumeBackfill = async (
  { store, workflows }: Pick<Deps, 'store'> & { workflows: Workflows },
  now: Instant,
): Promise<void> => {
  const [settings, lease] = await store.get([{ kind: 'settings' }, { kind: 'backfillLease' }], true);
  const { segments } = await catalogueOf(store, settings);
  const waits = [...segments.values()].some(({ next, last }) => next !== null || last !== null);
  if (!waits || (lease && lease.expiresAt > now)) return;
  await workflows.start('segments-backfill', `resumed-${now.replace(/\D/g, '')}`, {});
};

/** Goes on with a slice, and keeps the lease. */
export const fillSlice = async (
  deps: BackfillDeps,
  progress: SliceProgress,
  { runId, now, most }: { runId: string; now: Instant; most: number },
): Promise<SliceDone> => {
  const segmentation = await segmentationOf(deps.store);
  const filled = await refreshSlice(deps, segmentation, progress, { now, cause: 'rule_edited', most });
  await keepLease(deps, runId, now, filled.done);
  return filled;
};

const keepLease = (deps: BackfillDeps, runId: string, now: Instant, isSliceDone: boolean): Promise<void> =>
  retrying(deps, async () => {
    const [lease] = await deps.store.get([{ kind: 'backfillLease' }], true);
    if (lease?.runId !== runId) return;
    const slicesDone = Math.min(deps.store.slices, lease.slicesDone + (isSliceDone ? 1 : 0));
    const put = { ...lease, version: lease.version + 1, slicesDone, expiresAt: plusDays(now, LEASE_DAYS) };
    await deps.store.commit([{ put, expect: { version: lease.version } }]);
  });

/** The filled units are told from now on. One that was replaced by a newer rule meanwhile is passed over. */
export const goLive = async (deps: BackfillDeps, units: readonly number[], now: Instant): Promise<void> => {
  for (const { segmentId } of await deps.store.segments()) {
    await retrying(deps, async () => {
      const [segment, settings] = await deps.store.get([{ kind: 'segment', segmentId }, { kind: 'settings' }], true);
      if (!segment?.next || !units.includes(segment.next.unit)) return;
      const { unit, rule } = segment.next;
      const put: RecordOf<'segment'> = {
        ...segment,
        live: { unit, rule },
        next: null,
        last: segment.live ?? { unit: NO_UNIT, rule: null },
        version: segment.version + 1,
        refreshedAt: now,
      };
      await deps.store.commit([
        { put, expect: { version: segment.version } },
        { put: withRevision(settings), expect: settings ? { version: settings.version } : 'absent' },
      ]);
    });
  }
};
/** Before the first rule there was none, and all members of that one enter. */
const NO_UNIT = 0;

/**
 * Tells who entered and who left by the rules that went live, and takes leave of the old units. Gives back how many flips
 * it told.
 */
export const announceEdits = async (deps: BackfillDeps, now: Instant): Promise<number> => {
  let told = 0;
  for (const segment of await deps.store.segments()) {
    if (!segment.last || !segment.live) continue;
    told += await announce(deps.store, segment.segmentId, segment.live.unit, segment.last.unit, now);
    await retrying(deps, () => forget(deps.store, segment));
  }
  return told;
};

const forget = async (store: Store, { segmentId, last }: RecordOf<'segment'>): Promise<void> => {
  const [segment, settings] = await store.get([{ kind: 'segment', segmentId }, { kind: 'settings' }], true);
  if (!segment?.last || segment.last.unit !== last?.unit) return;
  await store.commit([
    { put: { ...segment, last: null, version: segment.version + 1 }, expect: { version: segment.version } },
    { put: withRevision(settings), expect: settings ? { version: settings.version } : 'absent' },
  ]);
};

const AT_ONCE = 8;
const PAGE = 90;

/** Both units' members are walked in the order of their ids, side by side. */
const announce = async (store: Store, segmentId: string, live: number, last: number, now: Instant): Promise<number> => {
  let writes: Write[] = [];
  let told = 0;
  const portions: Write[][] = [];
  const add = (...more: Write[]) => {
    writes.push(...more);
    if (writes.length >= PAGE) portions.push(writes.splice(0));
  };
  const tell = (consumerId: string, entered: boolean, unit: number, at: Instant): Write => {
    told += 1;
    return {
      put: flipEvent(consumerId, { segmentId, unit, entered, at, cause: 'rule_edited' }, now),
      expect: 'anything',
    };
  };
  for await (const { consumerId, before, after } of sideBySide(store, last, live)) {
    if (after && !before) add(tell(consumerId, true, live, after.enteredAt));
    if (before && !after) add(tell(consumerId, false, last, now));
    if (before) add({ remove: { kind: 'member', consumerId, unit: last } });
    if (portions.length >= AT_ONCE) await inParallel(portions.splice(0), AT_ONCE, (portion) => store.commit(portion));
  }
  if (writes.length > 0) portions.push(writes);
  await inParallel(portions, AT_ONCE, (portion) => store.commit(portion));
  writes = [];
  return told;
};

type Member = RecordOf<'member'>;

async function* sideBySide(store: Store, one: number, other: number) {
  const [befores, afters] = [membersOf(store, one), membersOf(store, other)];
  let [before, after] = [(await befores.next()).value, (await afters.next()).value];
  while (before || after) {
    const consumerId =
      !after || (before && before.consumerId < after.consumerId) ? before?.consumerId : after.consumerId;
    const both: { consumerId: string; before?: Member; after?: Member } = { consumerId: consumerId ?? '' };
    if (before && before.consumerId === consumerId) {
      both.before = before;
      before = (await befores.next()).value;
    }
    if (after && after.consumerId === consumerId) {
      both.after = after;
      after = (await afters.next()).value;
    }
    yield both;
  }
}

async function* membersOf(store: Store, unit: number): AsyncGenerator<Member, undefined> {
  let cursor: string | undefined;
  do {
    const page = await store.membersOfUnit(unit, { limit: 500, cursor });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

const MEMBERS_A_STEP = 2_000;

/** Lets some members of deleted units go; gives back the units that may have more. */
export const letGo = async (deps: BackfillDeps, units: readonly number[], now: Instant): Promise<number[]> => {
  const segmentation = await segmentationOf(deps.store);
  for (const [index, unit] of units.entries()) {
    const { items } = await deps.store.membersOfUnit(unit, { limit: MEMBERS_A_STEP });
    await inParallel(items, AT_ONCE, async ({ consumerId }) => {
      await refreshConsumer(deps, segmentation, consumerId, { now, cause: 'rule_edited' });
      // Where the consumer's own record did not know of it.
      await deps.store.commit([{ remove: { kind: 'member', consumerId, unit } }]);
    });
    if (items.length > 0) return units.slice(index);
  }
  return [];
};
