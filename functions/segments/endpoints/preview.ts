import { endpoint, okUnkept } from '../../../shared/edge/endpoint.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { previewRule } from '../../../shared/usecases/segments/edit/preview.ts';
import { segmentsRoutes } from '../routes.ts';
import { ruleIn } from '../schemas.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    segmentsRoutes.preview,
    deps,
    async ({ body, now }) => previewRule(deps.store, { rule: ruleIn(body), segmentId: body.segmentId, now }),
    okUnkept,
  );
