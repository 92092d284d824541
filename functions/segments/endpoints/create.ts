import { created, endpoint } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { createSegment } from '../../../shared/usecases/segments/edit/segments.ts';
import { segmentsRoutes } from '../routes.ts';
import { ruleIn } from '../schemas.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    segmentsRoutes.create,
    deps,
    async ({ body, now }, commit) => {
      const { segmentId, name } = body;
      return createSegment(deps, { segmentId, content: { name, rule: ruleIn(body) }, now }, commit);
    },
    created,
  );
