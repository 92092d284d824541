/** Receipts as the API shows them, and the job that restarts failed or stuck erasures. */
import type { Instant } from '../../domain/facts.ts';
import { msOf } from '../../domain/instants.ts';
import { Refusal } from '../../domain/refusal.ts';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store } from '../ports/store.ts';
import { restarted } from './erase-consumer.ts';

export type Receipt = Pick<
  RecordOf<'erasure'>,
  'erasureId' | 'status' | 'requestedAt' | 'completedAt' | 'itemsRemoved' | 'subjectHash' | 'steps'
>;

/** Throws `Refusal('not_found')`. */
export const readErasure = async (store: Store, erasureId: string): Promise<Receipt> => {
  const [receipt] = await store.get([{ kind: 'erasure', erasureId }], true);
  if (!receipt) throw new Refusal('not_found', 'There is no such erasure.');
  return shown(receipt);
};

/** Oldest first. Throws `Refusal('invalid_cursor')`. */
export const listErasures = async (store: Store, page: PageRequest): Promise<Page<Receipt>> => {
  const { items, nextCursor } = await store.erasures(page);
  return { items: items.map(shown), nextCursor };
};

const shown = (receipt: RecordOf<'erasure'>): Receipt => {
  const { erasureId, status, requestedAt, completedAt, itemsRemoved, subjectHash, steps } = receipt;
  return { erasureId, status, requestedAt, completedAt, itemsRemoved, subjectHash, steps };
};

/** A step and its retries take minutes at most. An erasure without progress for longer than this is stuck. */
const STUCK_AFTER_MS = 60 * 60_000;

/** Restarts every erasure that failed or is stuck. */
export const resumeErasures = async (deps: Deps, now: Instant): Promise<{ running: number; restarted: number }> => {
  const run = { running: 0, restarted: 0 };
  for await (const { erasureId } of deps.store.erasing()) {
    run.running += 1;
    if (await resumeStuck(deps, erasureId, now)) run.restarted += 1;
  }
  return run;
};

const resumeStuck = (deps: Deps, erasureId: string, now: Instant): Promise<boolean> =>
  retrying(deps, async () => {
    const [receipt] = await deps.store.get([{ kind: 'erasure', erasureId }], true);
    if (!receipt || receipt.status === 'completed' || !isStuck(receipt, now)) return false;
    await deps.store.commit([{ put: restarted(receipt, now), expect: { version: receipt.version } }]);
    return true;
  });

const isStuck = ({ status, requestedAt, steps }: RecordOf<'erasure'>, now: Instant): boolean =>
  status === 'failed' || msOf(now) - msOf(steps.at(-1)?.at ?? requestedAt) >= STUCK_AFTER_MS;
