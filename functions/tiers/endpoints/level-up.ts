import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { levelUp } from '../../../shared/usecases/tiers/level-up.ts';
import { tiersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    tiersRoutes.levelUp,
    deps,
    ({ params: { consumerId }, body, caller, now }, commit) =>
      levelUp(deps, { consumerId, actor: caller.id, now }, body, commit),
    ok,
  );
