import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { setMembership } from '../../../shared/usecases/consumers/change.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consumersRoutes.setMembership,
    deps,
    ({ params, body, ifMatch, now }, commit) => setMembership(deps, { ...params, ifMatch, now }, body.state, commit),
    ok,
  );
