/** Reading what callers send: text to JSON to a schema's output, or a refusal that names every wrong part. */
import type * as z from 'zod/mini';
import { inputErrorsOf } from '../domain/input-errors.ts';
import type { InputError } from '../domain/refusal.ts';
import { Refusal } from '../domain/refusal.ts';

/** Deep enough for every rule of the product, shallow enough never to exhaust the stack. */
const DEEPEST = 200;
/** Paths repeat keys of the caller's, which may be of any length, and answers are stored; as JSON. */
const LONGEST_PATH_BYTES = 200;
const QUOTES = 2;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The JSON value of a body. Refuses other media types, what is no JSON and what is nested too deep; and what is hostile,
 * unless the body is taken in parts: then each part is refused by itself.
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

/** Refuses NUL, lone surrogates, infinite numbers and keys of the prototype chain, wherever they stand. */
export const refuseHostile = (value: unknown): void => {
  const errors: InputError[] = [];
  visit(value, '', errors);
  if (errors.length > 0)
    throw new Refusal('invalid_request', 'The input holds text or keys that are not allowed.', errors.map(shortened));
};

/** Names the part of the body that is. */
const tooDeep = (body: unknown): Refusal => {
  const [path = ''] = Object.entries(body ?? {}).find(([, part]) => isTooDeep(part, 1)) ?? [];
  const message = `Nested deeper than ${DEEPEST} levels.`;
  return new Refusal('invalid_request', message, [shortened({ path, code: 'too_big', message })]);
};

const isTooDeep = (value: unknown, depth = 0): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (depth >= DEEPEST || Object.values(value).some((child) => isTooDeep(child, depth + 1)));

const visit = (value: unknown, path: string, errors: InputError[]): void => {
  if (errors.length >= 20) return;
  if (typeof value === 'string') {
    if (!isText(value)) errors.push({ path, code: 'forbidden_text', message: 'NUL and lone surrogates are not text.' });
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) errors.push({ path, code: 'too_big', message: 'The number is too big.' });
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

/** The schema's output. Refuses with every part that doesn't fit, by path. */
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

/** The error with no more of its path than is told. */
const shortened = (error: InputError): InputError => {
  let [told, bytes] = ['', 0];
  for (const character of error.path) {
    bytes += Buffer.byteLength(JSON.stringify(character)) - QUOTES;
    if (bytes > LONGEST_PATH_BYTES) return { ...error, path: `${told}…` };
    told += character;
  }
  return error;
};

const summaryOf = (errors: InputError[]): string =>
  errors.length === 1 && errors[0]
    ? `${errors[0].path || 'The input'}: ${errors[0].message}`
    : `${errors.length} parts of the input are not valid.`;
