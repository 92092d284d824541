import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import { addTag } from '../../../shared/usecases/consumers/change.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consumersRoutes.addTag,
    deps,
    ({ params: { consumerId, tag }, body, ifMatch, now }, commit) =>
      addTag(deps, { consumerId, ifMatch, now }, { name: tag, type: body?.type }, commit),
    noContent,
  );
