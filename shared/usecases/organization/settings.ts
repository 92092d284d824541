/** Settings: typed documents, each with its own version; the defaults where nothing was ever set. */
import type { Instant, JsonObject } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { SETTINGS_DOCUMENTS, Settings } from '../../domain/settings.ts';
import { settingsOf } from '../../domain/settings.ts';
import { retrying } from '../common/retrying.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store, Write } from '../ports/store.ts';

export type DocumentName = keyof typeof SETTINGS_DOCUMENTS;
export type SettingsDocument = Settings[DocumentName] & {
  /** 0 where it was never set. */
  version: number;
  updatedAt: Instant | null;
  updatedBy: string | null;
};

export const readSettings = async (store: Store, name: DocumentName): Promise<SettingsDocument> => {
  const [record] = await store.get([{ kind: 'settings' }], true);
  return documentIn(record, name);
};

/** What a document was at a version. */
export type PastDocument = JsonObject & { version: number; updatedAt: Instant; updatedBy: string };

/** What a document was, newest first. Throws `Refusal('invalid_cursor')`. */
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
  asked: SettingsChange,
  commit: Commit,
): Promise<SettingsDocument> => {
  const editId = deps.newId(asked.now);
  let attempted: { past: PastRecord; answer: SettingsDocument } | null = null;
  return retrying(deps, async () => {
    const [[record], stood] = await Promise.all([
      store.get([{ kind: 'settings' }], true),
      attempted ? store.get([attempted.past], true) : [],
    ]);
    // An attempt that took effect unnoticed stands, whoever wrote after it.
    if (attempted && stood[0]?.editId === editId) return attempted.answer;
    const { version } = unlessStale(record, asked);
    const inForce = settingsOf(record?.documents ?? {});
    const value = asked.name === 'organization' ? keeping(inForce.organization, asked) : asked.value;
    const put = withDocument(record, { ...asked, value }, version + 1);
    const past = pastDocument({ ...asked, value }, version + 1, editId);
    attempted = { past, answer: documentIn(put, asked.name) };
    const writes: Write[] = [
      { put, expect: record ? { version: record.version } : 'absent' },
      { put: past, expect: 'absent' },
    ];
    return commit(writes, attempted.answer);
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
