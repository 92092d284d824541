/**
 * Writes an export's file. Attempts may be repeated and may run concurrently: all write the same key, each writes a complete
 * file, and the first to finish completes the record.
 */
import type { ExportSection } from '../../domain/exports.ts';
import type { Instant } from '../../domain/facts.ts';
import { isBehind } from '../../domain/points/passing-of-time.ts';
import { retrying } from '../common/retrying.ts';
import { existingStateOf } from '../consumers/detail.ts';
import { organizationOf } from '../organization/organization.ts';
import { bookTimeOf } from '../points/book-time.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { countRemovedWrites } from '../privacy/erase-consumer.ts';
import { asJson, asTables } from './formats.ts';
import type { ExportDeps } from './requests.ts';
import { type SectionInputs, sectionOf } from './sections.ts';

type ExportRecord = RecordOf<'export'>;
type RunningExport = ExportRecord & { consumerId: string };
/** The final status; `gone` if the record no longer exists. */
export type ExportEnd = ExportRecord['status'] | 'gone';

/** Safe to repeat. If the consumer is erased or being erased, it succeeds without a file. */
export const writeExport = async (deps: ExportDeps, exportId: string, now: Instant): Promise<ExportEnd> => {
  const wanted = await runningExport(deps.store, exportId);
  if (wanted === null) return settleUnwanted(deps, exportId);
  try {
    await deps.files.write(wanted, contentOf(deps, exportId, now));
  } catch (error) {
    if (await runningExport(deps.store, exportId)) throw error;
  }
  return completeExport(deps, exportId, 'completed', now);
};

/** Marks an export as failed once its retries are used up, and removes the file. */
export const giveUpExport = async (deps: ExportDeps, exportId: string, now: Instant): Promise<ExportEnd> => {
  const ended = await completeExport(deps, exportId, 'failed', now);
  if (ended === 'failed') await deps.files.remove(exportId);
  return ended;
};

/** The record, or null if the export has ended or its consumer no longer exists. */
const runningExport = async (store: Store, exportId: string): Promise<RunningExport | null> => {
  const [record] = await store.get([{ kind: 'export', exportId }], true);
  const { consumerId } = record ?? {};
  if (record?.status !== 'running' || consumerId === undefined) return null;
  const [profile] = await store.get([{ kind: 'profile', consumerId }], true);
  return profile ? { ...record, consumerId } : null;
};

/** Checks first that the export is still wanted, so that no file is written after an erasure has removed it. */
async function* contentOf(deps: ExportDeps, exportId: string, now: Instant): AsyncGenerator<Uint8Array> {
  const wanted = await runningExport(deps.store, exportId);
  if (wanted === null) throw new Error('the export is no longer wanted');
  const { consumerId, format, sections } = wanted;
  const grounds = await groundsOf(deps, consumerId, now);
  const named = (sections as ExportSection[]).map((name) => [name, sectionOf(name, grounds)] as const);
  const as = format === 'json' ? asJson : asTables;
  yield* as({ consumerId, exportedAt: now }, named);
}

/** Books due expiries and releases first, so that the ledger contains them. */
const groundsOf = async (deps: ExportDeps, consumerId: string, now: Instant): Promise<SectionInputs> => {
  const { store } = deps;
  const [account] = await store.get([{ kind: 'account', consumerId }], true);
  if (account && isBehind(account, now)) await bookTimeOf(deps, consumerId, now);
  const [state, organization] = await Promise.all([
    existingStateOf(store, consumerId, now),
    organizationOf(store, now),
  ]);
  return { store, state, organization, now };
};

/** Ends a running export. Leaves it unchanged if another attempt has ended it or its consumer is erased. */
const completeExport = (
  deps: ExportDeps,
  exportId: string,
  status: 'completed' | 'failed',
  now: Instant,
): Promise<ExportEnd> =>
  retrying(deps, async () => {
    const wanted = await runningExport(deps.store, exportId);
    if (wanted === null) return settleUnwanted(deps, exportId);
    const { version } = wanted;
    const put: ExportRecord = { ...wanted, version: version + 1, status, completedAt: now };
    await deps.store.commit([{ put, expect: { version } }]);
    return status;
  });

/** Removes the file of an export that is erased or gone. A running export whose consumer is gone becomes `erased`. */
const settleUnwanted = (deps: ExportDeps, exportId: string): Promise<ExportEnd> =>
  retrying(deps, async () => {
    const [record] = await deps.store.get([{ kind: 'export', exportId }], true);
    if (record?.status === 'completed') return record.status;
    // Remove the file before the status changes: no new file is started, and a running one ends here.
    await deps.files.remove(exportId);
    if (record?.status !== 'running') return record?.status ?? 'gone';
    const { consumerId, version, ...rest } = record;
    const put: ExportRecord = { ...rest, version: version + 1, status: 'erased' };
    const counted = consumerId === undefined ? [] : await countRemovedWrites(deps.store, consumerId, record);
    await deps.store.commit([{ put, expect: { version } }, ...counted]);
    return put.status;
  });
