import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listLots } from '../../../shared/usecases/points/list.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { pointsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(pointsRoutes.listLots, deps, ({ params, now }) => listLots(deps, params.consumerId, now), ok);
