import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { removeReward } from '../../../shared/usecases/rewards/rewards.ts';
import { rewardsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    rewardsRoutes.remove,
    deps,
    ({ params, ifMatch }, commit) => removeReward(deps, { ...params, ifMatch }, commit),
    noContent,
  );
