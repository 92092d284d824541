import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listPoints } from '../../../shared/usecases/points/list.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { pointsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(pointsRoutes.list, deps, ({ params, query, now }) => listPoints(deps, params.consumerId, query, now), ok);
