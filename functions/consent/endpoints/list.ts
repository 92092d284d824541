import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { listConsents } from '../../../shared/usecases/consent/list.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consentRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(consentRoutes.list, deps, ({ params, query }) => listConsents(deps, params.consumerId, query), ok);
