import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { refuseOtherId } from '../../../shared/edge/parameters.ts';
import { renameList } from '../../../shared/usecases/lists/lists.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    listsRoutes.replace,
    deps,
    async ({ params: { listId }, body: { listId: named, name }, ifMatch, now }, commit) => {
      refuseOtherId('listId', named, listId);
      return renameList(deps, { listId, name, ifMatch, now }, commit);
    },
    ok,
  );
