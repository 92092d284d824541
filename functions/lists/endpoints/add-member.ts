import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import { addToList } from '../../../shared/usecases/lists/members.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    listsRoutes.addMember,
    deps,
    ({ params, now }, commit) => addToList(deps, { ...params, now }, commit),
    noContent,
  );
