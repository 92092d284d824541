import { builtInAudiences } from '../../../shared/domain/segments/built-in.ts';
import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { scoringOf } from '../../../shared/usecases/organization/scoring.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { segmentsRoutes } from '../routes.ts';

export const makeHandler = ({ store }: Deps) =>
  endpoint(
    segmentsRoutes.listTemplates,
    { store },
    async () => {
      const [settings] = await store.get([{ kind: 'settings' }]);
      const { currency } = scoringOf(settings).settings.organization;
      return { items: builtInAudiences(currency), nextCursor: null };
    },
    ok,
  );
