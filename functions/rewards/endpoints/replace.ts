import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { refuseOtherId } from '../../../shared/edge/parameters.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { replaceReward } from '../../../shared/usecases/rewards/rewards.ts';
import { rewardsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    rewardsRoutes.replace,
    deps,
    async ({ params: { rewardId }, body: { rewardId: named, ...content }, ifMatch, now }, commit) => {
      refuseOtherId('rewardId', named, rewardId);
      return replaceReward(deps, { rewardId, content, ifMatch, now }, commit);
    },
    ok,
  );
