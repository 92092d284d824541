/** The inputs of a running state, and the code that all types of state share. */
import type { Ending, Flow } from './definition.ts';
import type { Reason } from './pauses.ts';
import type { Trail } from './trail.ts';

/** The services of one execution. */
export interface Run {
  /** `$states.context` without the parts about the state. */
  context: Record<string, unknown>;
  trail: Trail;
  nowMs: () => number;
  /** Invokes a function by ARN or name. Throws a `StatesError`. */
  call: (functionName: string, payload: unknown) => Promise<unknown>;
  /** Sends a message to the queue with this URL. Throws a `StatesError`. */
  send: (queueUrl: string, body: unknown) => void;
  /** Resolves once the stack's clock has reached the instant, or earlier where the reason allows and a caller waits for idleness. */
  pauseUntil: (atMs: number, why: Reason) => Promise<void>;
  /** Throws where the execution must not go on: it timed out, or the stack stops. */
  checkGoing: () => void;
}

export interface MapContext {
  Item: { Index: number; Value: unknown };
}
/** Values that an ending can refer to. */
export interface Outcome {
  result?: unknown;
  errorOutput?: unknown;
}

export interface Scope {
  id: string;
  input: unknown;
  /** Variables of the flows around this one: readable, not assignable. */
  outer: Record<string, unknown>;
  /** `$states.context.Map` inside a Map state. */
  map?: MapContext;
  /** Throws once a sibling has failed and this flow's result is not wanted any more. */
  checkWanted: () => void;
}

/** One state about to run. */
export interface Frame {
  run: Run;
  scope: Scope;
  step: number;
  name: string;
  input: unknown;
  retries: number;
  variables: Record<string, unknown>;
  /** A template's value where the state has a result, an error or neither. */
  value: (template: unknown, states?: Outcome & { map?: MapContext }) => Promise<unknown>;
  /** Runs a flow inside this state. */
  runInner: (flow: Flow, scope: Scope) => Promise<unknown>;
}
/** How a state was left; `next` null ends the flow. */
export interface Passage {
  output: unknown;
  next: string | null;
  assigned: Record<string, unknown>;
}

/** How a state, a choice or a catcher ends: its output, unless it says otherwise, and what it assigns. */
export async function endingOf(frame: Frame, ending: Ending, states: Outcome = {}): Promise<Passage> {
  const silent = states.errorOutput ?? ('result' in states ? states.result : frame.input);
  const [output, assigned] = await Promise.all([
    ending.Output === undefined ? silent : frame.value(ending.Output, states),
    frame.value(ending.Assign ?? {}, states) as Promise<Record<string, unknown>>,
  ]);
  return { output, next: ending.Next ?? null, assigned };
}

/** A flow inside a state: its own for each step and each try, so that a retried state begins afresh. */
export const innerScope = ({ scope, step, retries }: Frame, index: number): string =>
  `${scope.id}/${step}.${retries}:${index}`;

/** Thrown in a flow whose result is no longer needed. */
export class Unwanted extends Error {}

/** All results; or the first true failure, once no flow runs any more, so that nothing goes on behind the scene. */
export async function allOf(flows: Promise<unknown>[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  const results = await Promise.all(flows.map((flow) => flow.catch((error: unknown) => void failures.push(error))));
  const failure = failures.find((error) => !(error instanceof Unwanted)) ?? failures[0];
  if (failure !== undefined) throw failure;
  return results;
}
