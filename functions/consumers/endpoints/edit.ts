import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { editConsumer } from '../../../shared/usecases/consumers/change.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consumersRoutes.edit,
    deps,
    ({ params, body, ifMatch, now }, commit) => editConsumer(deps, { ...params, ifMatch, now }, body, commit),
    ok,
  );
