import { created, endpoint } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { createReward } from '../../../shared/usecases/rewards/rewards.ts';
import { rewardsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    rewardsRoutes.create,
    deps,
    ({ body: { rewardId, ...content }, now }, commit) => createReward(deps, { rewardId, content, now }, commit),
    (reward) => created(reward),
  );
