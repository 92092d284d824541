import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listEvents } from '../../../shared/usecases/events/list.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { eventsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(eventsRoutes.list, deps, ({ params, query }) => listEvents(deps, params.consumerId, query), ok);
