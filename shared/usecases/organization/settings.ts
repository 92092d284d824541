/** Settings: typed documents, each with its own version. Defaults apply to documents that were never set. */
import type { Instant, JsonObject } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { SETTINGS_DOCUMENTS, Settings } from '../../domain/settings.ts';
import { settingsOf } from '../../domain/settings.ts';
import { putWrite, saveOnce } from '../common/edits.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store } from '../ports/store.ts';

export type DocumentName = keyof typeof SETTINGS_DOCUMENTS;
export type SettingsDocument = Settings[DocumentName] & {
  /** 0 if the document was never set. */
  version: number;
  updatedAt: Instant | null;
  updatedBy: string | null;
};

export const readSettings = async (store: Store, name: DocumentName): Promise<SettingsDocument> => {
  const [record] = await store.get([{ kind: 'settings' }], true);
  return documentIn(record, name);
};

/** A document at a past version. */
export type PastDocument = JsonObject & { version: number; updatedAt: Instant; updatedBy: string };

/** The versions of a document, newest first. Throws `Refusal('invalid_cursor')`. */
export const settingsHistory = async (
  store: Store,
  name: DocumentName,
  page: PageRequest,
): Promise<Page<PastDocument>> => {
  const { items, nextCursor } = await store.settingsVersions(name, page);
  const shown = items.map(({ value, version, updatedAt, updatedBy }) => ({ ...value, version, updatedAt, updatedBy }));
  return { items: shown, nextCursor };
};

export interface SettingsChange {
  name: DocumentName;
  /** The whole document, with defaults for what was left out. */
  value: Settings[DocumentName];
  /** The fields that the caller named. */
  given: readonly string[];
  ifMatch?: number | undefined;
  actor: string;
  now: Instant;
}

/**
 * Replaces a document, and keeps it as a version of its history. What was left out takes its default; in `organization` it stays, so that a new name does not
 * bring the first currency back. Another currency converts nothing: amounts stay the whole numbers that they are, of
 * minor units of what the currency is now. Throws `version_conflict`.
 */
export const writeSettings = (
  { store, ...deps }: Deps,
  change: SettingsChange,
  commit: Commit,
): Promise<SettingsDocument> => {
  let attempted: { past: PastRecord; answer: SettingsDocument } | null = null;
  return saveOnce(deps, change.now, {
    read: () =>
      Promise.all([
        store.get([{ kind: 'settings' }], true),
        attempted ? store.get([attempted.past], true) : Promise.resolve([undefined] as const),
      ]),
    // The version of an earlier attempt proves that it committed, even if other edits followed.
    committed: ([, [past]], editId) => (attempted && past?.editId === editId ? attempted.answer : undefined),
    save: ([[record]], editId) => {
      const { version } = unlessStale(record, change);
      const inForce = settingsOf(record?.documents ?? {});
      const value = change.name === 'organization' ? keeping(inForce.organization, change) : change.value;
      const put = withDocument(record, { ...change, value }, version + 1);
      const past = pastDocument({ ...change, value }, version + 1, editId);
      attempted = { past, answer: documentIn(put, change.name) };
      return commit([putWrite(record, put), { put: past, expect: 'absent' }], attempted.answer);
    },
  });
};

/** The document in force. Throws `version_conflict` where the caller has seen another version. */
export const unlessStale = (
  record: RecordOf<'settings'> | undefined,
  { name, ifMatch }: Pick<SettingsChange, 'name' | 'ifMatch'>,
): SettingsDocument => {
  const document = documentIn(record, name);
  if (ifMatch === undefined || ifMatch === document.version) return document;
  throw new Refusal('version_conflict', `The document is at version ${document.version}, not ${ifMatch}.`);
};

/** The last edit of the ladder of tiers; null before the first. */
export const tiersUpdatedAtIn = (record: RecordOf<'settings'> | undefined): Instant | null =>
  record?.documents['tiers']?.updatedAt ?? null;

const keeping = (inForce: Settings['organization'], { value, given }: SettingsChange): Settings['organization'] => ({
  ...inForce,
  ...Object.fromEntries(Object.entries(value).filter(([field]) => given.includes(field))),
});

const documentIn = (record: RecordOf<'settings'> | undefined, name: DocumentName): SettingsDocument => {
  const stored = record?.documents[name];
  return {
    ...settingsOf(record?.documents ?? {})[name],
    version: stored?.version ?? 0,
    updatedAt: stored?.updatedAt ?? null,
    updatedBy: stored?.updatedBy ?? null,
  };
};

const withDocument = (
  record: RecordOf<'settings'> | undefined,
  { name, value, actor, now }: SettingsChange,
  version: number,
): RecordOf<'settings'> => ({
  kind: 'settings',
  version: (record?.version ?? 0) + 1,
  documents: {
    ...record?.documents,
    [name]: { version, updatedAt: now, updatedBy: actor, value: value as unknown as JsonObject },
  },
});

type PastRecord = RecordOf<'settingsVersion'>;

const pastDocument = ({ name, value, actor, now }: SettingsChange, version: number, editId: string): PastRecord => ({
  kind: 'settingsVersion',
  name,
  version,
  updatedAt: now,
  updatedBy: actor,
  value: value as unknown as JsonObject,
  editId,
});
