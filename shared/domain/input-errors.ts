/** What is wrong with an input, from what a schema says about it. */
import type * as z from 'zod/mini';
import type { InputError, InputErrorCode } from './refusal.ts';

type Issue = z.core.$ZodIssue;

/** An issue of a schema with what was read by it, in the words of the API. */
export const inputErrorsOf = (issue: Issue, input: unknown): InputError[] => {
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
      return `${issue.inclusive === false ? 'More than' : 'At least'} ${amountOf(issue.minimum, issue.origin)}.`;
    case 'too_big':
      return `${issue.inclusive === false ? 'Less than' : 'At most'} ${amountOf(issue.maximum, issue.origin)}.`;
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

const amountOf = (bound: number | bigint, origin: string): string => {
  const unit = { string: 'character', array: 'item' }[origin];
  if (unit === undefined) return `${bound}`;
  return `${bound} ${unit}${Number(bound) === 1 ? '' : 's'}`;
};

/** Whether nothing stands at the issue's path. */
const missing = (issue: Issue, input: unknown): boolean => {
  let at: unknown = input;
  for (const key of issue.path) {
    if (typeof at !== 'object' || at === null) return false;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at === undefined;
};
