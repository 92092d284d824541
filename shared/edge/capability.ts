/** The Lambda of one capability: hands whatever invokes it to the row that it is for. */
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { JobEvent, JobResult, StepEvent } from './catalogue.ts';
import type { HttpResult } from './endpoint.ts';
import type { HttpEvent } from './request.ts';

type Made<I, O> = (deps: never) => (event: I, context: never) => Promise<O> | O;
export interface CapabilityHandlers {
  routes: Record<string, Made<HttpEvent, HttpResult>>;
  jobs: Record<string, Made<JobEvent, JobResult>>;
  stream: Made<DynamoDBStreamEvent, DynamoDBBatchResponse> | undefined;
  steps: Record<string, Made<unknown, unknown>>;
}

type Handler = (event: unknown, context: unknown) => unknown;

/** The one handler of a bundle; a row's own is made when it is first called, so that a cold start makes one, not all. */
export const capability = <D>(handlers: CapabilityHandlers, deps: D): Handler => {
  const make = (made: Made<never, unknown>): Handler => {
    let handler: Handler | undefined;
    return (event, context) => {
      handler ??= made(deps as never) as Handler;
      return handler(event, context);
    };
  };
  const all = (rows: Record<string, Made<never, unknown>>) =>
    new Map(Object.entries(rows).map(([name, row]) => [name, make(row)]));
  const routes = all(handlers.routes);
  const jobs = all(handlers.jobs);
  const steps = all(handlers.steps);
  const stream = handlers.stream && make(handlers.stream);

  return (event, context) => {
    const seen = event as Partial<HttpEvent & JobEvent & StepEvent & DynamoDBStreamEvent>;
    const found =
      (seen.routeKey !== undefined && routes.get(seen.routeKey)) ||
      (seen.job !== undefined && jobs.get(seen.job)) ||
      (seen.step !== undefined && steps.get(seen.step)) ||
      (seen.Records !== undefined && stream);
    if (!found) throw new Error('nothing in this capability takes such an event');
    return found(seen.step === undefined ? event : seen.input, context);
  };
};
