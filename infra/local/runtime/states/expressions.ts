/** Evaluates the JSONata in states, with the functions and variables that Step Functions gives it. */
import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';
import { expressionIn } from './definition.ts';

/** An error that states can name, retry and catch: `States.Timeout`, `Refusal`, … */
export class StatesError extends Error {
  readonly error: string;
  override readonly cause: string;
  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.name = 'StatesError';
    this.error = error;
    this.cause = cause;
  }
}

/** `$states` and the variables in scope, by name without `$`. */
export type Bindings = Record<string, unknown>;

/** A template with every `{% … %}` in it replaced by its value. Throws `States.QueryEvaluationError`. */
export async function evaluated(template: unknown, bindings: Bindings, nowMs: number): Promise<unknown> {
  if (typeof template === 'string') {
    const source = expressionIn(template);
    return source === undefined ? template : outcomeOf(source, bindings, nowMs);
  }
  if (Array.isArray(template)) return Promise.all(template.map((part) => evaluated(part, bindings, nowMs)));
  if (typeof template !== 'object' || template === null) return template;
  const fields = Object.entries(template).map(async ([name, part]) => [name, await evaluated(part, bindings, nowMs)]);
  return Object.fromEntries(await Promise.all(fields));
}

const compiled = new Map<string, jsonata.Expression>();

async function outcomeOf(source: string, bindings: Bindings, nowMs: number): Promise<unknown> {
  const expression = compiled.get(source) ?? jsonata(source);
  compiled.set(source, expression);
  try {
    const value: unknown = await expression.evaluate(undefined, { ...functionsAt(nowMs), ...bindings });
    // JSONata's lists carry marks of their own; what goes on is plain JSON.
    const text = JSON.stringify(value);
    if (text === undefined) throw new Error('it has no value');
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String((error as { message?: unknown }).message);
    throw new StatesError('States.QueryEvaluationError', `The expression {%${source}%} failed: ${message}`);
  }
}

const formatting = jsonata('$fromMillis(millis, picture, timezone)');

/** Step Functions' own functions, and JSONata's of time at the stack's clock. */
const functionsAt = (nowMs: number) => ({
  millis: () => nowMs,
  now: (picture?: string, timezone?: string) => formatting.evaluate({ millis: nowMs, picture, timezone }),
  partition: (items: unknown[], size: number) =>
    Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size)),
  range: (first: number, last: number, step: number) =>
    Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, index) => first + index * step),
  hash: (data: unknown, algorithm: string) =>
    createHash(algorithm.replace('-', '').toLowerCase())
      .update(typeof data === 'string' ? data : JSON.stringify(data))
      .digest('hex'),
  random: () => Math.random(),
  uuid: () => randomUUID(),
  parse: (text: string): unknown => JSON.parse(text),
  eval: () => {
    throw new Error('$eval does not run in Step Functions');
  },
});
