/** Consent: what consumers allow us to do, and whether they may be contacted. */
import * as z from 'zod/mini';
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam, cursor, limit } from '../../shared/edge/parameters.ts';
import {
  consentBody,
  consentShown,
  consentsPage,
  contactability,
  contactQuery,
  inboundSms,
  received,
} from './schemas.ts';

export const consentRoutes = {
  record: {
    method: 'POST',
    path: '/v1/consumers/{consumerId}/consents',
    access: 'storefront',
    summary: 'Record what a consumer agrees to, or no longer does',
    description:
      'The newest statement of a channel and a purpose counts; none is ever changed. The purpose is `marketing` unless ' +
      'said; purposes that differ only in case, or in blanks around them, are one.',
    params: consumerIdParam,
    body: consentBody,
    answers: () => ({ 201: consentShown }),
    refusals: ['consumer_not_found', 'version_conflict', 'too_busy'],
  },
  list: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/consents',
    access: 'storefront',
    summary: 'List all that a consumer ever agreed to or withdrew, the newest first',
    params: consumerIdParam,
    query: z.strictObject({ limit, cursor }),
    answers: () => ({ 200: consentsPage }),
    refusals: ['consumer_not_found', 'invalid_cursor', 'limit_out_of_range'],
  },
  receiveSms: {
    method: 'POST',
    path: '/v1/inbound-sms',
    access: 'admin',
    summary: 'Take in an SMS that a consumer sent',
    description:
      'STOP and its like withdraw every purpose of `sms`, START and its like give `marketing` again; any other text does ' +
      'nothing, and so does a number that is nobody’s. `keyword` is what was understood. Send the message’s own id as ' +
      'the Idempotency-Key: then a copy that comes after a later message changes nothing either.',
    body: inboundSms,
    answers: () => ({ 202: received }),
    refusals: ['erased', 'too_busy'],
  },
  mayContact: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/contactability',
    access: 'storefront',
    summary: 'Ask whether a consumer may be contacted',
    description:
      'All that stands against it now is named. `nextAt` is the first instant at which nothing does: now, where it is ' +
      'allowed; null where only the consumer can change it. Quiet hours are for `sms` and `push`, by the clock where the ' +
      'consumer is, or else the organization; limits count messages by their `message_sent` events, or by the first ' +
      'engagement where none came. Both are the settings `contact`: from 21:00 to 08:00, and 3 messages a day on each ' +
      'channel, unless they say otherwise.',
    params: consumerIdParam,
    query: contactQuery,
    answers: () => ({ 200: contactability }),
    refusals: ['consumer_not_found'],
  },
} as const satisfies Routes;
