import { created, endpoint, ok } from '../../../shared/edge/endpoint.ts';
import type { Reply } from '../../../shared/edge/idempotency.ts';
import { type PointsAnswer, postPoints } from '../../../shared/usecases/points/post.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { pointsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    pointsRoutes.post,
    deps,
    ({ params: { consumerId }, body, caller, now }, commit) =>
      postPoints(deps, { consumerId, actor: caller.id, now }, body, commit),
    present,
  );

const present = ({ posted, replayed }: PointsAnswer): Reply =>
  replayed ? { ...ok(posted), headers: { 'idempotent-replayed': 'true' } } : created(posted);
