/**
 * What all steps of an erasure have in common. Each reads the receipt and whom it is about, does its part, and puts down in
 * the same transactions what it removed: repeated, cut short or run twice at once, each item is counted when it goes, and
 * once.
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
  /** When the step was entered. */
  now: Instant;
}
type ErasureRecord = RecordOf<'erasure'>;
export type Subject = RecordOf<'erasureSubject'>;

interface ErasureState {
  receipt: ErasureRecord;
  subject: Subject;
}
/** Null where it was completed before. */
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

/** Commits what is decided on the state; nothing where it was completed before. */
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

/** Does something, then puts down that it is done. */
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

/** Each step is told once, as it ended last. */
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
  /** What goes with them, by kind. */
  counts: Record<string, number>;
  exportIds?: string[];
}

/**
 * Commits removals together with their count. Whoever else counts moves the receipt's version: then it is planned again, on
 * what is still there.
 */
export const commitRemovals = (
  deps: ErasureDeps,
  step: StepInput,
  plan: (again: boolean) => Promise<Removals>,
): Promise<void> =>
  retrying(deps, async (retry) => {
    const state = await erasureStateOf(deps.store, step);
    if (state === null) return;
    const { receipt, subject } = state;
    const { writes, counts, exportIds = [] } = await plan(retry > 0);
    if (writes.length === 0) return;
    const itemsRemoved = summed(receipt.itemsRemoved, counts);
    const noted: Write[] = exportIds.map((exportId) => ({
      put: { ...subject, exportIds: [...new Set([...subject.exportIds, exportId])] },
      expect: 'present',
    }));
    const put = { ...receipt, version: receipt.version + 1, itemsRemoved };
    await deps.store.commit([...writes, { put, expect: { version: receipt.version } }, ...noted]);
  });

/** Claims that the consumer has to contacts, of those that it once had. */
export const contactClaimsOf = async (store: Store, { consumerId, contacts }: Subject) => {
  const records = await store.get(
    contacts.map((contact) => ({ kind: 'contact', ...contact }) as const),
    true,
  );
  return records.filter((record) => record !== undefined).filter((record) => record.consumerId === consumerId);
};
