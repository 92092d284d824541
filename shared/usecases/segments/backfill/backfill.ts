/**
 * Filling new and edited rules with members: one run at a time, slices side by side, and the old members are told until
 * the new ones stand.
 *
 *   claim ──▶ fill each slice ──▶ go live ──▶ announce ──▶ claim again, until nothing is left to fill
 *
 * Every step is safe to repeat. A run that died is followed by another one when its lease has ended.
 */
import type { Instant } from '../../../domain/facts.ts';
import { plusDays } from '../../../domain/instants.ts';
import { inParallel } from '../../common/in-parallel.ts';
import type { SliceDone, SliceProgress } from '../../common/over-slice.ts';
import { retrying } from '../../common/retrying.ts';
import { catalogueOf } from '../../organization/catalogue.ts';
import type { Workflows } from '../../ports/bus.ts';
import type { Deps } from '../../ports/deps.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { Store } from '../../ports/store.ts';
import { readCompiledSegments } from '../flips/compiled.ts';
import type { Refresh } from '../refresh/consumer.ts';
import { RefreshRound } from '../refresh/round.ts';
import { refreshSlice } from '../refresh/slice.ts';
import { changeSegment, NO_UNIT } from './change-segment.ts';
import { areSameInputs, type RuleInputs, ruleInputsOf } from './rule-inputs.ts';

type BackfillDeps = Pick<Deps, 'store' | 'pause'>;

/** Longer than a step may take. */
const LEASE_DAYS = 20 / (24 * 60);
/** Of a lease that was given back: no clock is behind it. */
const FREE: Instant = '1970-01-01T00:00:00.000Z';

export interface Claimed {
  /** The ruleVersions to fill. */
  ruleVersions: number[];
  /** Whether everyone is to be gone over: for these ruleVersions, or because rules go by something that has changed. */
  goesOver: boolean;
  /** Whether there is anything to do, and nobody else is at it: that, or edits that are not told yet. */
  hasWork: boolean;
}

/** Takes the lease and says what is to be done. The lease is given back where that is nothing. */
export const claimBackfill = (deps: BackfillDeps, runId: string, now: Instant): Promise<Claimed> =>
  retrying(deps, async () => {
    const [lease, ...known] = await read(deps.store);
    const expect = lease ? { version: lease.version } : 'absent';
    const version = (lease?.version ?? 0) + 1;
    if (lease && lease.runId !== runId && lease.expiresAt > now) {
      // Who is about to give it back looks once more: what came meanwhile is left to that run.
      await deps.store.commit([{ put: { ...lease, version }, expect }]);
      return { ruleVersions: [], goesOver: false, hasWork: false };
    }
    const segments = await deps.store.segments();
    const ruleVersions = segments.flatMap(({ filling }) => (filling ? [filling.number] : []));
    const pendingInputs = groundsIn(segments, ...known);
    const goesOver = ruleVersions.length > 0 || !areSameInputs(pendingInputs, lease?.appliedInputs);
    const hasWork = goesOver || segments.some(isUnfinished);
    const expiresAt = hasWork ? plusDays(now, LEASE_DAYS) : FREE;
    const { appliedInputs, everyone } = lease ?? {};
    const lastRuleVersion = Math.max(NO_UNIT, ...ruleVersions);
    const put = {
      kind: 'backfillLease',
      version,
      runId,
      expiresAt,
      slicesDone: 0,
      everyone,
      lastRuleVersion,
      appliedInputs,
    } as const;
    await deps.store.commit([{ put: goesOver ? { ...put, pendingInputs } : put, expect }]);
    return { ruleVersions, goesOver, hasWork };
  });

const read = (store: Store) =>
  store.get([{ kind: 'backfillLease' }, { kind: 'settings' }, { kind: 'churnModel' }], true);

const groundsIn = (
  segments: readonly RecordOf<'segment'>[],
  settings: RecordOf<'settings'> | undefined,
  churnModel: RecordOf<'churnModel'> | undefined,
): RuleInputs => {
  const rules = segments.flatMap(({ live, filling }) => [live?.rule, filling?.rule]);
  return ruleInputsOf(rules, { settings, churnModel });
};

const isUnfinished = ({ filling, retiring }: RecordOf<'segment'>): boolean => filling !== null || retiring !== null;

