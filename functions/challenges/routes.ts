/** Challenges: goals over events. Staff keep them, events count towards them. */
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam } from '../../shared/edge/parameters.ts';
import { challengeAnswer, challengeBody, challengeParams, challengesPage, pageQuery, progressPage } from './schemas.ts';

/** One challenge: a condition may name a hundred long values. */
const BODY_LIMIT_BYTES = 32 * 1024;

export const challengesRoutes = {
  create: {
    method: 'POST',
    path: '/v1/challenges',
    access: 'admin',
    summary: 'Create a challenge',
    description: 'Events that are recorded from now on count, where they happen while it runs. Up to 100 challenges.',
    body: challengeBody,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    answers: () => ({ 201: challengeAnswer }),
    refusals: ['id_taken', 'limit_reached', 'too_busy'],
  },
  list: {
    method: 'GET',
    path: '/v1/challenges',
    access: 'admin',
    summary: 'List the challenges in the order of their ids',
    query: pageQuery,
    answers: () => ({ 200: challengesPage }),
    refusals: ['invalid_cursor', 'limit_out_of_range'],
  },
  read: {
    method: 'GET',
    path: '/v1/challenges/{challengeId}',
    access: 'admin',
    summary: 'Read a challenge',
    params: challengeParams,
    answers: () => ({ 200: challengeAnswer }),
    refusals: ['not_found'],
  },
  replace: {
    method: 'PUT',
    path: '/v1/challenges/{challengeId}',
    access: 'admin',
    summary: 'Replace a challenge',
    description: 'All of it: fields that are left out get their defaults. Progress and completions stay.',
    params: challengeParams,
    body: challengeBody,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    answers: () => ({ 200: challengeAnswer }),
    refusals: ['not_found', 'version_conflict', 'limit_reached', 'too_busy'],
  },
  remove: {
    method: 'DELETE',
    path: '/v1/challenges/{challengeId}',
    access: 'admin',
    summary: 'Delete a challenge',
    description: 'What was completed stays completed.',
    params: challengeParams,
    answers: () => ({ 204: null }),
    refusals: ['not_found', 'version_conflict', 'too_busy'],
  },
  listProgress: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/challenges',
    access: 'storefront',
    summary: 'List all challenges with how far a consumer is in each',
    description:
      'Also those that are for others, or not running: whoever offers them goes by `inAudience` and `running`. Who leaves an audience keeps the progress.',
    params: consumerIdParam,
    query: pageQuery,
    answers: () => ({ 200: progressPage }),
    refusals: ['consumer_not_found', 'invalid_cursor', 'limit_out_of_range'],
  },
} as const satisfies Routes;
