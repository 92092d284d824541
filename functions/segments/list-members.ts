import { endpoint, ok } from '../../shared/edge/endpoint.ts';
import type { Deps } from '../../shared/usecases/ports.ts';
import { listMembers } from '../../shared/usecases/segment-members.ts';
import { segmentsRoutes } from './routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    segmentsRoutes.listMembers,
    deps,
    ({ params, query }) => listMembers(deps.store, params.segmentId, query),
    ok,
  );
