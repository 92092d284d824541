import { created, endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Reply } from '../../../shared/edge/idempotency.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { type ClaimAnswer, claimReward } from '../../../shared/usecases/rewards/claim.ts';
import { rewardsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    rewardsRoutes.claim,
    deps,
    ({ params: { consumerId }, body, caller, now }, commit) =>
      claimReward(deps, { consumerId, actor: caller.id, now }, body, commit),
    present,
  );

const present = ({ claimed, replayed }: ClaimAnswer): Reply =>
  replayed ? { ...ok(claimed), headers: { 'idempotent-replayed': 'true' } } : created(claimed);
