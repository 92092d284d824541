import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { readReward } from '../../../shared/usecases/rewards/rewards.ts';
import { rewardsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(rewardsRoutes.read, deps, ({ params }) => readReward(deps.store, params.rewardId), ok);
