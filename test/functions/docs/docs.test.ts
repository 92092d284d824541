import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { api } from '../../../functions/api.ts';
import description from '../../../functions/docs/description.ts';
import { makeHandler as makeDocument } from '../../../functions/docs/endpoints/document.ts';
import { makeHandler as makeHealth } from '../../../functions/docs/endpoints/health.ts';
import { makeHandler as makePage } from '../../../functions/docs/endpoints/page.ts';
import { html, prose } from '../../../functions/docs/html.ts';
import { pageOf } from '../../../functions/docs/render.ts';
import { sampleOf } from '../../../functions/docs/sample.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { SETTINGS_DOCUMENTS } from '../../../shared/domain/settings.ts';
import type { Route, Routes } from '../../../shared/edge/catalogue.ts';
import { openApiOf } from '../../../shared/edge/openapi/document.ts';
import type { Operation } from '../../../shared/edge/openapi/types.ts';
import { problems } from '../../../shared/edge/problems.ts';

const routes: [string, Route][] = Object.values(api as Record<string, Routes>)
  .flatMap((rows) => Object.values(rows))
  .map((route) => [`${route.method} ${route.path}`, route]);
const operationOf = (route: Route): Operation | undefined =>
  description.paths[route.path]?.[route.method.toLowerCase()];
const operations = Object.values(description.paths).flatMap((path) => Object.values(path));

type Get = Parameters<ReturnType<typeof makePage>>[0];
const get = (headers: Record<string, string> = {}): Get => ({ headers }) as unknown as Get;

/** All values under keys of this name, at any depth. */
const valuesOf = (node: unknown, key: string): unknown[] => {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, child]) => [...(name === key ? [child] : []), ...valuesOf(child, key)]);
};

describe('the OpenAPI document', () => {
  it.each(routes)('describes %s with its responses, scope and path parameters', (_, route) => {
    const operation = operationOf(route);
    expect(operation?.summary).toBe(route.summary);
    expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(Object.keys(route.answers())));
    expect(operation?.requestBody !== undefined).toBe(route.body !== undefined);
    const scopes = operation?.security.flatMap((one) => one['token']);
    expect(scopes).toEqual(
      { public: [], storefront: ['regulars/storefront', 'regulars/admin'], admin: ['regulars/admin'] }[route.access],
    );
    const inPath = operation?.parameters?.filter((one) => one.in === 'path').map((one) => one.name);
    expect(inPath).toEqual([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  });

  it('describes no other operations', () => {
    expect(operations).toHaveLength(routes.length);
  });

  it('gives each operation a unique id', () => {
    const names = operations.map((operation) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('describes the settings documents in the order of their names', () => {
    const write = description.paths['/v1/settings/{document}']?.['put'];
    const names = write?.parameters?.find((one) => one.name === 'document')?.schema.enum;
    const shown = write?.requestBody?.content['application/json']?.schema.anyOf ?? [];
    const fields = Object.values(SETTINGS_DOCUMENTS).map(({ shape }) => Object.keys(shape));
    expect(names).toEqual(Object.keys(SETTINGS_DOCUMENTS));
    expect(shown.map(({ properties }) => Object.keys(properties ?? {}))).toEqual(fields);
  });

  it('refers only to schemas that it contains', () => {
    const names = Object.keys(description.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(names).toEqual(expect.arrayContaining([...new Set(valuesOf(description, '$ref'))]));
  });

  it('documents Idempotency-Key and idempotency_key_reused for every write', () => {
    for (const [, route] of routes.filter(([, { method }]) => method !== 'GET')) {
      const operation = operationOf(route);
      expect(operation?.parameters?.map((one) => one.name)).toContain('Idempotency-Key');
      expect(valuesOf(operation?.responses, 'enum').flat()).toContain('idempotency_key_reused');
    }
  });

  it('lists every refusal of a route under its status', () => {
    for (const [, route] of routes) {
      for (const code of route.refusals ?? []) {
        const response = operationOf(route)?.responses[problems[code].status];
        expect(valuesOf(response, 'enum').flat()).toContain(code);
      }
    }
  });

  it('lists 401 and 403 only for routes that require a token', () => {
    for (const [, route] of routes) {
      const statuses = Object.keys(operationOf(route)?.responses ?? {});
      expect(statuses.includes('401') && statuses.includes('403')).toBe(route.access !== 'public');
    }
  });
});

describe('the documentation page', () => {
  const page = pageOf(description);

  it('has an anchor for every call and every problem code', () => {
    for (const { operationId } of operations) expect(page.html).toContain(`id="${operationId}"`);
    for (const code of [...Object.keys(problems), 'internal_error']) expect(page.html).toContain(`id="${code}"`);
  });

  it('links only to its own anchors', () => {
    const links = [...page.html.matchAll(/href="#([^"]+)"/g)].map(([, place]) => place);
    for (const place of new Set(links)) expect(page.html).toContain(`id="${place}"`);
  });

  it('has no scripts and loads nothing from other origins', () => {
    expect(page.html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\son\w+=/i);
    expect(page.contentSecurityPolicy).toContain("default-src 'none'");
    expect(page.contentSecurityPolicy).not.toContain('unsafe');
  });

  it('escapes descriptions', () => {
    const hostile = '<script>alert(1)</script>"\'&';
    const route = {
      method: 'GET',
      path: '/v1/x',
      access: 'public',
      summary: hostile,
      answers: () => ({ 200: null }),
    } as const;
    expect(pageOf(openApiOf({ x: { y: route } }, '1')).html).not.toContain('<script>');
  });

  it('escapes all text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(html`${text}`.markup).not.toMatch(/[<>"']/);
        expect(prose(text).markup.replace(/<\/?code>/g, '')).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('shows an example body with all required fields', () => {
    const schema = {
      type: 'object',
      properties: { email: { type: 'string' }, state: { enum: ['a', 'b'] }, count: { type: 'integer', minimum: 3 } },
      required: ['email', 'state', 'count'],
    };
    expect(sampleOf(schema, {})).toEqual({ email: 'ada@example.com', state: 'a', count: 3 });
  });
});

describe('a published text', () => {
  it.each([
    ['the document', makeDocument, 'application/json'],
    ['the page', makePage, 'text/html; charset=utf-8'],
    ['the health', makeHealth, 'application/json'],
  ])(
    '%s is served with its content type, and answered with 304 if the client has it',
    async (_, makeHandler, contentType) => {
      const first = await makeHandler()(get());
      expect(first).toMatchObject({ statusCode: 200, headers: { 'content-type': contentType } });
      const again = await makeHandler()(get({ 'if-none-match': String(first.headers?.['etag']) }));
      expect(again).toMatchObject({ statusCode: 304 });
      expect(again.body).toBeUndefined();
    },
  );

  it('contains the version of the package', async () => {
    const { body } = await makeHealth()(get());
    expect(JSON.parse(body ?? '')).toEqual({ status: 'ok', version: packageJson.version });
  });
});
