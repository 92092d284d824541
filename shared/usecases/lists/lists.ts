/** Lists that staff keep. Members are added individually (see members.ts). */
import type { Instant } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import { countOf } from '../../domain/segments/counts.ts';
import { found, putWrite, removeOnce, saveOnce } from '../common/edits.ts';
import { refuseWhereUsed, usersOf } from '../groups/bindings.ts';
import { countsIn } from '../groups/count-members.ts';
import { bookmarksIn, catalogueOf, withRevision } from '../organization/catalogue.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store, Write } from '../ports/store.ts';

type ListRecord = RecordOf<'list'>;
type Settings = RecordOf<'settings'> | undefined;
export type ListShown = Omit<ListRecord, 'kind' | 'editId'> & { memberCount: number };

/** Every function keeps all list names in memory. Lists whose members are still being removed count too. */
const MOST_LISTS = 1_000;

/** Throws `Refusal` `id_taken`, also while a deleted list with this id still has members, and `limit_reached`. */
export const createList = (
  deps: Deps,
  { listId: chosen, name, now }: { listId?: string | undefined; name: string; now: Instant },
  commit: Commit,
): Promise<ListShown> => {
  const listId = chosen ?? deps.newId(now);
  return saveList(deps, { listId, now }, commit, async (before, settings) => {
    const { listsLeaving } = bookmarksIn(settings);
    if (before) throw new Refusal('id_taken', 'There is a list with this id.');
    if (listsLeaving.includes(listId)) {
      throw new Refusal('id_taken', 'Members of a deleted list with this id are still being removed.');
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
  saveList(deps, { listId: target.listId, now }, commit, async (list) => {
    const before = found('list', list, target.ifMatch);
    return { ...before, name, version: before.version + 1, updatedAt: now };
  });

/**
 * Stops additions and hides the list at once; its members are removed afterwards. Throws `Refusal`
 * `not_found`, `version_conflict`, and `in_use` with the users named.
 */
export const removeList = (deps: Deps, target: ListTarget, commit: Commit): Promise<null> =>
  removeOnce(
    deps,
    () => read(deps.store, target.listId),
    ([list]) => list === undefined,
    async ([list, settings]) => {
      const { kind, listId, version } = found('list', list, target.ifMatch);
      refuseWhereUsed(await usersOf(deps.store, settings, { listId }));
      const listsLeaving = [...bookmarksIn(settings).listsLeaving, listId];
      const remove: Write = { remove: { kind, listId }, expect: { version } };
      return commit([remove, edited(settings, { listsLeaving })], null);
    },
  );

/** Throws `Refusal('not_found')`. */
export const readList = async (store: Store, listId: string): Promise<ListShown> => {
  const [list, counts] = await store.get([{ kind: 'list', listId }, { kind: 'memberCounts' }], true);
  return shown(found('list', list), counts);
};

/** In the order of their ids. Throws `Refusal('invalid_cursor')`. */
export const listLists = async (store: Store, page: PageRequest): Promise<Page<ListShown>> => {
  const [lists, [counts]] = await Promise.all([store.lists(), store.get([{ kind: 'memberCounts' }])]);
  const { items, nextCursor } = store.pageAmong('lists', lists, ({ listId }) => listId, page);
  return { items: items.map((list) => shown(list, counts)), nextCursor };
};

const read = (store: Store, listId: string) =>
  store.get([{ kind: 'list', listId }, { kind: 'settings' }, { kind: 'memberCounts' }], true);

/** Saves the list that `decide` returns. */
const saveList = (
  deps: Deps,
  { listId, now }: { listId: string; now: Instant },
  commit: Commit,
  decide: (before: ListRecord | undefined, settings: Settings) => Promise<ListRecord>,
): Promise<ListShown> =>
  saveOnce(deps, now, {
    read: () => read(deps.store, listId),
    committed: ([before, , counts], editId) => (before?.editId === editId ? shown(before, counts) : undefined),
    save: async ([before, settings, counts], editId) => {
      const put = { ...(await decide(before, settings)), editId };
      return commit([putWrite(before, put), edited(settings)], shown(put, counts));
    },
  });

/** Invalidates every function's catalogue after an edit of a list. */
export const edited = (settings: Settings, change: { listsLeaving?: string[] } = {}): Write =>
  putWrite(settings, withRevision(settings, change));

const shown = (
  { kind: _kind, editId: _editId, ...list }: ListRecord,
  counts: RecordOf<'memberCounts'> | undefined,
): ListShown => ({
  ...list,
  memberCount: countOf(countsIn(counts), list),
});
