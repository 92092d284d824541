/** Calls endpoints as API Gateway does, by their row in the API catalogue, and checks every answer against that row. */
import { kebabCase } from '../../infra/catalogues.ts';
import type { HttpResult } from '../../shared/edge/endpoint.ts';
import type { HttpEvent } from '../../shared/edge/request.ts';
import { httpEvent, type Sent } from './http-event.ts';
import { checkAnswer, type OperationId, routes } from './published-answers.ts';

/** A response body, typed loosely so that tests read it as callers without our types do. */
export type Body = ReturnType<typeof JSON.parse>;
export interface ApiResponse {
  status: number;
  body: Body;
  headers: Record<string, unknown>;
}
/** The row gives the method, and the path unless `sent` overrides it. */
export type Call<E extends string> = (endpoint: E, sent?: Sent) => Promise<ApiResponse>;

type Handler = (event: HttpEvent, context: object) => Promise<HttpResult>;

/** Calls any endpoint with its handler made over `deps`. `defaults` are sent unless a call overrides them. */
export const clientOf =
  (deps: object, defaults: Sent = {}): Call<OperationId> =>
  async (operation, sent = {}) => {
    const route = routes.get(operation);
    if (!route) throw new Error(`the API catalogue has no ${operation}`);
    const path = pathOf(route.path, sent.params ?? {});
    const handle = await handlerOf(operation, deps);
    const result = await handle(
      httpEvent({ ...defaults, path, ...sent, method: route.method, routeKey: `${route.method} ${route.path}` }),
      {},
    );
    return responseOf(operation, result);
  };

/** A client that knows some endpoints by names of its own. */
export const namedClient = <E extends string>(
  operations: Record<E, OperationId>,
  deps: object,
  defaults: Sent = {},
): Call<E> => {
  const call = clientOf(deps, defaults);
  return (endpoint, sent) => call(operations[endpoint], sent);
};

/** Made for each call, so that tests see no state of a warm function. */
const handlerOf = async (operation: OperationId, deps: object): Promise<Handler> => {
  const [capability = '', key = ''] = operation.split('.');
  const { makeHandler } = await import(`../../functions/${capability}/endpoints/${kebabCase(key)}.ts`);
  return makeHandler(deps);
};

const pathOf = (template: string, params: Record<string, string>): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));

const responseOf = (operation: OperationId, { statusCode = 0, body, headers = {} }: HttpResult): ApiResponse => {
  const contentType = headers['content-type'] === undefined ? undefined : String(headers['content-type']);
  const parsed = body !== undefined && isJson(contentType) ? JSON.parse(body) : body;
  const route = routes.get(operation);
  if (route) checkAnswer(route, { status: statusCode, contentType, body: parsed });
  return { status: statusCode, body: parsed, headers };
};

const isJson = (contentType: string | undefined): boolean => /[/+]json\b/.test(contentType ?? '');
