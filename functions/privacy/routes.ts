/** Erasure: forgetting a consumer, and proving it. */
import type { Routes } from '../../shared/edge/catalogue.ts';
import { consumerIdParam } from '../../shared/edge/parameters.ts';
import {
  auditAnswer,
  contactErasureBody,
  erasureAnswer,
  erasureBody,
  erasureParams,
  pageQuery,
  receiptAnswer,
  receiptsBody,
  receiptsPage,
  restoredAnswer,
} from './schemas.ts';

const ERASURE_EFFECT =
  'It cannot be undone. From the answer on nobody is found by the id or the contacts, and every question about the ' +
  'consumer is answered 410 `erased`; what is left is removed within seconds, and the receipt tells when it is gone. ' +
  'A repetition by the id finds the same erasure, and begins one again that failed.';

export const privacyRoutes = {
  erase: {
    method: 'DELETE',
    path: '/v1/consumers/{consumerId}',
    access: 'admin',
    summary: 'Erase a consumer',
    description: `\`confirm\` says the consumer's id again. ${ERASURE_EFFECT}`,
    params: consumerIdParam,
    body: erasureBody,
    answers: () => ({ 202: erasureAnswer }),
    refusals: ['consumer_not_found', 'confirmation_mismatch', 'version_conflict', 'too_busy'],
  },
  eraseByContact: {
    method: 'POST',
    path: '/v1/erasures',
    access: 'admin',
    summary: 'Erase the consumer who has a contact, as a legal request asks',
    description:
      '`lookup` is an email, a phone, or a source and an external id, as in a batch of events; `confirm` says the email, the ' +
      'phone or the external id again. ' +
      `${ERASURE_EFFECT} Then the contact is nobody's, and may be a new person's: whoever asks again without the Idempotency-Key asks about that one.`,
    body: contactErasureBody,
    answers: () => ({ 202: erasureAnswer }),
    refusals: ['consumer_not_found', 'confirmation_mismatch', 'too_busy'],
  },
  readErasure: {
    method: 'GET',
    path: '/v1/erasures/{erasureId}',
    access: 'admin',
    summary: 'Read the receipt of an erasure',
    description: 'It is kept for ever, and holds no personal data.',
    params: erasureParams,
    answers: () => ({ 200: receiptAnswer }),
    refusals: ['not_found'],
  },
  listErasures: {
    method: 'GET',
    path: '/v1/erasures',
    access: 'admin',
    summary: 'List the receipts of erasures, the oldest first',
    description: 'To be saved where a restored table can be told of them.',
    query: pageQuery,
    answers: () => ({ 200: receiptsPage }),
    refusals: ['invalid_cursor', 'limit_out_of_range'],
  },
  restoreReceipts: {
    method: 'POST',
    path: '/v1/erasures/receipts',
    access: 'admin',
    summary: 'Put saved receipts back into a table that was restored to an earlier time',
    description:
      'Those that are there already stay as they are. Whom they name is erased again by an audit, which is to be started ' +
      'when all are back.',
    body: receiptsBody,
    bodyLimitBytes: 512 * 1024,
    answers: () => ({ 200: restoredAnswer }),
    refusals: ['too_busy'],
  },
  startAudit: {
    method: 'POST',
    path: '/v1/erasures/audits',
    access: 'admin',
    summary: 'Go over everyone for those who were erased and are there again, and erase them again',
    description:
      'A workflow, of which there is one each week in any case. Where no table was restored it finds nobody.',
    answers: () => ({ 202: auditAnswer }),
  },
} as const satisfies Routes;
