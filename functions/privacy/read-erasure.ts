import { endpoint, ok } from '../../shared/edge/endpoint.ts';
import { readErasure } from '../../shared/usecases/erasures.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import { privacyRoutes } from './routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(privacyRoutes.readErasure, deps, ({ params }) => readErasure(deps.store, params.erasureId), ok);
