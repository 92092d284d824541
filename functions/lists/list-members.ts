import { endpoint, ok } from '../../shared/edge/endpoint.ts';
import { pageOfList } from '../../shared/usecases/list-members.ts';
import type { Deps } from '../../shared/usecases/ports.ts';
import { listsRoutes } from './routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(listsRoutes.listMembers, deps, ({ params, query }) => pageOfList(deps.store, params.listId, query), ok);
