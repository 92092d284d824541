import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { readSegment } from '../../../shared/usecases/segments/edit/segments.ts';
import { segmentsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(segmentsRoutes.read, deps, ({ params }) => readSegment(deps.store, params.segmentId), ok);
