/**
 * The row types of the catalogues, which describe as data what the product exposes. CDK builds infrastructure from the
 * rows, the OpenAPI document is generated from them, and each handler receives its own row, so nothing is wired twice.
 *
 * A row's file is its key in kebab-case inside its capability's folder: `create` of `consumers` is
 * `functions/consumers/endpoints/create.ts`, which exports `makeHandler(deps)`.
 */
import type * as z from 'zod/mini';
import type { RefusalCode } from '../domain/refusal.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** Callers that a route accepts: everyone, a storefront's server and staff, or staff only. */
export type Access = 'public' | 'storefront' | 'admin';

export interface Route {
  method: Method;
  /** With parameters in braces, in API Gateway's syntax: `/v1/consumers/{consumerId}`. */
  path: `/${string}`;
  access: Access;
  /** One line in the imperative: "Create a consumer". */
  summary: string;
  description?: string;
  /** Schemas of the path parameters and of the query. Unknown parameters are refused. */
  params?: z.ZodMiniType;
  query?: z.ZodMiniType;
  body?: z.ZodMiniType;
  /** The schema that the OpenAPI document shows for the body, if `body` leaves a part of it to be parsed separately. */
  bodyShown?: z.ZodMiniType;
  /** Schema of the response body by status; null for no body. Built lazily: only the documentation and tests need it. */
  answers: () => Record<number, z.ZodMiniType | null>;
  /** Whether its list is also available as CSV: see `tables.ts`. */
  asTable?: boolean;
  /** Whether it answers 200 with an HTML page instead of JSON. */
  asPage?: boolean;
  /** Refusals in addition to those that follow from its method, path and schemas: see `openapi/document.ts`. */
  refusals?: RefusalCode[];
  /** Largest body accepted, in bytes; 64 KiB unless said. */
  bodyLimitBytes?: number;
  /**
   * Whether the parts of its body succeed or fail independently and are committed before the response is. A used
   * Idempotency-Key is then detected before the work starts.
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

/** The event that invokes a job's Lambda. `trigger` is `manual` if an operator started the job. */
export interface JobEvent {
  job: string;
  scheduledAt: string;
  trigger: 'schedule' | 'manual';
}
/**
 * The result of a job. `nextDueAt` is the next instant at which the job will find work if nothing is written until then;
 * null if there is none, absent if unknown. The local stack uses it to skip runs without work when its clock moves by
 * months.
 */
export interface JobResult {
  nextDueAt?: string | null;
  [count: string]: unknown;
}

/** A consumer of the table's stream. At most one per capability; DynamoDB Streams serves at most two per table without throttling. */
export interface StreamConsumer {
  summary: string;
  /** Kinds of items whose changes are delivered, by their stored names. */
  kinds: string[];
  /** Types of consumer events that are delivered in addition. */
  eventTypes?: string[];
  batchSize: number;
  batchWindowSeconds: number;
  maximumRetries: number;
}
export type StreamConsumers = Record<string, StreamConsumer>;

/**
 * A state machine in JSONata. A task names its step as `"Resource": "step:<capability>/<file>"`; CDK replaces that with
 * the function's ARN and wraps `Arguments` as `{ step, input }`.
 *
 * A definition that names `queue:dead-letters` gets a dead letter queue of its own, with an alarm: `{ "Type": "Task",
 * "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": { "QueueUrl": "queue:dead-letters", "MessageBody":
 * "{% { … ids only … } %}" } }`, usually as the target of a `Catch` and followed by a `Fail`. The message is the input of
 * an execution that redoes the failed work.
 */
export interface Workflow {
  summary: string;
  definition: Record<string, unknown>;
}
/** By name. A name is part of the state machine's name and must be unique across capabilities. */
export type Workflows = Record<string, Workflow>;

/** The event that invokes a workflow step's Lambda. */
export interface StepEvent {
  step: string;
  input: unknown;
}
