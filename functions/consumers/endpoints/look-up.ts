import { invalid } from '../../../shared/domain/refusal.ts';
import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { ownerOf } from '../../../shared/usecases/consumers/contact-owners.ts';
import { readDetail } from '../../../shared/usecases/consumers/detail.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { consumersRoutes } from '../routes.ts';
import { lookupIn } from '../schemas.ts';

export const makeHandler = ({ store }: Deps) =>
  endpoint(
    consumersRoutes.lookUp,
    { store },
    async ({ query, now }) => {
      const lookup = lookupIn(query);
      if (lookup === null) throw invalid('', 'required', 'Look up by email, or by phone, or by source and externalId.');
      return readDetail(store, await ownerOf(store, lookup), now);
    },
    ok,
  );
