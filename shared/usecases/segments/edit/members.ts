/** Who is in a segment. */

import type { RecordOf } from '../../ports/records.ts';
import type { Page, PageRequest, Store } from '../../ports/store.ts';
import { asSeen } from './segments.ts';

export type MemberShown = Pick<RecordOf<'member'>, 'consumerId' | 'fullName' | 'email' | 'enteredAt'>;

/**
 * In the order of their ids; nobody before the first rule has its members. Throws `Refusal` `not_found` and
 * `invalid_cursor`.
 */
export const listMembers = async (store: Store, segmentId: string, page: PageRequest): Promise<Page<MemberShown>> => {
  const [segment] = await store.get([{ kind: 'segment', segmentId }], true);
  const { live } = asSeen(segment, {});
  if (live === null) return { items: [], nextCursor: null };
  const { items, nextCursor } = await store.membersOfRuleVersion(live.number, page);
  const shown = ({ consumerId, fullName, email, enteredAt }: RecordOf<'member'>) => ({
    consumerId,
    fullName,
    email,
    enteredAt,
  });
  return { items: items.map(shown), nextCursor };
};
