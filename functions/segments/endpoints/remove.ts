import { endpoint, noContent } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { removeSegment } from '../../../shared/usecases/segments/edit/segments.ts';
import { segmentsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    segmentsRoutes.remove,
    deps,
    ({ params, ifMatch }, commit) => removeSegment(deps, { ...params, ifMatch }, commit),
    noContent,
  );
