import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import description from '../../functions/docs/description.ts';
import type { JsonSchema } from '../../shared/edge/openapi/schema.ts';
import type { Operation } from '../../shared/edge/openapi/types.ts';
import { servedForAll } from '../support/served-stack.ts';

const stack = servedForAll();
let consumerId: string;
beforeAll(async () => {
  consumerId = (await stack.call('POST', '/v1/consumers', { email: 'fuzz@example.com' })).body.consumerId;
}, 120_000);

const HOSTILE = [
  '',
  ' ',
  '\0',
  '\ud800',
  '__proto__',
  "' OR 1=1 --",
  '<script>',
  '../../etc',
  'ﷺ'.repeat(500),
  '-1',
  '1e999',
  'null',
];
const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(-1, 0, 0.5, 1e308, Number.MAX_SAFE_INTEGER + 1, [], {}, null, true, ['x'], { constructor: 1 }),
);

/** Mostly values that match the schema, occasionally a hostile one. */
const almost = (schema: JsonSchema, depth = 0): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: fitting(schema, depth) }, { weight: 1, arbitrary: hostile });

const fitting = (schema: JsonSchema, depth: number): fc.Arbitrary<unknown> => {
  const shared = schema.$ref && description.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
  if (depth > 5) return fc.constant(null);
  if (shared) return fitting(shared, depth + 1);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return fc.oneof(...branches.map((branch) => almost(branch, depth + 1)));
  if (schema.type === 'array') return fc.array(almost(schema.items ?? {}, depth + 1), { maxLength: 4 });
  if (schema.type === 'integer') return fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.maxSafeInteger());
  if (schema.type === 'number') return fc.double({ noNaN: true });
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'string') return TEXT;
  if (schema.properties) return objectOf(schema.properties, schema.required ?? [], depth);
  if (schema.type === 'object') return fc.dictionary(fc.string({ maxLength: 10 }), hostile, { maxKeys: 4 });
  return fc.jsonValue({ maxDepth: 3 });
};

const objectOf = (properties: Record<string, JsonSchema>, required: string[], depth: number) => {
  const fields = Object.entries(properties).map(([name, field]) => [name, almost(field, depth + 1)] as const);
  return fc
    .record(Object.fromEntries(fields), { requiredKeys: required })
    .chain((body) =>
      fc.oneof({ weight: 6, arbitrary: fc.constant<unknown>(body) }, { weight: 1, arbitrary: withSurplus(body) }),
    );
};
const withSurplus = (body: object) => hostile.map((value) => ({ ...body, surplus: value }));

const TEXT = fc.constantFrom(
  'a',
  'order_placed',
  'visit',
  'USD',
  '2026-01-31T09:30:00Z',
  'fuzz@example.com',
  '+447911123456',
  'shop',
  'active',
);

const requestOf = (path: string, operation: Operation) => {
  const parameters = operation.parameters ?? [];
  const inPath = fc.record(
    Object.fromEntries(parameters.filter((one) => one.in === 'path').map((one) => [one.name, pathValue(one.name)])),
  );
  const inQuery = fc.record(
    Object.fromEntries(parameters.filter((one) => one.in === 'query').map((one) => [one.name, almost(one.schema)])),
    { requiredKeys: [] },
  );
  const schema = operation.requestBody?.content['application/json']?.schema;
  return fc.tuple(inPath, inQuery, schema ? almost(schema) : fc.constant(undefined)).map(([names, query, body]) => {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(names[name]));
    const search = Object.entries(query).map(([name, value]) => `${name}=${encoded(value)}`);
    return { address: search.length > 0 ? `${filled}?${search.join('&')}` : filled, body };
  });
};

/** Mostly an existing id, so that the code behind the lookup is reached too. */
const pathValue = (name: string) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(null).map(() => (name === 'consumerId' ? consumerId : 'organization')) },
    { weight: 1, arbitrary: fc.constantFrom('x', '..', '%00', "'", '🙂', 'x'.repeat(300)) },
  );

const encoded = (value: unknown): string =>
  encodeURIComponent((typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed());

const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, method, path, operation] as const,
  ),
);

describe('any request', () => {
  it.each(operations)(
    'to %s is never answered with a fault',
    async (_, method, path, operation) => {
      const known = new Set([...Object.keys(operation.responses), '401', '403', '404', '413', '431']);
      await fc.assert(
        fc.asyncProperty(requestOf(path, operation), async ({ address, body }) => {
          const answer = await stack.call(method.toUpperCase(), address, body);
          expect(answer.status).toBeLessThan(500);
          if (answer.headers.get('content-type') === 'application/problem+json') {
            expect(answer.body).toMatchObject({ status: answer.status, code: expect.any(String) });
          }
          expect([...known]).toContain(String(answer.status));
        }),
        { numRuns: 40, interruptAfterTimeLimit: 10_000 },
      );
    },
    60_000,
  );
});
