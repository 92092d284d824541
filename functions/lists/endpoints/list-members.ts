import { endpoint } from '../../../shared/edge/endpoint.ts';
import { listOrTable } from '../../../shared/edge/tables.ts';
import { pageOfList } from '../../../shared/usecases/lists/members.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { listsRoutes } from '../routes.ts';

export const makeHandler = (deps: Deps) =>
  endpoint(
    listsRoutes.listMembers,
    deps,
    ({ params: { listId }, ...asked }) =>
      listOrTable(asked, tableOf(listId), (page) => pageOfList(deps.store, listId, page)),
    (reply) => reply,
  );

const tableOf = (listId: string) => ({
  name: `list-${listId}`,
  columns: ['consumerId', 'fullName', 'email', 'addedAt'] as const,
  path: `/v1/lists/${listId}/members`,
});
