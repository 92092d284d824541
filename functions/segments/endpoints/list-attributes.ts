import { catalogue } from '../../../shared/domain/segments/attributes.ts';
import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { segmentsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(segmentsRoutes.listAttributes, deps, async () => ({ items: catalogue(), nextCursor: null }), ok);
