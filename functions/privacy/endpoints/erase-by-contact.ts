import { endpoint } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { eraseByContact } from '../../../shared/usecases/privacy/erase-consumer.ts';
import { presentErasure } from '../present.ts';
import { privacyRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    privacyRoutes.eraseByContact,
    deps,
    ({ body: { lookup, confirm }, now }, commit) => eraseByContact(deps, { lookup, confirm, now }, commit),
    presentErasure,
  );
