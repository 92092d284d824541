import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listConsumers } from '../../../shared/usecases/consumers/list.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(consumersRoutes.list, deps, ({ query, now }) => listConsumers(deps.store, query, query, now), ok);
