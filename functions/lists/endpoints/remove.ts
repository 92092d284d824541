import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import { takeMembersOff } from '../../../shared/usecases/lists/clean-up.ts';
import { removeList } from '../../../shared/usecases/lists/lists.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listsRoutes } from '../routes.ts';

/** Some seconds' work. */
const MEMBERS_AT_ONCE = 300;

export const makeHandler = (deps: Deps) =>
  endpoint(
    listsRoutes.remove,
    deps,
    async ({ params: { listId }, ifMatch }, commit) => {
      const removed = await removeList(deps, { listId, ifMatch }, commit);
      // The list is already deleted. If the clean-up fails or stops early, the workflow continues it.
      await takeMembersOff(deps, listId, MEMBERS_AT_ONCE).catch(() => undefined);
      return removed;
    },
    noContent,
  );
