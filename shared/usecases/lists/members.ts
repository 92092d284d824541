/** Members of lists. The consumer's memberships are authoritative; `listMember` entries serve the pages of a list. */
import type { Instant } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import { absenceOf, tombstoneOf } from '../common/absence.ts';
import { found } from '../common/edits.ts';
import { retrying } from '../common/retrying.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store, Write } from '../ports/store.ts';

export interface ListedConsumer {
  listId: string;
  consumerId: string;
}
type Memberships = RecordOf<'memberships'>;

const MOST_LISTS_OF_ONE = 200;

/** Safe to repeat. Throws `Refusal` `not_found` (the list), `consumer_not_found`, `limit_reached`. */
export const addToList = (
  deps: Deps,
  { listId, consumerId, now }: ListedConsumer & { now: Instant },
  commit: Commit,
): Promise<null> =>
  retrying(deps, async () => {
    const [list, profile, memberships] = await deps.store.get(
      [
        { kind: 'list', listId },
        { kind: 'profile', consumerId },
        { kind: 'memberships', consumerId },
      ],
      true,
    );
    found('list', list);
    if (profile === undefined) throw await absenceOf(deps.store, consumerId);
    const lists = memberships?.lists ?? [];
    if (lists.some((one) => one.listId === listId)) return null;
    if (lists.length >= MOST_LISTS_OF_ONE) {
      throw new Refusal('limit_reached', `A consumer is on ${MOST_LISTS_OF_ONE} lists at most.`);
    }
    const { fullName, email, version } = profile;
    const writes: Write[] = [
      { put: { kind: 'listMember', consumerId, listId, addedAt: now, fullName, email }, expect: 'anything' },
      membershipsWrite(consumerId, memberships, [...lists, { listId, addedAt: now }]),
      // Fails if the list is being deleted or the consumer's name is being changed.
      { check: { kind: 'list', listId }, expect: 'present' },
      { check: { kind: 'profile', consumerId }, expect: { version } },
    ];
    return commit(writes, null);
  });

/** Idempotent: succeeds if the consumer is not on the list. Throws `Refusal('not_found')` (the list). */
export const takeOffList = (deps: Deps, { listId, consumerId }: ListedConsumer, commit: Commit): Promise<null> =>
  retrying(deps, async () => {
    const [list, memberships] = await deps.store.get(
      [
        { kind: 'list', listId },
        { kind: 'memberships', consumerId },
      ],
      true,
    );
    found('list', list);
    // A consumer without memberships may have been erased.
    if (!memberships && (await tombstoneOf(deps.store, consumerId))) throw await absenceOf(deps.store, consumerId);
    const writes = removalWrites(memberships, { listId, consumerId });
    return writes.length === 0 ? null : commit(writes, null);
  });

/** None where the consumer is not on the list. */
export const removalWrites = (
  memberships: Memberships | undefined,
  { listId, consumerId }: ListedConsumer,
): Write[] => {
  const lists = memberships?.lists ?? [];
  const others = lists.filter((one) => one.listId !== listId);
  if (others.length === lists.length) return [];
  return [{ remove: { kind: 'listMember', consumerId, listId } }, membershipsWrite(consumerId, memberships, others)];
};

/** The memberships with these lists; segments, which others may be refreshing, stay as they were read. */
const membershipsWrite = (consumerId: string, before: Memberships | undefined, lists: Memberships['lists']): Write => {
  const { version, ...rest } = before ?? { kind: 'memberships', consumerId, version: 0, ruleVersions: {}, dueAt: null };
  return {
    put: { ...rest, version: version + 1, lists },
    expect: before ? { version } : 'absent',
  };
};

export interface ListMemberShown {
  consumerId: string;
  fullName: string | null;
  email: string | null;
  addedAt: Instant;
}

/** In the order of their ids, in one request unless the page is empty. Throws `Refusal` `not_found` and `invalid_cursor`. */
export const pageOfList = async (store: Store, listId: string, page: PageRequest): Promise<Page<ListMemberShown>> => {
  const { items, nextCursor } = await store.membersOfList(listId, page);
  if (items.length === 0) found('list', (await store.get([{ kind: 'list', listId }], true))[0]);
  const shown = items.map(({ consumerId, fullName, email, addedAt }) => ({ consumerId, fullName, email, addedAt }));
  return { items: shown, nextCursor };
};
