import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { explainMembership } from '../../../shared/usecases/segments/edit/explain.ts';
import { segmentsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    segmentsRoutes.explain,
    deps,
    ({ params, query, now }) => explainMembership(deps, { ...params, at: query.at, now }),
    ok,
  );
