/** How each refusal is told over HTTP (RFC 9457): one exhaustive table. */
import type { InputError, RefusalCode } from '../domain/refusal.ts';
import { Refusal } from '../domain/refusal.ts';
import { WriteConflict } from '../usecases/ports/store.ts';

export const problems = {
  unreadable_body: { status: 400, title: 'The body cannot be read' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of ours' },
  consumer_not_found: { status: 404, title: 'There is no such consumer' },
  not_found: { status: 404, title: 'There is nothing here' },
  contact_taken: { status: 409, title: 'The contact belongs to another consumer' },
  external_id_taken: { status: 409, title: 'The external id belongs to another consumer' },
  version_conflict: { status: 409, title: 'The resource has changed since it was read' },
  idempotency_key_reused: { status: 409, title: 'The key was used for another request' },
  not_registered: { status: 409, title: 'The consumer is a guest' },
  not_member: { status: 409, title: 'The consumer is not a member of the programme' },
  insufficient_points: { status: 409, title: 'There are not enough points' },
  hold_not_found: { status: 404, title: 'There are no such held points' },
  hold_settled: { status: 409, title: 'The held points were settled before' },
  reservation_expired: { status: 409, title: 'The reservation has ended' },
  not_eligible: { status: 409, title: 'The consumer may not claim the reward' },
  out_of_stock: { status: 409, title: 'Nothing is left of the reward' },
  limit_reached: { status: 409, title: 'There are as many as there may be' },
  module_off: { status: 409, title: 'The module is switched off' },
  segment_cycle: { status: 422, title: 'The segment would depend on itself' },
  id_taken: { status: 409, title: 'The id is taken' },
  in_use: { status: 409, title: 'Others use it' },
  erased: { status: 410, title: 'The consumer was erased' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  invalid_request: { status: 422, title: 'The request is not valid' },
  limit_out_of_range: { status: 422, title: 'The limit must be from 1 to 100' },
  unknown_order: { status: 422, title: 'The order is not known' },
  refund_exceeds_order: { status: 422, title: 'The refund is more than was paid' },
  occurred_in_future: { status: 422, title: 'The event lies in the future' },
  currency_mismatch: { status: 422, title: "The currency is not the organization's" },
  confirmation_mismatch: { status: 422, title: 'The confirmation does not name the consumer' },
  too_busy: { status: 429, title: 'Too much is being written at once' },
} as const satisfies Record<RefusalCode, { status: number; title: string }>;

/** The body of a refusal. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: RefusalCode | 'internal_error';
  requestId: string;
  errors?: InputError[];
  /** Of `not_eligible`: every reason; of `in_use`: every user, such as `reward:mug`. */
  reasons?: readonly string[];
}

export const problemOf = ({ code, message, errors, reasons }: Refusal, requestId: string): Problem => ({
  type: `/docs#${code}`,
  title: problems[code].title,
  status: problems[code].status,
  detail: message,
  code,
  requestId,
  ...(errors.length > 0 && { errors }),
  ...(reasons.length > 0 && { reasons }),
});

/** How DynamoDB says that too much is asked of it at once. By name: the edge knows no database. */
const THROTTLES = new Set([
  'ThrottlingError',
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/** The refusal that an error amounts to; undefined for a bug. */
export const refusalIn = (error: unknown): Refusal | undefined => {
  if (error instanceof Refusal) return error;
  if (error instanceof WriteConflict || (error instanceof Error && THROTTLES.has(error.name))) {
    return new Refusal('too_busy', 'Too much is asked at the same time; try again.');
  }
  return undefined;
};
