/** Records of existing consumers. The store refuses records of any other consumer. */

import type { StoredRecord } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { profileOf } from './records.ts';

/** Writes the records one by one, after creating their consumers. */
export const written = async (store: Store, ...records: StoredRecord[]): Promise<void> => {
  for (const put of records) {
    if ('consumerId' in put && put.consumerId !== undefined && put.kind !== 'profile')
      await stands(store, put.consumerId);
    await store.commit([{ put, expect: 'anything' }]);
  }
};

export const stands = async (store: Store, consumerId: string): Promise<void> => {
  const [profile] = await store.get([{ kind: 'profile', consumerId }], true);
  if (!profile) await store.commit([{ put: profileOf(consumerId), expect: 'absent' }]);
};
