/** Rewards: what points are good for. Staff keep them, members claim them. */
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam } from '../../shared/edge/parameters.ts';
import {
  claimAnswer,
  claimBody,
  claimParams,
  claimsPage,
  pageQuery,
  rewardAnswer,
  rewardBody,
  rewardParams,
  rewardsPage,
} from './schemas.ts';

export const rewardsRoutes = {
  create: {
    method: 'POST',
    path: '/v1/rewards',
    access: 'admin',
    summary: 'Create a reward',
    description: 'Claims of a deleted reward with the same id go on counting, towards `claimed` and the limit.',
    body: rewardBody,
    answers: () => ({ 201: rewardAnswer }),
    refusals: ['id_taken', 'too_busy'],
  },
  list: {
    method: 'GET',
    path: '/v1/rewards',
    access: 'admin',
    summary: 'List the rewards in the order of their ids',
    query: pageQuery,
    answers: () => ({ 200: rewardsPage }),
    refusals: ['invalid_cursor', 'limit_out_of_range'],
  },
  read: {
    method: 'GET',
    path: '/v1/rewards/{rewardId}',
    access: 'admin',
    summary: 'Read a reward, with what is left of it',
    params: rewardParams,
    answers: () => ({ 200: rewardAnswer }),
    refusals: ['not_found'],
  },
  replace: {
    method: 'PUT',
    path: '/v1/rewards/{rewardId}',
    access: 'admin',
    summary: 'Replace a reward',
    description:
      'All of it: fields that are left out get their defaults, and `stock` is what is left from now on. ' +
      'Claims do not move the version.',
    params: rewardParams,
    body: rewardBody,
    answers: () => ({ 200: rewardAnswer }),
    refusals: ['not_found', 'version_conflict', 'too_busy'],
  },
  remove: {
    method: 'DELETE',
    path: '/v1/rewards/{rewardId}',
    access: 'admin',
    summary: 'Delete a reward',
    description: 'Claims of it stand, and can still be cancelled.',
    params: rewardParams,
    answers: () => ({ 204: null }),
    refusals: ['not_found', 'version_conflict', 'too_busy'],
  },
  claim: {
    method: 'POST',
    path: '/v1/consumers/{consumerId}/reward-claims',
    access: 'storefront',
    summary: 'Claim a reward for a consumer',
    description:
      'Takes the points and one of the stock, or nothing. `not_eligible` names every reason: `reward_inactive`, ' +
      '`not_started`, `ended`, `not_in_audience`, `consumer_inactive`. ' +
      'A repeated `claimId` with the same content answers 200 with the first answer.',
    params: consumerIdParam,
    body: claimBody,
    answers: () => ({ 201: claimAnswer, 200: claimAnswer }),
    refusals: [
      'consumer_not_found',
      'not_found',
      'not_member',
      'not_eligible',
      'limit_reached',
      'out_of_stock',
      'insufficient_points',
      'idempotency_key_reused',
      'too_busy',
    ],
  },
  cancelClaim: {
    method: 'DELETE',
    path: '/v1/consumers/{consumerId}/reward-claims/{claimId}',
    access: 'storefront',
    summary: 'Cancel a claim',
    description:
      'The points go back to the lots that paid for it and keep their expiry: what has expired meanwhile is gone at ' +
      'once. The reward goes back to the stock. Cancelling again does nothing.',
    params: claimParams,
    answers: () => ({ 204: null }),
    refusals: ['consumer_not_found', 'not_found', 'too_busy'],
  },
  listClaims: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/reward-claims',
    access: 'storefront',
    summary: "List a consumer's claims, the last id first",
    description: 'Ids that the service makes are in the order of time.',
    params: consumerIdParam,
    query: pageQuery,
    answers: () => ({ 200: claimsPage }),
    refusals: ['consumer_not_found', 'invalid_cursor', 'limit_out_of_range'],
  },
} as const satisfies Routes;
