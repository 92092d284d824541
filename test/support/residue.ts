/** Looking for what should be gone: a table in memory that shows all it holds, and texts in all their disguises. */
import { createHash } from 'node:crypto';
import type { Item } from '../../shared/data/fields.ts';
import { memoryStorage } from '../../shared/data/memory-storage.ts';
import type { Storage } from '../../shared/data/storage.ts';
import { storeOver } from '../../shared/data/store.ts';
import type { Key } from '../../shared/data/table.ts';
import type { Store } from '../../shared/usecases/ports.ts';

export interface OpenTable {
  store: Store;
  storage: Storage;
  /** Every item, in no order. */
  items(): Promise<Item[]>;
}

export const openTable = (): OpenTable => {
  const storage = memoryStorage();
  const keys = new Map<string, Key>();
  const noting: Storage = {
    ...storage,
    write: async (writes) => {
      await storage.write(writes);
      for (const { key } of writes) keys.set(JSON.stringify(key), key);
    },
  };
  const items = async () => (await storage.read([...keys.values()], true)).filter((item) => item !== undefined);
  return { store: storeOver(noting, 'a key for tests'), storage: noting, items };
};

/** The text as it is, and as somebody may have encoded or hashed it without a key. */
export const disguisesOf = (text: string): string[] => {
  const bytes = Buffer.from(text);
  const digests = ['sha256', 'sha1', 'md5'].map((name) => createHash(name).update(text).digest());
  return [
    ...new Set([
      text,
      text.toLowerCase(),
      encodeURIComponent(text),
      JSON.stringify(text).slice(1, -1),
      ...[bytes, ...digests].flatMap((each) => [each.toString('hex'), ...inBase64(each)]),
    ]),
  ];
};

/** In base64 a text looks in three ways, by where it begins; what its neighbours have a part in is left out. */
const inBase64 = (bytes: Buffer): string[] =>
  [0, 1, 2].flatMap((before) => {
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    return (['base64', 'base64url'] as const).map((encoding) => padded.toString(encoding).slice(from, to));
  });

/** Those of the texts that something shows in any disguise. */
export const residueOf = (texts: readonly string[], where: string): string[] =>
  texts.filter((text) => disguisesOf(text).some((disguise) => disguise.length > 3 && where.includes(disguise)));
