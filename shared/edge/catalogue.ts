/**
 * The rows of the catalogues: what the product exposes, as data. CDK makes infrastructure of them, OpenAPI is made of
 * them, and each handler is given its own row, so that nothing is wired twice.
 *
 * The file of a row is its key in kebab-case inside its capability's folder: `create` of `consumers` is
 * `functions/consumers/endpoints/create.ts`, which exports `makeHandler(deps)`.
 */
import type * as z from 'zod/mini';
import type { RefusalCode } from '../domain/refusal.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** Who may call: everyone, a storefront's server (and staff), staff alone. */
export type Access = 'public' | 'storefront' | 'admin';

export interface Route {
  method: Method;
  /** With parameters in braces, as API Gateway writes them: `/v1/consumers/{consumerId}`. */
  path: `/${string}`;
  access: Access;
  /** One line for people, in the imperative: "Create a consumer". */
  summary: string;
  description?: string;
  /** Schemas of the path parameters and of the query; a parameter they don't know is refused. */
  params?: z.ZodMiniType;
  query?: z.ZodMiniType;
  body?: z.ZodMiniType;
  /** What the description shows as the body, where `body` leaves a part of it to be parsed by itself. */
  bodyShown?: z.ZodMiniType;
  /** Schema of the body by status; null for none. Made when asked for: no request needs it, the documentation does. */
  answers: () => Record<number, z.ZodMiniType | null>;
  /** Whether its list is also answered as a table: see `tables.ts`. */
  asTable?: boolean;
  /** Whether it answers 200 with an HTML page in place of JSON. */
  asPage?: boolean;
  /** Refusals of its own, beside those that every endpoint has. */
  refusals?: RefusalCode[];
  /** Largest body accepted, in bytes; 64 KiB unless said. */
  bodyLimitBytes?: number;
  /**
   * Its body is taken in parts, none of which spoils another, and committed in parts ahead of the answer: a key that was
   * used must be noticed before it begins.
   */
  commitsInParts?: boolean;
}
export type Routes = Record<string, Route>;

/** A background job. Its key is the schedule's name and must be unique across capabilities. */
export interface Job {
  /** `rate(5 minutes)` or `cron(…)`, in UTC. */
  schedule: string;
  summary: string;
  timeoutSeconds?: number;
}
export type Jobs = Record<string, Job>;

/** What a job's Lambda is invoked with. `trigger` is `manual` where somebody asked for it now. */
export interface JobEvent {
  job: string;
  scheduledAt: string;
  trigger: 'schedule' | 'manual';
}
/**
 * What a job answers. `nextDueAt` is the next instant at which it will find work if nothing is written until then (null:
 * none), so that a clock that is moved by months needn't run a job that has nothing to do; leave it out where unknown.
 */
export interface JobResult {
  nextDueAt?: string | null;
  [count: string]: unknown;
}

/** A consumer of the table's stream. At most one per capability; a table feeds two of them well. */
export interface StreamConsumer {
  summary: string;
  /** Only changes of these kinds of items arrive. */
  kinds: string[];
  /** Of the history, only events of these types. */
  eventTypes?: string[];
  batchSize: number;
  batchWindowSeconds: number;
  maximumRetries: number;
}
export type StreamConsumers = Record<string, StreamConsumer>;

/**
 * A state machine in JSONata. A task names the step that it runs as `"Resource": "step:<capability>/<file>"`; CDK puts
 * the function's ARN there and wraps `Arguments` as `{ step, input }`.
 *
 * What was given up may be left in a dead letter queue of the workflow's own, with an alarm: it is made for a definition
 * that names it, `{ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": { "QueueUrl":
 * "queue:dead-letters", "MessageBody": "{% { … ids only … } %}" } }`, usually where a `Catch` leads, with a `Fail` after it.
 * The message holds the input of an execution that makes it good.
 */
export interface Workflow {
  summary: string;
  definition: Record<string, unknown>;
}
/** By name, which must be unique across capabilities: it is part of the state machine's name. */
export type Workflows = Record<string, Workflow>;

/** What a workflow step's Lambda is invoked with. */
export interface StepEvent {
  step: string;
  input: unknown;
}
