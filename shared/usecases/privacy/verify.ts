/** The step of an erasure that proves it. */
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

/** What was under way when it began is over long before: what is still found then, the steps don't remove. */
const MOST_PATIENCE_MS = 15 * 60_000;

/**
 * Asks for everything again, each kind where `table.ts` says that it stands; `clean` where nothing is left. Throws where
 * something is left again and again.
 */
export const verify = async (deps: ErasureDeps, step: StepInput): Promise<{ clean: boolean }> => {
  const state = await erasureStateOf(deps.store, step);
  if (state === null) return { clean: true };
  const left = await leftOf(deps, state.subject);
  const clean = Object.values(left).every((isLeft) => !isLeft);
  await markStep(deps, step, 'verify', clean ? 'done' : 'failed');
  if (!clean && isOverdue(state.receipt, step.now)) throw new Error(`there is always something left: ${namesOf(left)}`);
  return { clean };
};

/** By where erasure finds an item: whether any is left. */
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
  const begunAt = steps.find(({ name }) => name === 'begun_again')?.at ?? requestedAt;
  return msOf(now) - msOf(begunAt) > MOST_PATIENCE_MS;
};

const isEmpty = async (records: AsyncIterable<unknown>): Promise<boolean> => {
  for await (const _ of records) return false;
  return true;
};
