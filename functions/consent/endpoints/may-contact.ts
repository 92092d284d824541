import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { mayContact } from '../../../shared/usecases/consent/contactability.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consentRoutes } from '../routes.ts';

export const makeHandler = ({ store }: Deps) =>
  endpoint(
    consentRoutes.mayContact,
    { store },
    ({ params, query, now }) => mayContact(store, { ...params, ...query, now }),
    ok,
  );
