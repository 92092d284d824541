/** Requests and reads exports. A record holds the status; a workflow writes the file. */
import { EXPORT_KEPT_MS, EXPORT_SECTIONS, type ExportSection, LINK_MS } from '../../domain/exports.ts';
import type { Instant } from '../../domain/facts.ts';
import { msOf } from '../../domain/instants.ts';
import { Refusal } from '../../domain/refusal.ts';
import { absenceOf } from '../common/absence.ts';
import { retrying } from '../common/retrying.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { ExportFile, Files } from '../ports/files.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

export type ExportDeps = Deps & { files: Files };

export interface ExportView {
  exportId: string;
  status: RecordOf<'export'>['status'];
  /** A link to the file, valid until `expiresAt`. */
  downloadUrl?: string;
  expiresAt?: Instant;
}

/** Requests an export of the given sections, by default of all. Throws `Refusal` `consumer_not_found`, `erased`. */
export const requestExport = (
  { store, pause, newId }: Deps,
  request: { consumerId: string; sections?: readonly ExportSection[] | undefined; format: ExportFile['format'] },
  now: Instant,
  commit: Commit,
): Promise<ExportView> => {
  const { consumerId, sections = EXPORT_SECTIONS, format } = request;
  return retrying({ pause }, async () => {
    const [profile] = await store.get([{ kind: 'profile', consumerId }], true);
    if (profile === undefined) throw await absenceOf(store, consumerId);
    const exportId = newId(now);
    const put: RecordOf<'export'> = {
      kind: 'export',
      exportId,
      version: 1,
      consumerId,
      format,
      status: 'running',
      sections: EXPORT_SECTIONS.filter((section) => sections.includes(section)),
      requestedAt: now,
      completedAt: null,
      expiresAt: new Date(msOf(now) + EXPORT_KEPT_MS).toISOString(),
    };
    return commit([{ put, expect: 'absent' }], { exportId, status: put.status });
  });
};

/** The status of an export and, once completed, a link that works for 15 minutes. Throws `Refusal` `not_found`, `erased`. */
export const readExport = async (
  { store, files }: Pick<ExportDeps, 'store' | 'files'>,
  exportId: string,
  now: Instant,
): Promise<ExportView> => {
  const [record] = await store.get([{ kind: 'export', exportId }], true);
  if (record === undefined || record.expiresAt <= now) {
    throw new Refusal('not_found', 'There is no export with this id. Exports are kept for one day.');
  }
  await refuseErased(store, record);
  const { status } = record;
  if (status !== 'completed') return { exportId, status };
  const expiresAt = new Date(msOf(now) + LINK_MS).toISOString();
  return { exportId, status, downloadUrl: await files.link(record, now), expiresAt };
};

/** Refuses as soon as the erasure has started. */
const refuseErased = async (store: Store, { consumerId }: RecordOf<'export'>): Promise<void> => {
  if (consumerId === undefined) throw new Refusal('erased', 'The consumer was erased.');
  const [profile] = await store.get([{ kind: 'profile', consumerId }], true);
  if (profile === undefined) throw await absenceOf(store, consumerId);
};
