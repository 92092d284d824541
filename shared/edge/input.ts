/** Reading what callers send: text to JSON to a schema's output, or a refusal that names every wrong part. */
import type * as z from 'zod/mini';
import type { InputError, InputErrorCode } from '../domain/refusal.ts';
import { invalid, Refusal } from '../domain/refusal.ts';

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
  if (isTooDeep(value)) throw invalid('', 'too_big', `Nested deeper than ${DEEPEST} levels.`);
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

type Issue = z.core.$ZodIssue;

const inputErrorsOf = (issue: Issue, input: unknown): InputError[] => {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key].join('.'),
      code: 'unknown_field' as const,
      message: 'There is no such field.',
    }));
  }
  if (issue.code === 'invalid_union') return unionErrorsOf(issue, input);
  const code = codeOf(issue, input);
  return [{ path, code, message: messageOf(issue, code) }];
};

/** Of a union's branches, the errors of the one that got deepest: what the caller most likely meant. */
const unionErrorsOf = (issue: Extract<Issue, { code: 'invalid_union' }>, input: unknown): InputError[] => {
  const depth = (branch: readonly Issue[]) => Math.max(0, ...branch.map((inner) => inner.path.length));
  const best = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0];
  if (!best || depth(best) === 0) {
    const code = missing(issue, input) ? 'required' : isUnnamed(issue) ? 'invalid_value' : 'wrong_type';
    return [{ path: issue.path.join('.'), code, message: messageOf(issue, code) }];
  }
  return best.flatMap((inner) => inputErrorsOf({ ...inner, path: [...issue.path, ...inner.path] } as Issue, input));
};

/** Whether one field names the branch that is meant, and what it says names none. */
const isUnnamed = (issue: Issue): issue is Issue & { options: unknown[] } =>
  issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options);

const codeOf = (issue: Issue, input: unknown): InputErrorCode => {
  if (issue.code === 'custom') {
    const code: unknown = issue.params?.['code'];
    return typeof code === 'string' ? (code as InputErrorCode) : 'invalid_value';
  }
  if (missing(issue, input)) return 'required';
  switch (issue.code) {
    case 'invalid_type':
      return 'wrong_type';
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array' ? 'too_short' : 'too_small';
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array' ? 'too_long' : 'too_big';
    case 'invalid_format':
      return 'invalid_format';
    default:
      return 'invalid_value';
  }
};

/** What zod/mini says where a schema gives no message of its own: it carries no texts, to stay small. */
const NO_MESSAGE = 'Invalid input';
const NOT_ALLOWED = 'This value is not allowed here.';

const messageOf = (issue: Issue, code: InputErrorCode): string => {
  if (issue.message !== NO_MESSAGE) return issue.message;
  if (code === 'required') return 'This is required.';
  switch (issue.code) {
    case 'invalid_type':
      return `This must be ${issue.expected === 'int' ? 'an integer' : `of type ${issue.expected}`}.`;
    case 'too_small':
      return `At least ${issue.minimum}${unitOf(issue.origin)}.`;
    case 'too_big':
      return `At most ${issue.maximum}${unitOf(issue.origin)}.`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_union':
      return isUnnamed(issue) ? oneOf(issue.options) : NOT_ALLOWED;
    case 'invalid_format':
      return 'The text has not the form that is asked for.';
    default:
      return NOT_ALLOWED;
  }
};

const oneOf = (values: readonly unknown[]): string => `One of: ${values.map(String).join(', ')}.`;

const unitOf = (origin: string): string => ({ string: ' characters', array: ' items' })[origin] ?? '';

/** Whether nothing stands at the issue's path. */
const missing = (issue: Issue, input: unknown): boolean => {
  let at: unknown = input;
  for (const key of issue.path) {
    if (typeof at !== 'object' || at === null) return false;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at === undefined;
};
