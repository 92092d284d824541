import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { setSyncSource } from '../../../shared/usecases/consumers/change.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consumersRoutes.setSyncSource,
    deps,
    ({ params: { consumerId, source }, body, ifMatch, now }, commit) =>
      setSyncSource(deps, { consumerId, ifMatch, now }, { source, ...body }, commit),
    ok,
  );
