/** HTTP status and title of every refusal (RFC 9457). The table is exhaustive. */
import type { InputError, RefusalCode } from '../domain/refusal.ts';
import { Refusal } from '../domain/refusal.ts';
import { WriteConflict } from '../usecases/ports/store.ts';

export const problems = {
  unreadable_body: { status: 400, title: 'The body cannot be read' },
  invalid_cursor: { status: 400, title: 'The cursor is not valid' },
  consumer_not_found: { status: 404, title: 'Consumer not found' },
  not_found: { status: 404, title: 'Not found' },
  contact_taken: { status: 409, title: 'The contact belongs to another consumer' },
  external_id_taken: { status: 409, title: 'The external id belongs to another consumer' },
  version_conflict: { status: 409, title: 'The resource has changed since it was read' },
  idempotency_key_reused: { status: 409, title: 'The Idempotency-Key was used for another request' },
  not_registered: { status: 409, title: 'The consumer is a guest' },
  not_member: { status: 409, title: 'The consumer is not a member of the loyalty program' },
  insufficient_points: { status: 409, title: 'Not enough points' },
  hold_not_found: { status: 404, title: 'Held points not found' },
  hold_settled: { status: 409, title: 'The held points are already settled' },
  reservation_expired: { status: 409, title: 'The reservation has expired' },
  not_eligible: { status: 409, title: 'The consumer is not eligible for the reward' },
  out_of_stock: { status: 409, title: 'The reward is out of stock' },
  limit_reached: { status: 409, title: 'Limit reached' },
  module_off: { status: 409, title: 'The module is off' },
  segment_cycle: { status: 422, title: 'The segment would depend on itself' },
  id_taken: { status: 409, title: 'The id is already in use' },
  in_use: { status: 409, title: 'Still in use' },
  erased: { status: 410, title: 'The consumer was erased' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  invalid_request: { status: 422, title: 'The request is not valid' },
  limit_out_of_range: { status: 422, title: 'The limit must be from 1 to 100' },
  unknown_order: { status: 422, title: 'Unknown order' },
  refund_exceeds_order: { status: 422, title: 'The refund exceeds the amount paid' },
  occurred_in_future: { status: 422, title: 'The event occurred in the future' },
  currency_mismatch: { status: 422, title: "The currency is not the organization's" },
  confirmation_mismatch: { status: 422, title: 'The confirmation does not match the consumer id' },
  too_busy: { status: 429, title: 'Too many concurrent requests' },
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
  /** For `not_eligible`, every reason. For `in_use`, every resource that uses it, such as `reward:mug`. */
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

/** Names of DynamoDB's throttling and contention errors. Matched by name because this layer imports no database client. */
const THROTTLES = new Set([
  'ThrottlingError',
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/** The refusal that an error is equivalent to; undefined for a bug. */
export const refusalIn = (error: unknown): Refusal | undefined => {
  if (error instanceof Refusal) return error;
  if (error instanceof WriteConflict || (error instanceof Error && THROTTLES.has(error.name))) {
    return new Refusal('too_busy', 'Too many concurrent requests. Try again.');
  }
  return undefined;
};
