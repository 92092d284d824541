import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { receiveSms } from '../../../shared/usecases/consent/inbound-sms.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consentRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    consentRoutes.receiveSms,
    deps,
    ({ body, now }, commit) => receiveSms(deps, { ...body, now }, commit),
    ({ keyword, consumerId }) => ({ ...ok({ keyword }, consumerId), status: 202 }),
  );
