import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import { takeOffList } from '../../../shared/usecases/lists/members.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(listsRoutes.removeMember, deps, ({ params }, commit) => takeOffList(deps, params, commit), noContent);
