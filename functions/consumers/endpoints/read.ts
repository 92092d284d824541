import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { readDetail } from '../../../shared/usecases/consumers/detail.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(consumersRoutes.read, deps, ({ params, now }) => readDetail(deps.store, params.consumerId, now), ok);
