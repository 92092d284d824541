import { created, endpoint } from '../../../shared/edge/endpoint.ts';
import { createList } from '../../../shared/usecases/lists/lists.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    listsRoutes.create,
    deps,
    ({ body, now }, commit) => createList(deps, { ...body, now }, commit),
    (list) => created(list),
  );
