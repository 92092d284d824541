/** Points: the ledger of every consumer. */
import * as z from 'zod/mini';
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam, cursor, instant, limit } from '../../shared/edge/parameters.ts';
import { ledgerPage, liabilityAnswer, openLots, pointsBody, postedAnswer } from './schemas.ts';

export const pointsRoutes = {
  post: {
    method: 'POST',
    path: '/v1/consumers/{consumerId}/points',
    access: 'admin',
    summary: 'Post to the points ledger of a consumer',
    description:
      'A reservation ends by itself at `expiresAt`, 15 minutes on unless said. `accept`, `reject`, `capture` and ' +
      '`release` settle all that is held, or `points` of it; a capture of fewer releases the rest. ' +
      'Debits take the lots that expire first.',
    params: consumerIdParam,
    body: pointsBody,
    answers: () => ({ 201: postedAnswer, 200: postedAnswer }),
    refusals: [
      'consumer_not_found',
      'not_member',
      'insufficient_points',
      'hold_not_found',
      'hold_settled',
      'reservation_expired',
      'limit_reached',
      'idempotency_key_reused',
      'too_busy',
    ],
  },
  list: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/points',
    access: 'storefront',
    summary: "List the entries of a consumer's points ledger, the newest first",
    description: '`from` is included, `to` is not. `balances` are those after the entry.',
    params: consumerIdParam,
    query: z.strictObject({ from: z.optional(instant), to: z.optional(instant), limit, cursor }),
    answers: () => ({ 200: ledgerPage }),
    refusals: ['consumer_not_found', 'invalid_cursor', 'limit_out_of_range', 'too_busy'],
  },
  listLots: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/points/lots',
    access: 'storefront',
    summary: 'List the open lots of a consumer in the order in which they are taken',
    params: consumerIdParam,
    answers: () => ({ 200: openLots }),
    refusals: ['consumer_not_found', 'too_busy'],
  },
  readLiability: {
    method: 'GET',
    path: '/v1/points/liability',
    access: 'admin',
    summary: 'Read the points outstanding of all consumers, by the month in which they expire',
    description: 'Kept as entries are posted: some seconds behind the ledger.',
    answers: () => ({ 200: liabilityAnswer }),
  },
} as const satisfies Routes;
