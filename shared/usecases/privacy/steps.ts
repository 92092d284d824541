/** The steps of an erasure that tell: connected systems, what is about others too, and the receipt. */

import { updateAdvocates } from '../advocates/update.ts';
import type { RecordOf } from '../ports/records.ts';
import { type ErasureDeps, runStep, type StepInput, updateErasure, withStep } from './erasure-state.ts';

/** Connected systems are told first: theirs read what the consumer is called there while it can still be read. */
export const notifyConnected = (deps: ErasureDeps, step: StepInput): Promise<void> =>
  runStep(deps, step, 'tell_connected', async ({ subject, receipt }) => {
    const sources = subject.sources.map(({ source }) => source);
    const detail = { consumerId: subject.consumerId, at: receipt.requestedAt, sources };
    const told = await deps.bus.publish([{ detailType: 'consumer.erased', detail, at: receipt.requestedAt }]);
    if (told < 1) throw new Error('the bus did not take it');
  });

/** Takes the consumer out of what is about others too. Percentiles, counts and sums follow from the table's stream. */
export const leaveShared = (deps: ErasureDeps, step: StepInput): Promise<void> =>
  runStep(deps, step, 'leave_shared', ({ subject }) => updateAdvocates(deps, [subject.consumerId]));

/**
 * The receipt says that it is done, and nobody can be told from it: whom it was about goes in the same transaction. A run
 * of before, which had nothing to do, leaves alone whoever was frozen since: that is proved, and said, by a run of its own.
 */
export const complete = (deps: ErasureDeps, step: StepInput): Promise<void> =>
  updateErasure(deps, step, ({ receipt }) => {
    if (!isProved(receipt)) return [];
    const put = { ...withStep(receipt, step, 'receipt', 'done'), status: 'completed', completedAt: step.now } as const;
    return [
      { put, expect: { version: receipt.version } },
      { remove: { kind: 'erasureSubject', erasureId: step.erasureId }, expect: 'present' },
    ];
  });

/** Whether it was found clean since it was last begun. */
const isProved = ({ steps }: RecordOf<'erasure'>): boolean => {
  const last = (name: string) => steps.findLastIndex((one) => one.name === name && one.status === 'done');
  return last('verify') > last('begun_again');
};

/** What could not be done stays as it is, frozen; the receipt says so, until it is begun again. */
export const giveUp = (deps: ErasureDeps, step: StepInput): Promise<void> =>
  updateErasure(deps, step, ({ receipt }) => [
    {
      put: { ...withStep(receipt, step, 'give_up', 'failed'), status: 'failed' },
      expect: { version: receipt.version },
    },
  ]);
