/** Checks answers against the API catalogue: their body against the route's schema, their refusals against the row's list. */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import { api } from '../../functions/api.ts';
import { entriesOf } from '../../infra/catalogues.ts';
import type { Route } from '../../shared/edge/catalogue.ts';
import { codesOf } from '../../shared/edge/openapi/document.ts';
import { problems } from '../../shared/edge/problems.ts';

/** An endpoint as `capability.key` of the API catalogue, such as `rewards.create`: its `operationId` in the OpenAPI document. */
export type OperationId = { [C in keyof typeof api]: `${C}.${keyof (typeof api)[C] & string}` }[keyof typeof api];

export const routes = new Map(
  entriesOf<Route>(api).map(({ capability, name, row }) => [`${capability}.${name}` as OperationId, row]),
);

export interface PublishedAnswer {
  status: number;
  contentType: string | undefined;
  /** Parsed if the content type is JSON; undefined if there is none. */
  body: unknown;
}

/** The route that API Gateway selects for a path with its query, as a client sends it; undefined if none matches. */
export const routeFor = (method: string, path: string): Route | undefined => {
  const { pathname } = new URL(path, 'http://localhost');
  return [...routes.values()]
    .filter((route) => route.method === method && patternOf(route).test(pathname))
    .sort((a, b) => parametersIn(a) - parametersIn(b))[0];
};

const patternOf = ({ path }: Route): RegExp => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
const parametersIn = ({ path }: Route): number => path.split('{').length;

/** Throws unless the OpenAPI document lists such an answer for the route. Unknown keys in a body are errors. */
export const checkAnswer = (route: Route, answer: PublishedAnswer): void => {
  const fault = answer.status < 400 ? successFault(route, answer) : refusalFault(route, answer);
  if (fault === undefined) return;
  throw new Error(`${route.method} ${route.path} answered ${answer.status} ${JSON.stringify(answer.body)}: ${fault}`);
};

const successFault = (route: Route, { status, contentType, body }: PublishedAnswer): string | undefined => {
  const schema = schemasOf(route)[status];
  if (schema === undefined) return 'its row does not list this status';
  const mediaType = contentType?.split(';')[0];
  if (route.asTable && mediaType === 'text/csv') return undefined;
  if (route.asPage && status === 200) return mediaType === 'text/html' ? undefined : 'it is no HTML page';
  if (schema === null) return body === undefined ? undefined : 'its row lists no body';
  return mediaType === 'application/json' ? schemaFault(schema, body) : `its content type is ${contentType}`;
};

/** The parsed output equals the body: a schema that ignores unknown keys would drop them. */
const schemaFault = (schema: z.ZodMiniType, body: unknown): string | undefined => {
  const { success, data, error } = schema.safeParse(body);
  if (!success) return z.prettifyError(error);
  return isDeepStrictEqual(data, body) ? undefined : 'the schema of its row drops or changes parts of the body';
};

const schemas = new WeakMap<Route, ReturnType<Route['answers']>>();
const schemasOf = (route: Route): ReturnType<Route['answers']> => {
  const known = schemas.get(route) ?? route.answers();
  schemas.set(route, known);
  return known;
};

const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  errors: z.optional(z.array(z.strictObject({ path: z.string(), code: z.string(), message: z.string() }))),
  reasons: z.optional(z.array(z.string())),
});
const gatewayAnswer = z.strictObject({ message: z.string() });

const refusalFault = (route: Route, { status, contentType, body }: PublishedAnswer): string | undefined => {
  if (contentType !== 'application/problem+json') return gatewayFault(route, status, body);
  const fault = schemaFault(problem, body);
  if (fault !== undefined) return fault;
  const { code, title, status: stated } = body as z.output<typeof problem>;
  if (stated !== status) return `its body states another status, ${stated}`;
  if (code === 'internal_error') return status === 500 ? undefined : 'only a 500 has this code';
  const known = codesOf(route).find((listed) => listed === code);
  if (known === undefined) return `its row does not list the refusal ${code}`;
  return problems[known].status === status && problems[known].title === title
    ? undefined
    : `${code} has another status`;
};

/** API Gateway itself refuses tokens, and requests that it cannot hand to a Lambda. */
const gatewayFault = ({ access }: Route, status: number, body: unknown): string | undefined => {
  const known = access === 'public' ? [413, 429, 503] : [401, 403, 413, 429, 503];
  return known.includes(status) ? schemaFault(gatewayAnswer, body) : 'it is no problem, nor an answer of the gateway';
};
