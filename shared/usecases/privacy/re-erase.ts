/**
 * Erases consumers again who reappeared when the table was restored to an earlier time. Receipts that were saved elsewhere
 * identify them by keyed hashes: the receipts are put back, then an audit checks the whole population against them.
 */
import type { Instant } from '../../domain/facts.ts';
import { invalid } from '../../domain/refusal.ts';
import { erasedAmong } from '../common/absence.ts';
import { overSlice, type SliceDone, type SliceProgress } from '../common/over-slice.ts';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';
import { freezeWrites } from './erase-consumer.ts';
import type { Receipt } from './erasures.ts';

/** Writes the receipts that are missing and returns their number. Safe to repeat. */
export const restoreReceipts = async (
  deps: Deps,
  { receipts, now }: { receipts: readonly Receipt[]; now: Instant },
): Promise<{ restored: number }> => {
  let restored = 0;
  for (const receipt of receipts) if (await restoreReceipt(deps, receipt, now)) restored += 1;
  return { restored };
};

const restoreReceipt = (deps: Deps, { subjectHash, ...receipt }: Receipt, now: Instant): Promise<boolean> =>
  retrying(deps, async () => {
    const { erasureId } = receipt;
    const [tombstone, there] = await deps.store.get(
      [
        { kind: 'tombstone', subjectHash },
        { kind: 'erasure', erasureId },
      ],
      true,
    );
    if (there && there.subjectHash !== subjectHash)
      throw invalid('receipts', 'invalid_value', `The erasure ${erasureId} belongs to another consumer.`);
    const steps = [...receipt.steps, { name: 'receipt_restored', at: now, status: 'done' } as const];
    // Restored as completed, regardless of its status: if the consumer reappeared, the audit restarts it.
    const put = {
      ...receipt,
      subjectHash,
      status: 'completed',
      completedAt: receipt.completedAt ?? now,
      steps,
    } as const;
    const missing: Write[] = [];
    // A consumer that was erased again before its receipt was restored has the tombstone of that erasure, which stays.
    if (!tombstone)
      missing.push({ put: { kind: 'tombstone', subjectHash, erasureId, at: receipt.requestedAt }, expect: 'absent' });
    if (!there) missing.push({ put: { kind: 'erasure', version: 1, attempt: 1, ...put }, expect: 'absent' });
    if (missing.length > 0) await deps.store.commit(missing);
    return missing.length > 0;
  });

/** Continues a slice of the population. `differed` counts the consumers that are erased again. */
export const auditSlice = (
  deps: Deps,
  progress: SliceProgress,
  { now, most }: { now: Instant; most: number },
): Promise<SliceDone> =>
  overSlice(deps.store, progress, most, async (consumerIds) => {
    let found = 0;
    for (const consumerId of await erasedAmong(deps.store, consumerIds)) {
      if (await eraseAgain(deps, consumerId, now)) found += 1;
    }
    return found;
  });

/** Returns false if there is nothing to erase. */
const eraseAgain = (deps: Deps, consumerId: string, now: Instant): Promise<boolean> =>
  retrying(deps, async () => {
    const { store } = deps;
    const [tombstone] = await store.get([{ kind: 'tombstone', subjectHash: store.keyedHashOf(consumerId) }], true);
    const state = await store.stateOf(consumerId);
    const earlier = tombstone && (await receiptOf(store, tombstone));
    if (!state || !earlier) return false;
    const { writes } = await freezeWrites(store, state, { erasureId: earlier.erasureId, now, earlier });
    await store.commit(writes);
    return true;
  });

const receiptOf = async (store: Store, { erasureId }: RecordOf<'tombstone'>) =>
  (await store.get([{ kind: 'erasure', erasureId }], true))[0];
