import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { readList } from '../../../shared/usecases/lists/lists.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(listsRoutes.read, deps, ({ params }) => readList(deps.store, params.listId), ok);
