/** Parses input: text to JSON to a schema's output, or a refusal that lists every error. */
import type * as z from 'zod/mini';
import { inputErrorsOf } from '../domain/input-errors.ts';
import type { InputError } from '../domain/refusal.ts';
import { Refusal } from '../domain/refusal.ts';

/** Deep enough for every segment rule, shallow enough never to exhaust the stack. */
const MAX_DEPTH = 200;
/** Limit for an error's path as JSON: paths repeat the caller's keys, which may have any length, and replies are stored. */
const MAX_PATH_BYTES = 200;
const QUOTES = 2;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The JSON value of a body. Refuses other media types, invalid JSON and nesting that is too deep. Refuses forbidden text
 * and keys too, unless the parts of the body are checked separately.
 */
export const parsedJson = (text: string, contentType: string | undefined, inParts = false): unknown => {
  if (!/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(contentType ?? '')) {
    throw new Refusal('unsupported_media_type', 'Send the body as application/json.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal('unreadable_body', 'The body is not JSON.');
  }
  if (isTooDeep(value)) throw tooDeep(value);
  if (!inParts) refuseHostile(value);
  return value;
};

/** Refuses NUL, lone surrogates, infinite numbers and keys of the prototype chain at any depth. */
export const refuseHostile = (value: unknown): void => {
  const errors: InputError[] = [];
  visit(value, '', errors);
  if (errors.length > 0)
    throw new Refusal(
      'invalid_request',
      'The input contains text or keys that are not allowed.',
      errors.map(shortened),
    );
};

/** The refusal names the top-level part that is nested too deep. */
const tooDeep = (body: unknown): Refusal => {
  const [path = ''] = Object.entries(body ?? {}).find(([, part]) => isTooDeep(part, 1)) ?? [];
  const message = `Nested deeper than ${MAX_DEPTH} levels.`;
  return new Refusal('invalid_request', message, [shortened({ path, code: 'too_big', message })]);
};

const isTooDeep = (value: unknown, depth = 0): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (depth >= MAX_DEPTH || Object.values(value).some((child) => isTooDeep(child, depth + 1)));

const visit = (value: unknown, path: string, errors: InputError[]): void => {
  if (errors.length >= 20) return;
  if (typeof value === 'string') {
    if (!isText(value))
      errors.push({ path, code: 'forbidden_text', message: 'NUL and lone surrogates are not allowed.' });
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) errors.push({ path, code: 'too_big', message: 'The number is too large.' });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      if (FORBIDDEN_KEYS.has(key) || !isText(key)) {
        errors.push({ path: isText(at) ? at : path, code: 'forbidden_key', message: 'This key is not allowed.' });
      } else visit(child, at, errors);
    }
  }
};

const isText = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** The schema's output. The refusal lists every part that does not match, by path. */
export const parsed = <S extends z.ZodMiniType>(schema: S, value: unknown): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues
    .flatMap((issue) => inputErrorsOf(issue, value))
    .slice(0, 50)
    .map(shortened);
  const only = errors.every((error) => error.code === 'limit_out_of_range') ? 'limit_out_of_range' : 'invalid_request';
  throw new Refusal(only, summaryOf(errors), errors);
};

/** The error with its path cut to the limit. */
const shortened = (error: InputError): InputError => {
  let [path, bytes] = ['', 0];
  for (const character of error.path) {
    bytes += Buffer.byteLength(JSON.stringify(character)) - QUOTES;
    if (bytes > MAX_PATH_BYTES) return { ...error, path: `${path}…` };
    path += character;
  }
  return error;
};

const summaryOf = (errors: InputError[]): string =>
  errors.length === 1 && errors[0]
    ? `${errors[0].path || 'The input'}: ${errors[0].message}`
    : `${errors.length} parts of the input are not valid.`;
