import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { readChallenge } from '../../../shared/usecases/challenges/challenges.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { challengesRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(challengesRoutes.read, deps, ({ params }) => readChallenge(deps.store, params.challengeId), ok);
