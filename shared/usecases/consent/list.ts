import { absenceOf } from '../common/absence.ts';
import type { Deps } from '../ports/deps.ts';
import type { Page, PageRequest } from '../ports/store.ts';
import { consentShown, type ListedConsent } from './record.ts';

/** All statements of a consumer, newest first. Throws `Refusal` `consumer_not_found`, `erased`, `invalid_cursor`. */
export const listConsents = async (
  { store }: Pick<Deps, 'store'>,
  consumerId: string,
  query: PageRequest,
): Promise<Page<ListedConsent>> => {
  const [[profile], { items, nextCursor }] = await Promise.all([
    store.get([{ kind: 'profile', consumerId }], true),
    store.consentsOf(consumerId, query),
  ]);
  if (!profile) throw await absenceOf(store, consumerId);
  return { items: items.map(consentShown), nextCursor };
};
