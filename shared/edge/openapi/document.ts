/** The OpenAPI 3.1 document of the API, generated from the schemas that validate requests. */
import type { RefusalCode } from '../../domain/refusal.ts';
import type { Access, Method, Route, Routes } from '../catalogue.ts';
import { problems } from '../problems.ts';
import { bodyProblemSchema, gatewayAnswer, problemResponses } from './problems.ts';
import type { JsonSchema, SharedSchemas } from './schema.ts';
import { jsonSchemaOf } from './schema.ts';
import type { OpenApiDocument, Operation, Parameter, Response } from './types.ts';

/** Describes every route of the catalogue. */
export const openApiOf = (api: Record<string, Routes>, version: string): OpenApiDocument => {
  const schemas: SharedSchemas = { Problem: bodyProblemSchema };
  const paths: OpenApiDocument['paths'] = {};
  for (const [capability, routes] of Object.entries(api)) {
    for (const [key, route] of Object.entries(routes)) {
      paths[route.path] ??= {};
      Object.assign(paths[route.path] ?? {}, {
        [route.method.toLowerCase()]: operationOf(capability, key, route, schemas),
      });
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Regulars',
      version,
      description: 'Consumer profiles, segments, points and rewards, computed from events.',
    },
    servers: [{ url: '/' }],
    tags: Object.keys(api).map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token with the scope `regulars/storefront` or `regulars/admin`.',
        },
      },
    },
  };
};

const operationOf = (capability: string, key: string, route: Route, schemas: SharedSchemas): Operation => ({
  operationId: `${capability}.${key}`,
  tags: [capability],
  summary: route.summary,
  ...(route.description !== undefined && { description: route.description }),
  security: SECURITY[route.access],
  parameters: parametersOf(route),
  ...(route.body && {
    requestBody: {
      required: !route.body.safeParse(undefined).success,
      content: { 'application/json': { schema: jsonSchemaOf(route.bodyShown ?? route.body, 'input', schemas) } },
    },
  }),
  responses: { ...answersOf(route, schemas), ...refusalsOf(route) },
});

/** One of the scopes suffices. */
const SECURITY: Record<Access, Record<string, string[]>[]> = {
  public: [],
  storefront: [{ token: ['regulars/storefront'] }, { token: ['regulars/admin'] }],
  admin: [{ token: ['regulars/admin'] }],
};

const parametersOf = (route: Route): Parameter[] => [
  ...pathParametersOf(route),
  ...fieldsOf(route.query).map(({ name, required, schema }) => parameter(name, 'query', required, schema)),
  ...headersOf(route.method),
];

const pathParametersOf = (route: Route): Parameter[] => {
  const known = new Map(fieldsOf(route.params).map(({ name, schema }) => [name, schema]));
  const names = [...route.path.matchAll(/\{(\w+)\+?\}/g)].map(([, name = '']) => name);
  return names.map((name) => parameter(name, 'path', true, known.get(name) ?? { type: 'string' }));
};

const parameter = (name: string, where: Parameter['in'], required: boolean, full: JsonSchema): Parameter => {
  const { description, ...schema } = full;
  return { name, in: where, required, ...(description !== undefined && { description }), schema };
};

/** The fields of a parameter schema, with the type that the text is parsed to if the schema states one. */
const fieldsOf = (schema: Route['query']): { name: string; required: boolean; schema: JsonSchema }[] => {
  if (!schema) return [];
  const sent = jsonSchemaOf(schema, 'input', {});
  const read = jsonSchemaOf(schema, 'output', {});
  return Object.entries(sent.properties ?? {}).map(([name, asSent]) => {
    const asRead = read.properties?.[name] ?? {};
    const shown = name === 'limit' ? LIMIT : asRead.type ? asRead : asSent;
    return { name, required: sent.required?.includes(name) ?? false, schema: shown };
  });
};

/** The same for every list. The schema of the row only says that it arrives as text. */
const LIMIT: JsonSchema = { type: 'integer', minimum: 1, maximum: 100, default: 25 };

const headersOf = (method: Method): Parameter[] => {
  if (method === 'GET') return [];
  const key = parameter('Idempotency-Key', 'header', false, {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description: 'Repeating a request with the same key returns the first response, for seven days.',
  });
  if (method === 'POST') return [key];
  const match = parameter('If-Match', 'header', false, {
    type: 'string',
    description:
      'The `ETag` of the version to change. Refused with `version_conflict` if the resource has changed since.',
  });
  return [key, match];
};

const answersOf = (route: Route, schemas: SharedSchemas): Record<string, Response> =>
  Object.fromEntries(
    Object.entries(route.answers()).map(([status, schema]) => {
      const body = schema && jsonSchemaOf(schema, 'output', schemas);
      const headers = answerHeadersOf(route, body);
      const has = Object.keys(headers).length > 0;
      return [status, { description: route.summary, ...(has && { headers }), ...contentOf(route, status, body) }];
    }),
  );

const contentOf = (
  { asTable, asPage }: Route,
  status: string,
  schema: JsonSchema | null,
): Pick<Response, 'content'> => {
  if (asPage && status === '200') return { content: { 'text/html': { schema: TEXT } } };
  if (!schema) return {};
  return { content: { 'application/json': { schema }, ...(asTable && { 'text/csv': { schema: TEXT } }) } };
};

const TEXT: JsonSchema = { type: 'string' };

const answerHeadersOf = (route: Route, body: JsonSchema | null): NonNullable<Response['headers']> => ({
  ...(body &&
    isVersioned(body) && {
      ETag: { description: 'The version of the resource, for `If-Match`.', schema: TEXT },
    }),
  ...(route.method !== 'GET' && {
    'Idempotent-Replayed': {
      description: '`true` if this is the stored response to an earlier request.',
      schema: TEXT,
    },
  }),
  ...(route.asTable && {
    Link: { description: 'For CSV: the next page as `rel="next"`, if there is one.', schema: TEXT },
  }),
});

const isVersioned = ({ properties, anyOf = [] }: JsonSchema): boolean =>
  /integer|number/.test(properties?.['version']?.type ?? '') || anyOf.some(isVersioned);

const refusalsOf = (route: Route): Record<string, Response> => ({
  ...problemResponses(codesOf(route)),
  ...(route.access !== 'public' && {
    401: gatewayAnswer('The token is missing, expired or invalid.'),
    403: gatewayAnswer('The token lacks the required scope.'),
  }),
});

/** Every refusal that a route may answer: those that its row lists, and those that follow from its method, path and schemas. */
export const codesOf = (route: Route): RefusalCode[] => {
  const codes = new Set<RefusalCode>(route.refusals ?? []);
  const add = (...more: RefusalCode[]): unknown => more.forEach((code) => void codes.add(code));
  const query = new Set(fieldsOf(route.query).map(({ name }) => name));
  if (query.has('limit')) add('limit_out_of_range');
  if (query.has('cursor')) add('invalid_cursor');
  if (route.path.includes('{consumerId}')) add('erased');
  // Unknown parameters, and bodies of routes without one, are refused too. Public routes are static texts.
  if (route.access !== 'public') add('invalid_request', 'unreadable_body', 'body_too_large');
  if (route.body) add('unsupported_media_type');
  if (route.method !== 'GET') add('idempotency_key_reused');
  if (route.method !== 'GET' || route.access !== 'public') add('too_busy');
  if (route.method !== 'GET' && route.method !== 'POST') add('version_conflict');
  return (Object.keys(problems) as RefusalCode[]).filter((code) => codes.has(code));
};
