/** Settings: typed documents, each with its own version; the defaults where nothing was ever set. */
import type { Instant, JsonObject } from '../domain/facts.ts';
import { Refusal } from '../domain/refusal.ts';
import type { SETTINGS_DOCUMENTS, Settings } from '../domain/settings.ts';
import { settingsOf } from '../domain/settings.ts';
import type { Commit, Deps, RecordOf, Store } from './ports.ts';
import { retrying } from './retrying.ts';

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
 * Replaces a document. What was left out takes its default; in `organization` it stays, so that a new name does not
 * bring the first currency back. Another currency converts nothing: amounts stay the whole numbers that they are, of
 * minor units of what the currency is now. Throws `version_conflict`.
 */
export const writeSettings = (
  { store, ...deps }: Deps,
  asked: SettingsChange,
  commit: Commit,
): Promise<SettingsDocument> =>
  retrying(deps, async () => {
    const [record] = await store.get([{ kind: 'settings' }], true);
    const before = documentIn(record, asked.name);
    if (asked.ifMatch !== undefined && asked.ifMatch !== before.version) {
      throw new Refusal('version_conflict', `The document is at version ${before.version}, not ${asked.ifMatch}.`);
    }
    const inForce = settingsOf(record?.documents ?? {});
    const value = asked.name === 'organization' ? keeping(inForce.organization, asked) : asked.value;
    const put = withDocument(record, { ...asked, value }, before.version + 1);
    const expect = record ? { version: record.version } : 'absent';
    return commit([{ put, expect }], documentIn(put, asked.name));
  });

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
