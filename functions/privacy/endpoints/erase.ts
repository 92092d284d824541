import { endpoint } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { eraseConsumer } from '../../../shared/usecases/privacy/erase-consumer.ts';
import { presentErasure } from '../present.ts';
import { privacyRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    privacyRoutes.erase,
    deps,
    ({ params, body, ifMatch, now }, commit) =>
      eraseConsumer(deps, { ...params, confirm: body?.confirm, ifMatch, now }, commit),
    presentErasure,
  );
