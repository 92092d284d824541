import { endpoint } from '../../../shared/edge/endpoint.ts';
import { listOrTable } from '../../../shared/edge/tables.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listMembers } from '../../../shared/usecases/segments/edit/members.ts';
import { segmentsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    segmentsRoutes.listMembers,
    deps,
    ({ params: { segmentId }, ...asked }) =>
      listOrTable(asked, tableOf(segmentId), (page) => listMembers(deps.store, segmentId, page)),
    (reply) => reply,
  );

const tableOf = (segmentId: string) => ({
  name: `segment-${segmentId}`,
  columns: ['consumerId', 'fullName', 'email', 'enteredAt'] as const,
  path: `/v1/segments/${segmentId}/members`,
});
