import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import { removeChallenge } from '../../../shared/usecases/challenges/challenges.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { challengesRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    challengesRoutes.remove,
    deps,
    ({ params, ifMatch, caller, now }, commit) =>
      removeChallenge(deps, { ...params, ifMatch, actor: caller.id, now }, commit),
    noContent,
  );
