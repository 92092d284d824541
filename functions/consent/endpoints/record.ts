import { created, endpoint } from '../../../shared/edge/endpoint.ts';
import { recordConsent } from '../../../shared/usecases/consent/record.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consentRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consentRoutes.record,
    deps,
    ({ params, body, ifMatch, now }, commit) => recordConsent(deps, { ...params, ifMatch, now }, body, commit),
    created,
  );
