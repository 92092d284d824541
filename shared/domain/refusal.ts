/** Every expected "no" of the product: a closed set. Each has its HTTP status and title in `edge/problems.ts`. */
export type RefusalCode =
  | 'unreadable_body'
  | 'invalid_cursor'
  | 'consumer_not_found'
  | 'not_found'
  | 'contact_taken'
  | 'external_id_taken'
  | 'version_conflict'
  | 'idempotency_key_reused'
  | 'erased'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'invalid_request'
  | 'limit_out_of_range'
  | 'unknown_order'
  | 'refund_exceeds_order'
  | 'occurred_in_future'
  | 'currency_mismatch'
  | 'not_registered'
  | 'not_member'
  | 'insufficient_points'
  | 'hold_not_found'
  | 'hold_settled'
  | 'reservation_expired'
  | 'not_eligible'
  | 'out_of_stock'
  | 'limit_reached'
  | 'module_off'
  | 'id_taken'
  | 'segment_cycle'
  | 'in_use'
  | 'confirmation_mismatch'
  | 'too_busy';

/** What is wrong with one part of the input. `path` is dotted, with indexes: `events.3.attributes.totalMinor`. */
export interface InputError {
  path: string;
  code: InputErrorCode;
  message: string;
}
export type InputErrorCode =
  | 'required'
  | 'wrong_type'
  | 'unknown_field'
  | 'not_editable'
  | 'invalid_format'
  | 'invalid_value'
  | 'too_small'
  | 'too_big'
  | 'too_long'
  | 'too_short'
  | 'forbidden_text'
  | 'forbidden_key'
  | 'limit_out_of_range'
  | 'occurred_in_future'
  | 'currency_mismatch'
  | 'unknown_order'
  | 'refund_exceeds_order'
  | 'reserved_type';

/** Thrown where the product says no. All else that is thrown is a bug and answers a bare 500. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly errors: InputError[];
  /** Where there may be several, each by its own code. */
  readonly reasons: readonly string[];
  constructor(code: RefusalCode, detail: string, errors: InputError[] = [], reasons: readonly string[] = []) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
    this.errors = errors;
    this.reasons = reasons;
  }
}

/** A refusal of one part of the input. */
export const invalid = (path: string, code: InputErrorCode, message: string): Refusal =>
  new Refusal('invalid_request', message, [{ path, code, message }]);
