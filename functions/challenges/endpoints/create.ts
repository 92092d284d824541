import { created, endpoint } from '../../../shared/edge/endpoint.ts';
import { createChallenge } from '../../../shared/usecases/challenges/challenges.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { challengesRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    challengesRoutes.create,
    deps,
    ({ body: { challengeId, ...content }, caller, now }, commit) =>
      createChallenge(deps, { challengeId, content, actor: caller.id, now }, commit),
    (challenge) => created(challenge),
  );
