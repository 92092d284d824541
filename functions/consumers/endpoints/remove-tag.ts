import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import { removeTag } from '../../../shared/usecases/consumers/change.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consumersRoutes.removeTag,
    deps,
    ({ params: { consumerId, tag }, ifMatch, now }, commit) =>
      removeTag(deps, { consumerId, ifMatch, now }, tag, commit),
    noContent,
  );
