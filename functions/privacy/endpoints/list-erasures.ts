import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listErasures } from '../../../shared/usecases/privacy/erasures.ts';
import { privacyRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(privacyRoutes.listErasures, deps, ({ query }) => listErasures(deps.store, query), ok);
