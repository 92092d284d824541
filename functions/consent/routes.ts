/** Consent of consumers, and whether they may be contacted. */
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
    summary: 'Record that a consumer grants or withdraws consent',
    description:
      'The newest statement of a channel and purpose counts; statements never change. The default purpose is `marketing`. ' +
      'Purposes that differ only in case or surrounding spaces are the same.',
    params: consumerIdParam,
    body: consentBody,
    answers: () => ({ 201: consentShown }),
    refusals: ['consumer_not_found', 'version_conflict', 'too_busy'],
  },
  list: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/consents',
    access: 'storefront',
    summary: 'List the consent history of a consumer, newest first',
    params: consumerIdParam,
    query: z.strictObject({ limit, cursor }),
    answers: () => ({ 200: consentsPage }),
    refusals: ['consumer_not_found', 'invalid_cursor', 'limit_out_of_range'],
  },
  receiveSms: {
    method: 'POST',
    path: '/v1/inbound-sms',
    access: 'admin',
    summary: 'Process an inbound SMS',
    description:
      'STOP keywords withdraw every purpose of `sms`, START keywords grant `marketing` again. Other texts and unknown ' +
      'numbers change nothing. `keyword` is the recognized keyword. Send the message’s own id as the Idempotency-Key, so ' +
      'that a copy delivered after a later message changes nothing either.',
    body: inboundSms,
    answers: () => ({ 202: received }),
    refusals: ['erased', 'too_busy'],
  },
  mayContact: {
    method: 'GET',
    path: '/v1/consumers/{consumerId}/contactability',
    access: 'storefront',
    summary: 'Check whether a consumer may be contacted',
    description:
      '`reasons` lists everything that currently prevents contact. `nextAt` is the first instant at which contact is ' +
      'allowed: now if it already is, null if only the consumer can change that. Quiet hours apply to `sms` and `push`, in ' +
      'the time zone of the consumer or else of the organization. Limits count messages by their `message_sent` events, or ' +
      'by the first engagement if there is none. Both are configured in the settings document `contact`; the defaults are ' +
      '21:00 to 08:00 and 3 messages a day per channel.',
    params: consumerIdParam,
    query: contactQuery,
    answers: () => ({ 200: contactability }),
    refusals: ['consumer_not_found'],
  },
} as const satisfies Routes;
