/** Looking for what should be gone: a table in memory that shows all it holds. */
import type { Item } from '../../shared/data/fields.ts';
import { memoryStorage } from '../../shared/data/memory-storage.ts';
import type { Storage } from '../../shared/data/storage.ts';
import { storeOver } from '../../shared/data/store.ts';
import type { Key } from '../../shared/data/table.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { formsOf } from './marks.ts';

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

/** Those of the texts that something shows in any form. */
export const residueOf = (texts: readonly string[], where: string): string[] =>
  texts.filter((text) => formsOf(text).some((form) => where.includes(form)));
