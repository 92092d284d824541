/** Lists as staff keep them: who is on one is said by hand (see list-members.ts). */
import type { Instant } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import { countOf } from '../../domain/segments/counts.ts';
import { retrying } from '../common/retrying.ts';
import { refuseWhereUsed, usersOf } from '../groups/bindings.ts';
import { countsIn } from '../groups/count-members.ts';
import { bookmarksIn, catalogueOf, withRevision } from '../organization/catalogue.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store, Write } from '../ports/store.ts';

type ListRecord = RecordOf<'list'>;
type Settings = RecordOf<'settings'> | undefined;
export type ListShown = Omit<ListRecord, 'kind' | 'editId'> & { memberCount: number };

/** So many names fit the memory of every function, and those whose members are being taken off count. */
const MOST_LISTS = 1_000;

/** Throws `Refusal` `id_taken`, as long as anyone is on a deleted list with this id too, and `limit_reached`. */
export const createList = (
  deps: Deps,
  { listId: chosen, name, now }: { listId?: string | undefined; name: string; now: Instant },
  commit: Commit,
): Promise<ListShown> => {
  const listId = chosen ?? deps.newId(now);
  return written(deps, { listId, now }, commit, async (before, settings) => {
    const { listsLeaving } = bookmarksIn(settings);
    if (before) throw new Refusal('id_taken', 'There is a list with this id.');
    if (listsLeaving.includes(listId)) {
      throw new Refusal('id_taken', 'The members of a deleted list with this id are still being taken off.');
    }
    const { lists } = await catalogueOf(deps.store, settings);
    if (lists.size + listsLeaving.length >= MOST_LISTS) {
      throw new Refusal('limit_reached', `There are ${MOST_LISTS} lists at most.`);
    }
    return { kind: 'list', listId, name, version: 1, createdAt: now, updatedAt: now };
  });
};

export interface ListTarget {
  listId: string;
  /** The version that the caller has seen. */
  ifMatch?: number | undefined;
}

/** Throws `Refusal` `not_found` and `version_conflict`. */
export const renameList = (
  deps: Deps,
  { name, now, ...target }: ListTarget & { name: string; now: Instant },
  commit: Commit,
): Promise<ListShown> =>
  written(deps, { listId: target.listId, now }, commit, async (found) => {
    const before = asSeen(found, target);
    return { ...before, name, version: before.version + 1, updatedAt: now };
  });

/**
 * Nobody is added to it any more, and nobody is told of it; its members are taken off after that. Throws `Refusal`
 * `not_found`, `version_conflict`, and `in_use` with the users named.
 */
export const removeList = (deps: Deps, target: ListTarget, commit: Commit): Promise<null> => {
  let attempted = false;
  return retrying(deps, async () => {
    const [list, settings] = await read(deps.store, target.listId);
    // An attempt before took effect unnoticed, or another one was faster.
    if (attempted && list === undefined) return null;
    const { kind, listId, version } = asSeen(list, target);
    refuseWhereUsed(await usersOf(deps.store, settings, { listId }));
    attempted = true;
    const listsLeaving = [...bookmarksIn(settings).listsLeaving, listId];
    const remove: Write = { remove: { kind, listId }, expect: { version } };
    return commit([remove, edited(settings, { listsLeaving })], null);
  });
};

/** Throws `Refusal('not_found')`. */
export const readList = async (store: Store, listId: string): Promise<ListShown> => {
  const [list, counts] = await store.get([{ kind: 'list', listId }, { kind: 'memberCounts' }], true);
  return shown(asSeen(list, {}), counts);
};

/** In the order of their ids. Throws `Refusal('invalid_cursor')`. */
export const listLists = async (store: Store, page: PageRequest): Promise<Page<ListShown>> => {
  const [lists, [counts]] = await Promise.all([store.lists(), store.get([{ kind: 'memberCounts' }])]);
  const { items, nextCursor } = store.pageAmong('lists', lists, ({ listId }) => listId, page);
  return { items: items.map((list) => shown(list, counts)), nextCursor };
};

export const asSeen = (list: ListRecord | undefined, { ifMatch }: Pick<ListTarget, 'ifMatch'>): ListRecord => {
  if (list === undefined) throw new Refusal('not_found', 'There is no list with this id.');
  if (ifMatch !== undefined && ifMatch !== list.version) {
    throw new Refusal('version_conflict', `The list is at version ${list.version}, not ${ifMatch}.`);
  }
  return list;
};

const read = (store: Store, listId: string) =>
  store.get([{ kind: 'list', listId }, { kind: 'settings' }, { kind: 'memberCounts' }], true);

/** Writes the list that is decided on. An attempt that took effect unnoticed is not made again. */
const written = (
  deps: Deps,
  { listId, now }: { listId: string; now: Instant },
  commit: Commit,
  decide: (before: ListRecord | undefined, settings: Settings) => Promise<ListRecord>,
): Promise<ListShown> => {
  const editId = deps.newId(now);
  return retrying(deps, async () => {
    const [before, settings, counts] = await read(deps.store, listId);
    if (before?.editId === editId) return shown(before, counts);
    const put = { ...(await decide(before, settings)), editId };
    const write: Write = { put, expect: before ? { version: before.version } : 'absent' };
    return commit([write, edited(settings)], shown(put, counts));
  });
};

/** Everyone is told that a list was edited. */
export const edited = (settings: Settings, change: { listsLeaving?: string[] } = {}): Write => ({
  put: withRevision(settings, change),
  expect: settings ? { version: settings.version } : 'absent',
});

const shown = (
  { kind: _kind, editId: _editId, ...list }: ListRecord,
  counts: RecordOf<'memberCounts'> | undefined,
): ListShown => ({
  ...list,
  memberCount: countOf(countsIn(counts), list),
});
