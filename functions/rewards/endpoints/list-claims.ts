import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listClaims } from '../../../shared/usecases/rewards/claims.ts';
import { rewardsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(rewardsRoutes.listClaims, deps, ({ params, query }) => listClaims(deps.store, params.consumerId, query), ok);
