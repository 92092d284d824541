/** The Lambda handler of one capability. Dispatches an invocation to the handler of its row. */
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { JobEvent, JobResult, StepEvent } from './catalogue.ts';
import type { HttpResult } from './endpoint.ts';
import type { HttpEvent } from './request.ts';

type MakeHandler<I, O> = (deps: never) => (event: I, context: never) => Promise<O> | O;
export interface CapabilityHandlers {
  routes: Record<string, MakeHandler<HttpEvent, HttpResult>>;
  jobs: Record<string, MakeHandler<JobEvent, JobResult>>;
  stream: MakeHandler<DynamoDBStreamEvent, DynamoDBBatchResponse> | undefined;
  steps: Record<string, MakeHandler<unknown, unknown>>;
}

type Handler = (event: unknown, context: unknown) => unknown;

/** The single handler of a bundle. A row's own handler is created on its first call, so a cold start creates only one. */
export const capability = <D>(handlers: CapabilityHandlers, deps: D): Handler => {
  const lazily = (makeHandler: MakeHandler<never, unknown>): Handler => {
    let handler: Handler | undefined;
    return (event, context) => {
      handler ??= makeHandler(deps as never) as Handler;
      return handler(event, context);
    };
  };
  const all = (rows: Record<string, MakeHandler<never, unknown>>) =>
    new Map(Object.entries(rows).map(([name, row]) => [name, lazily(row)]));
  const routes = all(handlers.routes);
  const jobs = all(handlers.jobs);
  const steps = all(handlers.steps);
  const stream = handlers.stream && lazily(handlers.stream);

  return (event, context) => {
    const invocation = event as Partial<HttpEvent & JobEvent & StepEvent & DynamoDBStreamEvent>;
    const found =
      (invocation.routeKey !== undefined && routes.get(invocation.routeKey)) ||
      (invocation.job !== undefined && jobs.get(invocation.job)) ||
      (invocation.step !== undefined && steps.get(invocation.step)) ||
      (invocation.Records !== undefined && stream);
    if (!found) throw new Error('no row of this capability handles the event');
    return found(invocation.step === undefined ? event : invocation.input, context);
  };
};
