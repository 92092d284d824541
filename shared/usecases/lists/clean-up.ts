/** Taking the members of a deleted list off: what the request itself leaves, a workflow does, step by step. */

import { inParallel } from '../common/in-parallel.ts';
import { retrying } from '../common/retrying.ts';
import { bookmarksIn } from '../organization/catalogue.ts';
import type { Deps } from '../ports/deps.ts';
import { edited } from './lists.ts';
import { type ListedConsumer, removalWrites } from './members.ts';

type CleanUpDeps = Pick<Deps, 'store' | 'pause'>;

const PAGE = 100;
const AT_ONCE = 8;

/**
 * Takes members off, leaving off behind so many; gives back how many there were. None are taken off a list that is
 * there. The index that they are found by may be a moment old: who is found is decided on what is stored.
 */
export const takeMembersOff = async (deps: CleanUpDeps, listId: string, most: number): Promise<number> => {
  let [taken, seen] = [0, 0];
  let cursor: string | undefined;
  do {
    const page = await deps.store.membersOfList(listId, { limit: Math.min(PAGE, most - seen), cursor });
    const done = await inParallel(page.items, AT_ONCE, ({ consumerId }) => takeOff(deps, { listId, consumerId }));
    taken += done.filter(Boolean).length;
    seen += page.items.length;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && seen < most);
  return taken;
};

const takeOff = (deps: CleanUpDeps, { listId, consumerId }: ListedConsumer): Promise<boolean> =>
  retrying(deps, async () => {
    const [list, memberships] = await deps.store.get(
      [
        { kind: 'list', listId },
        { kind: 'memberships', consumerId },
      ],
      true,
    );
    const writes = list ? [] : removalWrites(memberships, { listId, consumerId });
    if (writes.length > 0) await deps.store.commit([...writes, { check: { kind: 'list', listId }, expect: 'absent' }]);
    return writes.length > 0;
  });

/** Allows a new list with this id. The deleted list must have no members left. */
export const releaseListId = (deps: CleanUpDeps, listId: string): Promise<void> =>
  retrying(deps, async () => {
    const [settings] = await deps.store.get([{ kind: 'settings' }], true);
    const { listsLeaving } = bookmarksIn(settings);
    if (!listsLeaving.includes(listId)) return;
    await deps.store.commit([edited(settings, { listsLeaving: listsLeaving.filter((one) => one !== listId) })]);
  });
