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

export type ErasingDeps = Deps & { bus: Bus; files: Pick<Files, 'remove' | 'has'> };
export interface Step {
  erasureId: string;
  /** When the step was entered. */
  now: Instant;
}
type Receipt = RecordOf<'erasure'>;
export type Subject = RecordOf<'erasureSubject'>;

interface State {
  receipt: Receipt;
  subject: Subject;
}
/** Null where it was completed before. */
export const stateOf = async (store: Store, { erasureId }: Step): Promise<State | null> => {
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
export const changing = (
  deps: ErasingDeps,
  step: Step,
  decide: (state: State) => Write[] | Promise<Write[]>,
): Promise<void> =>
  retrying(deps, async () => {
    const state = await stateOf(deps.store, step);
    const writes = state ? await decide(state) : [];
    if (writes.length > 0) await deps.store.commit(writes);
  });

/** Does something, then puts down that it is done. */
export const doing = async (
  deps: ErasingDeps,
  step: Step,
  name: string,
  act: (state: State) => Promise<void>,
): Promise<void> => {
  const state = await stateOf(deps.store, step);
  if (state === null) return;
  await act(state);
  await marked(deps, step, name, 'done');
};

export const marked = (deps: ErasingDeps, step: Step, name: string, status: 'done' | 'failed'): Promise<void> =>
  changing(deps, step, ({ receipt }) => [
    { put: after(receipt, step, name, status), expect: { version: receipt.version } },
  ]);

/** Each step is told once, as it ended last. */
export const after = (receipt: Receipt, { now }: Step, name: string, status: 'done' | 'failed'): Receipt => ({
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
export const counting = (deps: ErasingDeps, step: Step, plan: (again: boolean) => Promise<Removals>): Promise<void> =>
  retrying(deps, async (retry) => {
    const state = await stateOf(deps.store, step);
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
export const claimsOf = async (store: Store, { consumerId, contacts }: Subject) => {
  const records = await store.get(
    contacts.map((contact) => ({ kind: 'contact', ...contact }) as const),
    true,
  );
  return records.filter((record) => record !== undefined).filter((record) => record.consumerId === consumerId);
};
