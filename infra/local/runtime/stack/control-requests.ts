/** Reads and checks requests to the stack's controls. */
import type { IncomingMessage } from 'node:http';
import { advanced, instantOf } from '../base/clock-moves.ts';
import { type FaultPlan, HOW } from '../dynamodb/faults.ts';

/** A refusal of a control call, answered as problem+json. */
export class ControlProblem extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const BODY_BYTES_MAX = 64 * 1024;

export async function jsonOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.length > BODY_BYTES_MAX) throw new ControlProblem(413, 'body_too_large', 'the body is too large');
  }
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlProblem(400, 'unreadable_body', 'the body is not JSON');
  }
}

/** Full names of the scopes that `?scope=` lists by their short names. Without it, the first known scope. */
export function scopesNamed(text: string | null, known: Record<string, string>): string[] {
  const [first = ''] = Object.keys(known);
  return (text ?? first).split(/[\s,]+/).map((name) => {
    const scope = known[name];
    if (scope) return scope;
    const names = Object.keys(known).join(', ');
    throw new ControlProblem(400, 'unknown_scope', `scope is one or more of ${names}, not "${name}"`);
  });
}

export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(seconds) || Math.abs(seconds) > 1e9)
    throw new ControlProblem(400, 'invalid_request', 'expiresIn is a whole number of seconds');
  return seconds;
}

export function readInstant(value: unknown, name: string): string {
  const instant = instantOf(value);
  if (instant === null)
    throw new ControlProblem(422, 'invalid_request', `${name} is an ISO 8601 instant with its offset`);
  return instant;
}

/** The instant that a body asks for: `{now}` or `{advance}`. */
export function targetOf(now: string, body: unknown): string {
  const {
    now: wanted,
    advance,
    ...others
  } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (Object.keys(others).length > 0 || (wanted === undefined) === (advance === undefined))
    throw new ControlProblem(422, 'invalid_request', 'the body is {"now": instant} or {"advance": duration}');
  const target = wanted === undefined ? advanced(now, advance) : readInstant(wanted, 'now');
  if (target === null)
    throw new ControlProblem(
      422,
      'invalid_request',
      'advance is an ISO 8601 duration of weeks, days, hours, minutes and seconds',
    );
  if (target < now) throw new ControlProblem(409, 'clock_backwards', `the clock shows ${now} and never goes back`);
  return target;
}

/** The plan in a body: the function's next `count` requests to DynamoDB fail, after `skip` others. */
export function faultPlanOf(body: unknown): FaultPlan {
  const plan = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const { function: name, skip = 0, count = 1, how = 'refused', ...others } = plan;
  const areCounts = [skip, count].every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
  const way = HOW.find((one) => one === how);
  if (Object.keys(others).length > 0 || typeof name !== 'string' || name === '' || !areCounts || way === undefined)
    throw new ControlProblem(
      422,
      'invalid_request',
      `the body is {"function": name, "skip"?: number, "count"?: number, "how"?: "${HOW.join('" or "')}"}`,
    );
  return { function: name, skip: Number(skip), count: Number(count), how: way };
}
