import { created, endpoint } from '../../../shared/edge/endpoint.ts';
import { adjustLoyaltyScore } from '../../../shared/usecases/consumers/adjust-loyalty-score.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consumersRoutes.adjustLoyaltyScore,
    deps,
    async ({ params: { consumerId }, body, caller, now }, commit) =>
      adjustLoyaltyScore(deps, { consumerId, ...body, actor: caller.id, now }, commit),
    created,
  );
