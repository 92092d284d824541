/** Event patterns, as EventBridge rules and Lambda's event source filters share them. */

export type Matches = (event: unknown) => boolean;
type Pattern = Record<string, unknown>;
/** Undefined is a missing field. */
type Test = (value: unknown) => boolean;

/** Compiles a pattern; throws where it holds something that is not understood, naming it. */
export function compilePattern(pattern: unknown): Matches {
  if (!isObject(pattern)) throw new Error(`an event pattern must be an object: ${JSON.stringify(pattern)}`);
  const tests = Object.entries(pattern).map(([field, part]) => compileField(field, part));
  return (event) => tests.every((test) => test(event));
}

/** Any of the patterns; none at all admits everything. */
export function compileFilters(patterns: Pattern[]): Matches {
  const filters = patterns.map(compilePattern);
  return (event) => filters.length === 0 || filters.some((matches) => matches(event));
}

function compileField(field: string, part: unknown): Matches {
  if (field === '$or') return compileOr(part);
  if (Array.isArray(part)) return compileLeaf(field, part);
  const nested = compilePattern(part);
  return (event) => {
    const value = valueAt(event, field);
    // A list of objects matches where one of them does; a missing object can still satisfy `exists: false`.
    return Array.isArray(value) ? value.some(nested) : nested(isObject(value) ? value : undefined);
  };
}

function compileOr(part: unknown): Matches {
  if (!Array.isArray(part) || part.length < 2) throw new Error('$or takes a list of at least two patterns');
  const alternatives = part.map(compilePattern);
  return (event) => alternatives.some((matches) => matches(event));
}

function compileLeaf(field: string, matchers: unknown[]): Matches {
  if (matchers.length === 0) throw new Error(`the pattern of ${field} is empty`);
  const tests = matchers.map((matcher) => compileMatcher(field, matcher));
  return (event) => {
    const value = valueAt(event, field);
    const values = Array.isArray(value) && value.length > 0 ? value : [value];
    return values.some((one) => tests.some((test) => test(one)));
  };
}

function compileMatcher(field: string, matcher: unknown): Test {
  if (!isObject(matcher)) return (value) => value === matcher;
  const [[operator = '', operand] = [], ...others] = Object.entries(matcher);
  const compile = OPERATORS[operator];
  if (!compile || others.length > 0) {
    throw new Error(`the pattern of ${field} holds ${JSON.stringify(matcher)}, which is not understood`);
  }
  return compile(operand);
}

const textTest = (test: (text: string) => boolean): Test => {
  return (value) => typeof value === 'string' && test(value);
};

const OPERATORS: Record<string, (operand: unknown) => Test> = {
  exists: (wanted) => (value) => (value !== undefined && !isObject(value)) === wanted,
  prefix: (operand) => edgeTest('prefix', operand, (text, edge) => text.startsWith(edge)),
  suffix: (operand) => edgeTest('suffix', operand, (text, edge) => text.endsWith(edge)),
  'equals-ignore-case': (operand) => {
    const lower = textOf('equals-ignore-case', operand).toLowerCase();
    return textTest((text) => text.toLowerCase() === lower);
  },
  wildcard: (operand) => {
    const form = wildcardForm(textOf('wildcard', operand));
    return textTest((text) => form.test(text));
  },
  numeric: compileNumeric,
  'anything-but': compileAnythingBut,
};

function edgeTest(name: string, operand: unknown, holds: (text: string, edge: string) => boolean): Test {
  if (!isObject(operand)) {
    const edge = textOf(name, operand);
    return textTest((text) => holds(text, edge));
  }
  const lower = textOf(`${name} equals-ignore-case`, operand['equals-ignore-case']).toLowerCase();
  return textTest((text) => holds(text.toLowerCase(), lower));
}

const COMPARISONS: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** `[">", 0, "<=", 5]`. Only numbers match: an `N` of DynamoDB is a text, on AWS too. */
function compileNumeric(operand: unknown): Test {
  const parts = Array.isArray(operand) ? operand : [];
  const bounds: ((value: number) => boolean)[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const compare = COMPARISONS[String(parts[index])];
    const bound: unknown = parts[index + 1];
    if (!compare || typeof bound !== 'number')
      throw new Error(`numeric does not understand ${JSON.stringify(operand)}`);
    bounds.push((value) => compare(value, bound));
  }
  if (bounds.length === 0) throw new Error(`numeric does not understand ${JSON.stringify(operand)}`);
  return (value) => typeof value === 'number' && bounds.every((holds) => holds(value));
}

/** Matches a present value that is none of these; a missing field doesn't match. Inside it, an operator may list alternatives. */
function compileAnythingBut(operand: unknown): Test {
  const excluded = [operand]
    .flat()
    .flatMap(alternatives)
    .map((one) => compileMatcher('anything-but', one));
  return (value) => value !== undefined && !isObject(value) && !excluded.some((test) => test(value));
}

const alternatives = (matcher: unknown): unknown[] =>
  isObject(matcher)
    ? Object.entries(matcher).flatMap(([operator, operands]) => [operands].flat().map((one) => ({ [operator]: one })))
    : [matcher];

/** `*` matches any run of characters, `\\*` a star. */
function wildcardForm(pattern: string): RegExp {
  const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const parts = pattern.split(/(?<!\\)\*/).map((part) => literal(part.replaceAll('\\*', '*')));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

function textOf(operator: string, operand: unknown): string {
  if (typeof operand !== 'string') throw new Error(`${operator} takes a text, not ${JSON.stringify(operand)}`);
  return operand;
}

const valueAt = (event: unknown, field: string): unknown =>
  isObject(event) && Object.hasOwn(event, field) ? event[field] : undefined;

const isObject = (value: unknown): value is Pattern =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
