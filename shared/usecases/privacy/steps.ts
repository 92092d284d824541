/** The steps of an erasure that notify connected systems, update shared records, and complete or give up the receipt. */
import { updateAdvocates } from '../advocates/update.ts';
import type { RecordOf } from '../ports/records.ts';
import { type ErasureDeps, runStep, type StepInput, updateErasure, withStep } from './erasure-state.ts';

/** Runs first, so that connected systems can still read the consumer's external ids. */
export const notifyConnected = (deps: ErasureDeps, step: StepInput): Promise<void> =>
  runStep(deps, step, 'tell_connected', async ({ subject, receipt }) => {
    const sources = subject.sources.map(({ source }) => source);
    const detail = { consumerId: subject.consumerId, at: receipt.requestedAt, sources };
    const published = await deps.bus.publish([{ detailType: 'consumer.erased', detail, at: receipt.requestedAt }]);
    if (published < 1) throw new Error('the bus did not accept consumer.erased');
  });

/** Removes the consumer from records shared with others. Percentiles, counts and sums follow the table's stream. */
export const leaveShared = (deps: ErasureDeps, step: StepInput): Promise<void> =>
  runStep(deps, step, 'leave_shared', ({ subject }) => updateAdvocates(deps, [subject.consumerId]));

/**
 * Completes the receipt and removes its subject in one transaction, so that the receipt identifies no one. A late run of an
 * earlier attempt does not complete a restarted erasure: the new attempt has to verify and complete it.
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

/** Whether a verification has succeeded since the last restart. */
const isProved = ({ steps }: RecordOf<'erasure'>): boolean => {
  const last = (name: string) => steps.findLastIndex((one) => one.name === name && one.status === 'done');
  return last('verify') > last('begun_again');
};

/** Marks the erasure as failed. The consumer stays frozen until the erasure is restarted. */
export const giveUp = (deps: ErasureDeps, step: StepInput): Promise<void> =>
  updateErasure(deps, step, ({ receipt }) => [
    {
      put: { ...withStep(receipt, step, 'give_up', 'failed'), status: 'failed' },
      expect: { version: receipt.version },
    },
  ]);
