/**
 * Shared by all steps of an erasure. Each step reads the receipt and its subject, does its work, and counts what it removed
 * in the same transactions. A repeated, interrupted or concurrent step therefore counts each item exactly once.
 */
import type { Instant } from '../../domain/facts.ts';
import { retrying } from '../common/retrying.ts';
import type { Bus } from '../ports/bus.ts';
import type { Deps } from '../ports/deps.ts';
import type { Files } from '../ports/files.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';
import { summed } from './erase-consumer.ts';

export type ErasureDeps = Deps & { bus: Bus; files: Pick<Files, 'remove' | 'has'> };
export interface StepInput {
  erasureId: string;
  /** When the workflow entered the step. */
  now: Instant;
}
type ErasureRecord = RecordOf<'erasure'>;
export type Subject = RecordOf<'erasureSubject'>;

interface ErasureState {
  receipt: ErasureRecord;
  subject: Subject;
}
/** Null if the erasure is already completed. */
export const erasureStateOf = async (store: Store, { erasureId }: StepInput): Promise<ErasureState | null> => {
  const [receipt, subject] = await store.get(
    [
      { kind: 'erasure', erasureId },
      { kind: 'erasureSubject', erasureId },
    ],
    true,
  );
  if (!receipt) throw new TypeError('an erasure without its receipt');
  return subject ? { receipt, subject } : null;
};

/** Commits the writes that `decide` returns for the current state. Does nothing if the erasure is already completed. */
export const updateErasure = (
  deps: ErasureDeps,
  step: StepInput,
  decide: (state: ErasureState) => Write[] | Promise<Write[]>,
): Promise<void> =>
  retrying(deps, async () => {
    const state = await erasureStateOf(deps.store, step);
    const writes = state ? await decide(state) : [];
    if (writes.length > 0) await deps.store.commit(writes);
  });

/** Runs `act`, then marks the step as done. Does nothing if the erasure is already completed. */
export const runStep = async (
  deps: ErasureDeps,
  step: StepInput,
  name: string,
  act: (state: ErasureState) => Promise<void>,
): Promise<void> => {
  const state = await erasureStateOf(deps.store, step);
  if (state === null) return;
  await act(state);
  await markStep(deps, step, name, 'done');
};

export const markStep = (deps: ErasureDeps, step: StepInput, name: string, status: 'done' | 'failed'): Promise<void> =>
  updateErasure(deps, step, ({ receipt }) => [
    { put: withStep(receipt, step, name, status), expect: { version: receipt.version } },
  ]);

/** The receipt lists each step once, with its latest outcome. */
export const withStep = (
  receipt: ErasureRecord,
  { now }: StepInput,
  name: string,
  status: 'done' | 'failed',
): ErasureRecord => ({
  ...receipt,
  version: receipt.version + 1,
  steps: [...receipt.steps.filter((one) => one.name !== name), { name, at: now, status }],
});

export interface Removals {
  writes: Write[];
  /** Removed records by kind. */
  counts: Record<string, number>;
  exportIds?: string[];
}

/**
 * Commits removals together with their count. If a concurrent step has changed the receipt, the removals are planned again
 * for what is still there.
 */
export const commitRemovals = (
  deps: ErasureDeps,
  step: StepInput,
  plan: (isRetry: boolean) => Promise<Removals>,
): Promise<void> =>
  retrying(deps, async (retry) => {
    const state = await erasureStateOf(deps.store, step);
    if (state === null) return;
    const { receipt, subject } = state;
    const { writes, counts, exportIds = [] } = await plan(retry > 0);
    if (writes.length === 0) return;
    const itemsRemoved = summed(receipt.itemsRemoved, counts);
    const subjectWrites: Write[] = exportIds.map((exportId) => ({
      put: { ...subject, exportIds: [...new Set([...subject.exportIds, exportId])] },
      expect: 'present',
    }));
    const put = { ...receipt, version: receipt.version + 1, itemsRemoved };
    await deps.store.commit([...writes, { put, expect: { version: receipt.version } }, ...subjectWrites]);
  });

/** The claims that the consumer still has to its former contacts. */
export const contactClaimsOf = async (store: Store, { consumerId, contacts }: Subject) => {
  const records = await store.get(
    contacts.map((contact) => ({ kind: 'contact', ...contact }) as const),
    true,
  );
  return records.filter((record) => record !== undefined).filter((record) => record.consumerId === consumerId);
};
