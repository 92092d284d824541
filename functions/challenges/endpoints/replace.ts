import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { refuseOtherId } from '../../../shared/edge/parameters.ts';
import { replaceChallenge } from '../../../shared/usecases/challenges/challenges.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { challengesRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    challengesRoutes.replace,
    deps,
    async ({ params: { challengeId }, body: { challengeId: named, ...content }, ifMatch, caller, now }, commit) => {
      refuseOtherId('challengeId', named, challengeId);
      return replaceChallenge(deps, { challengeId, content, ifMatch, actor: caller.id, now }, commit);
    },
    ok,
  );
