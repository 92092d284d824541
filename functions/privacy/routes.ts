/** Erasure of consumers, with receipts as proof. */
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
  'Erasure cannot be undone. Once the request returns, lookups by contact fail and requests for the consumer return 410 ' +
  '`erased`. Remaining data is removed within seconds; the receipt shows when the erasure is completed. Repeating the ' +
  'request with the same id returns the same erasure, and restarts it if it failed.';

export const privacyRoutes = {
  erase: {
    method: 'DELETE',
    path: '/v1/consumers/{consumerId}',
    access: 'admin',
    summary: 'Erase a consumer',
    description: `\`confirm\` must repeat the consumer's id. ${ERASURE_EFFECT}`,
    params: consumerIdParam,
    body: erasureBody,
    answers: () => ({ 202: erasureAnswer }),
    refusals: ['consumer_not_found', 'confirmation_mismatch', 'version_conflict', 'too_busy'],
  },
  eraseByContact: {
    method: 'POST',
    path: '/v1/erasures',
    access: 'admin',
    summary: 'Erase the consumer with a contact, as legal requests name it',
    description:
      '`lookup` is an email, a phone, or a source and an external id, as in a batch of events. `confirm` must repeat the ' +
      'email, the phone or the external id. ' +
      `${ERASURE_EFFECT} The contact is then free for another consumer: a retry without the same Idempotency-Key ` +
      'would erase.',
    body: contactErasureBody,
    answers: () => ({ 202: erasureAnswer }),
    refusals: ['consumer_not_found', 'confirmation_mismatch', 'too_busy'],
  },
  readErasure: {
    method: 'GET',
    path: '/v1/erasures/{erasureId}',
    access: 'admin',
    summary: 'Read the receipt of an erasure',
    description: 'Receipts are kept forever and contain no personal data.',
    params: erasureParams,
    answers: () => ({ 200: receiptAnswer }),
    refusals: ['not_found'],
  },
  listErasures: {
    method: 'GET',
    path: '/v1/erasures',
    access: 'admin',
    summary: 'List the receipts of erasures, oldest first',
    description: 'Save the receipts outside the table, so that they can be put back after a restore.',
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
      'Receipts that already exist stay unchanged. Once all receipts are back, start an audit, which erases the ' +
      'consumers of the receipts again.',
    body: receiptsBody,
    bodyLimitBytes: 512 * 1024,
    answers: () => ({ 200: restoredAnswer }),
    refusals: ['too_busy'],
  },
  startAudit: {
    method: 'POST',
    path: '/v1/erasures/audits',
    access: 'admin',
    summary: 'Find erased consumers who reappeared and erase them again',
    description: 'Starts a workflow, which also runs every week. It finds no one unless a table was restored.',
    answers: () => ({ 202: auditAnswer }),
  },
} as const satisfies Routes;
