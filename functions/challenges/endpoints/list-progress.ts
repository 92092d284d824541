import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listProgress } from '../../../shared/usecases/challenges/progress.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { challengesRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    challengesRoutes.listProgress,
    deps,
    ({ params, query, now }) => listProgress(deps.store, params.consumerId, query, now),
    ok,
  );