/** Starts a run where something is to be done and nobody is at it: the last one was given up, or settings were edited. */
export const resumeBackfill = async (
  { store, workflows }: Pick<Deps, 'store'> & { workflows: Workflows },
  now: Instant,
): Promise<void> => {
  const [lease, settings, churnModel] = await read(store);
  if (lease && lease.expiresAt > now) return;
  const segments = [...(await catalogueOf(store, settings)).segments.values()];
  const isDone =
    !segments.some(isUnfinished) && areSameInputs(groundsIn(segments, settings, churnModel), lease?.appliedInputs);
  if (!isDone) await workflows.start('segments-backfill', `resumed-${now.replace(/\D/g, '')}`, {});
};

/** Everyone was gone over. */
export const settleGrounds = (deps: BackfillDeps, runId: string): Promise<void> =>
  retrying(deps, async () => {
    const [lease] = await deps.store.get([{ kind: 'backfillLease' }], true);
    if (!lease?.pendingInputs || lease.runId !== runId) return;
    const { pendingInputs, consumersDone: everyone, ...rest } = lease;
    const put = {
      ...rest,
      version: lease.version + 1,
      everyone,
      appliedInputs: { ...lease.appliedInputs, ...pendingInputs },
    };
    await deps.store.commit([{ put, expect: { version: lease.version } }]);
  });

/** Goes on with a slice, and keeps the lease. */
export const fillSlice = async (
  deps: BackfillDeps,
  progress: SliceProgress,
  { runId, now, cause, most }: Refresh & { runId: string; most: number },
): Promise<SliceDone> => {
  const compiledSegments = await readCompiledSegments(deps.store);
  const keep = (done: Gone) => keepLease(deps, { runId, now }, done);
  const looked = (consumers: number) => keep({ consumers, slices: 0 });
  const filled = await refreshSlice(deps, compiledSegments, progress, { now, cause, most, looked });
  if (filled.done) await keep({ consumers: 0, slices: 1 });
  return filled;
};

interface Gone {
  consumers: number;
  slices: number;
}
const keepLease = (deps: BackfillDeps, run: { runId: string; now: Instant }, done: Gone): Promise<void> =>
  retrying(deps, async () => {
    const [lease] = await deps.store.get([{ kind: 'backfillLease' }], true);
    if (lease?.runId !== run.runId) return;
    const slicesDone = Math.min(deps.store.slices, lease.slicesDone + done.slices);
    const consumersDone = (lease.consumersDone ?? 0) + done.consumers;
    const expiresAt = plusDays(run.now, LEASE_DAYS);
    const put = { ...lease, version: lease.version + 1, slicesDone, consumersDone, expiresAt };
    await deps.store.commit([{ put, expect: { version: lease.version } }]);
  });

/**
 * The filled ruleVersions are told from now on. One that was replaced by a newer rule meanwhile is passed over, and so is one
 * before which an older edit is still to be told.
 */
export const goLive = async (deps: BackfillDeps, ruleVersions: readonly number[], now: Instant): Promise<void> => {
  for (const { segmentId } of await deps.store.segments()) {
    await retrying(deps, () =>
      changeSegment(deps.store, segmentId, ({ filling, retiring, live, ...segment }) => {
        if (!filling || retiring || !ruleVersions.includes(filling.number)) return null;
        const published = { number: filling.number, rule: filling.rule };
        const before = { number: live?.number ?? NO_UNIT, rule: null };
        return { ...segment, live: published, filling: null, retiring: before, refreshedAt: now };
      }),
    );
  }
};

const AT_ONCE = 8;
const MEMBERS_A_STEP = 2_000;

/** Lets some members of deleted ruleVersions go; gives back the ruleVersions that may have more. */
export const letGo = async (deps: BackfillDeps, ruleVersions: readonly number[], now: Instant): Promise<number[]> => {
  const round = new RefreshRound(deps, await readCompiledSegments(deps.store));
  for (const [index, ruleVersion] of ruleVersions.entries()) {
    const { items } = await deps.store.membersOfRuleVersion(ruleVersion, { limit: MEMBERS_A_STEP });
    await inParallel(items, AT_ONCE, async ({ consumerId }) => {
      await round.look(consumerId, { now, cause: 'rule_edited' });
      // Where the consumer's own record did not know of it.
      await deps.store.commit([{ remove: { kind: 'member', consumerId, ruleVersion } }]);
    });
    await round.end();
    if (items.length > 0) return ruleVersions.slice(index);
  }
  return [];
};
