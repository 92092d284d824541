/** Exports as staff ask for them: a record says how far one is, a workflow writes its file. */
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
  /** Where the file may be fetched, and until when. */
  downloadUrl?: string;
  expiresAt?: Instant;
}

/** Asks for an export of these sections, of all where none are named. Throws `Refusal` `consumer_not_found`, `erased`. */
export const requestExport = (
  { store, pause, newId }: Deps,
  asked: { consumerId: string; sections?: readonly ExportSection[] | undefined; format: ExportFile['format'] },
  now: Instant,
  commit: Commit,
): Promise<ExportView> => {
  const { consumerId, sections = EXPORT_SECTIONS, format } = asked;
  return retrying({ pause }, async () => {
    const [profile] = await store.get([{ kind: 'profile', consumerId }], true);
    if (profile === undefined) throw await absenceOf(store, consumerId);
    const exportId = newId(now);
    const put: RecordOf<'export'> = {
      ...{ kind: 'export', exportId, version: 1, consumerId, format, status: 'running' },
      sections: EXPORT_SECTIONS.filter((section) => sections.includes(section)),
      requestedAt: now,
      completedAt: null,
      expiresAt: new Date(msOf(now) + EXPORT_KEPT_MS).toISOString(),
    };
    return commit([{ put, expect: 'absent' }], { exportId, status: put.status });
  });
};

/** How far it is; of a completed one, a link that works for a quarter of an hour. Throws `Refusal` `not_found`, `erased`. */
export const readExport = async (
  { store, files }: Pick<ExportDeps, 'store' | 'files'>,
  exportId: string,
  now: Instant,
): Promise<ExportView> => {
  const [record] = await store.get([{ kind: 'export', exportId }], true);
  if (record === undefined || record.expiresAt <= now) {
    throw new Refusal('not_found', 'There is no export with this id any more: one lives for a day.');
  }
  await refuseErased(store, record);
  const { status } = record;
  if (status !== 'completed') return { exportId, status };
  const expiresAt = new Date(msOf(now) + LINK_MS).toISOString();
  return { exportId, status, downloadUrl: await files.link(record, now), expiresAt };
};

/** Also while the erasure is still under way. */
const refuseErased = async (store: Store, { consumerId }: RecordOf<'export'>): Promise<void> => {
  if (consumerId === undefined) throw new Refusal('erased', 'The consumer was erased.');
  const [profile] = await store.get([{ kind: 'profile', consumerId }], true);
  if (profile === undefined) throw await absenceOf(store, consumerId);
};
