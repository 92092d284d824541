import * as z from 'zod/mini';
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam, cursor, instant, limit } from '../../shared/edge/parameters.ts';
import { batchAnswer, batchBody, eventBody, eventsPage, recordedAnswer } from './schemas.ts';
import { batchShown, eventShown } from './shown.ts';

export const eventsRoutes = {
  record: {
    method: 'POST',
    path: '/v1/consumers/{consumerId}/events',
    access: 'storefront',
    summary: 'Record an event of a consumer',
    description:
      'A repeated `eventId`, `orderId` or `refundId` with the same content answers 200 with the first answer. ' +
      'A refund, an acceptance and a rejection need their order first; all other events may come in any order.',
    params: consumerIdParam,
    body: eventBody,
    bodyShown: eventShown,
    bodyLimitBytes: 256 * 1024,
    answers: () => ({ 201: recordedAnswer, 200: recordedAnswer }),
    refusals: [
      'consumer_not_found',
      'idempotency_key_reused',
      'unknown_order',
      'refund_exceeds_order',
      'occurred_in_future',
      'currency_mismatch',
      'limit_reached',
    ],
  },
  recordBatch: {
    method: 'POST',
    path: '/v1/events/batch',
    access: 'storefront',
    summary: 'Record up to 100 events of any consumers',
    description: 'Each event succeeds or fails by itself; the items answer in the order of the events.',
    body: batchBody,
    bodyShown: batchShown,
    bodyLimitBytes: 1_536 * 1024,
    commitsInParts: true,
    answers: () => ({ 200: batchAnswer }),
  },
  list: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/events',
    access: 'storefront',
    summary: "List a consumer's events, the newest first",
    description:
      'A page ends before its limit where its events are big, or where few of many are of the type: there are more as ' +
      'long as there is a cursor.',
    params: consumerIdParam,
    query: z.strictObject({
      type: z.optional(z.string().check(z.maxLength(64))),
      from: z.optional(instant),
      to: z.optional(instant),
      limit,
      cursor,
    }),
    answers: () => ({ 200: eventsPage }),
    refusals: ['consumer_not_found', 'invalid_cursor', 'limit_out_of_range'],
  },
} as const satisfies Routes;
