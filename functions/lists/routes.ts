/** Lists: groups of consumers that staff put together by hand. */
import type { Routes } from '../../shared/edge/catalogue.ts';
import { ABOUT_TABLES, tableQuery } from '../../shared/edge/parameters.ts';
import { listAnswer, listBody, listMemberParams, listParams, listsPage, membersPage, pageQuery } from './schemas.ts';

export const listsRoutes = {
  create: {
    method: 'POST',
    path: '/v1/lists',
    access: 'admin',
    summary: 'Create a list',
    description: 'There are 1,000 lists at most. The id of a deleted one is taken until its members are off it.',
    body: listBody,
    answers: () => ({ 201: listAnswer }),
    refusals: ['id_taken', 'limit_reached', 'too_busy'],
  },
  list: {
    method: 'GET',
    path: '/v1/lists',
    access: 'admin',
    summary: 'List the lists in the order of their ids',
    query: pageQuery,
    answers: () => ({ 200: listsPage }),
    refusals: ['invalid_cursor', 'limit_out_of_range'],
  },
  read: {
    method: 'GET',
    path: '/v1/lists/{listId}',
    access: 'admin',
    summary: 'Read a list, with the number of its members',
    params: listParams,
    answers: () => ({ 200: listAnswer }),
    refusals: ['not_found'],
  },
  replace: {
    method: 'PUT',
    path: '/v1/lists/{listId}',
    access: 'admin',
    summary: 'Rename a list',
    params: listParams,
    body: listBody,
    answers: () => ({ 200: listAnswer }),
    refusals: ['not_found', 'version_conflict', 'too_busy'],
  },
  remove: {
    method: 'DELETE',
    path: '/v1/lists/{listId}',
    access: 'admin',
    summary: 'Delete a list',
    description:
      'Refused where a reward, a challenge, an earning rule or a segment names it: `reasons` of `in_use` are these, such ' +
      'as `reward:mug`, `challenge:steps`, `earning-rule:orders`, `segment:vip`.',
    params: listParams,
    answers: () => ({ 204: null }),
    refusals: ['not_found', 'version_conflict', 'in_use', 'too_busy'],
  },
  listMembers: {
    method: 'GET',
    path: '/v1/lists/{listId}/members',
    access: 'admin',
    summary: 'List who is on a list, in the order of their ids',
    description: ABOUT_TABLES,
    params: listParams,
    query: tableQuery,
    answers: () => ({ 200: membersPage }),
    asTable: true,
    refusals: ['not_found', 'invalid_cursor', 'limit_out_of_range'],
  },
  addMember: {
    method: 'PUT',
    path: '/v1/lists/{listId}/members/{consumerId}',
    access: 'admin',
    summary: 'Put a consumer on a list',
    description: 'Repeating it changes nothing. A consumer is on 200 lists at most.',
    params: listMemberParams,
    answers: () => ({ 204: null }),
    refusals: ['not_found', 'consumer_not_found', 'limit_reached', 'too_busy'],
  },
  removeMember: {
    method: 'DELETE',
    path: '/v1/lists/{listId}/members/{consumerId}',
    access: 'admin',
    summary: 'Take a consumer off a list',
    description: 'Also where the consumer is not on it.',
    params: listMemberParams,
    answers: () => ({ 204: null }),
    refusals: ['not_found', 'too_busy'],
  },
} as const satisfies Routes;
