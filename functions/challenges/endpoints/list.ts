import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listChallenges } from '../../../shared/usecases/challenges/challenges.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { challengesRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(challengesRoutes.list, deps, ({ query }) => listChallenges(deps.store, query), ok);
