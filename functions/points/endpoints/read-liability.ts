import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { readLiability } from '../../../shared/usecases/points/liability.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { pointsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(pointsRoutes.readLiability, deps, ({ now }) => readLiability(deps.store, now), ok);
