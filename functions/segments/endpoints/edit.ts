import { endpoint, ok } from '../../../shared/edge/endpoint.ts';
import { refuseOtherId } from '../../../shared/edge/parameters.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { editSegment } from '../../../shared/usecases/segments/edit/segments.ts';
import { segmentsRoutes } from '../routes.ts';
import { ruleIn } from '../schemas.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    segmentsRoutes.edit,
    deps,
    async ({ params: { segmentId }, body, ifMatch, now }, commit) => {
      refuseOtherId('segmentId', body.segmentId, segmentId);
      const content = { name: body.name, rule: ruleIn(body) };
      return editSegment(deps, { segmentId, ifMatch, content, now }, commit);
    },
    ok,
  );
