/** The step that verifies an erasure. */
import type { Instant } from '../../domain/facts.ts';
import { msOf } from '../../domain/instants.ts';
import type { RecordOf } from '../ports/records.ts';
import {
  contactClaimsOf,
  type ErasureDeps,
  erasureStateOf,
  markStep,
  type StepInput,
  type Subject,
} from './erasure-state.ts';

/** Work in flight when the erasure started has long ended by then. Steps cannot remove anything that is still found later. */
const MOST_PATIENCE_MS = 15 * 60_000;

/**
 * Looks for every kind of record where `table.ts` says that it is stored; `clean` if nothing is left. Throws if something
 * is still left after `MOST_PATIENCE_MS`.
 */
export const verify = async (deps: ErasureDeps, step: StepInput): Promise<{ clean: boolean }> => {
  const state = await erasureStateOf(deps.store, step);
  if (state === null) return { clean: true };
  const left = await leftOf(deps, state.subject);
  const clean = Object.values(left).every((isLeft) => !isLeft);
  await markStep(deps, step, 'verify', clean ? 'done' : 'failed');
  if (!clean && isOverdue(state.receipt, step.now)) throw new Error(`the erasure still finds items: ${namesOf(left)}`);
  return { clean };
};

/** Whether any item is left, by the way in which erasure finds it. */
const leftOf = async (deps: ErasureDeps, subject: Subject): Promise<Record<string, boolean>> => {
  const { store, files } = deps;
  const { consumerId, exportIds } = subject;
  const named = [await store.answersTo(consumerId), await store.exportsOf(consumerId)];
  const written = await Promise.all(exportIds.map((exportId) => files.has(exportId)));
  const [advocates] = await store.get([{ kind: 'advocates' }], true);
  return {
    partition: !(await isEmpty(store.everythingOf(consumerId))),
    claims: (await contactClaimsOf(store, subject)).length > 0,
    index: named.some((records) => records.length > 0) || written.includes(true),
    inside: advocates?.items.some((one) => one.consumerId === consumerId) ?? false,
  };
};

const namesOf = (left: Record<string, boolean>): string =>
  Object.keys(left)
    .filter((name) => left[name])
    .join(', ');

const isOverdue = ({ requestedAt, steps }: RecordOf<'erasure'>, now: Instant): boolean => {
  const startedAt = steps.find(({ name }) => name === 'begun_again')?.at ?? requestedAt;
  return msOf(now) - msOf(startedAt) > MOST_PATIENCE_MS;
};

const isEmpty = async (records: AsyncIterable<unknown>): Promise<boolean> => {
  for await (const _ of records) return false;
  return true;
};
