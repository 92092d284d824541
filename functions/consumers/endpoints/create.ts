import { created, endpoint } from '../../../shared/edge/endpoint.ts';
import { createConsumer } from '../../../shared/usecases/consumers/create.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consumersRoutes.create,
    deps,
    ({ body: { externalIds, ...profile }, now }, commit) => createConsumer(deps, { profile, externalIds, now }, commit),
    (detail) => created(detail, detail.consumerId),
  );
