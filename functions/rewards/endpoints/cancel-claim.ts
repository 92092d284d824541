import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { cancelClaim } from '../../../shared/usecases/rewards/cancel.ts';
import { rewardsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    rewardsRoutes.cancelClaim,
    deps,
    ({ params: { consumerId, claimId }, caller, now }, commit) =>
      cancelClaim(deps, { consumerId, actor: caller.id, now }, claimId, commit),
    noContent,
  );
