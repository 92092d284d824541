import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listLists } from '../../../shared/usecases/lists/lists.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(listsRoutes.list, deps, ({ query }) => listLists(deps.store, query), ok);
