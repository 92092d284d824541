/** The page at `/docs`, rendered from the OpenAPI document. It has no scripts and loads nothing from other origins. */
import { createHash } from 'node:crypto';
import type { JsonSchema, SharedSchemas } from '../../shared/edge/openapi/schema.ts';
import type { OpenApiDocument, Operation, Parameter, Response } from '../../shared/edge/openapi/types.ts';
import { problems } from '../../shared/edge/problems.ts';
import { Html, html, prose } from './html.ts';
import { boundsOf, kindOf, renderSchema } from './render-schema.ts';
import { sampleOf } from './sample.ts';
import { STYLE } from './style.ts';

interface Call extends Operation {
  method: string;
  path: string;
}

/** The page, and a content security policy that allows only its own style. */
export const pageOf = (document: OpenApiDocument): { html: string; contentSecurityPolicy: string } => {
  const calls = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation })),
  );
  const groups = document.tags.map(({ name }) => ({ name, calls: calls.filter((call) => call.tags.includes(name)) }));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title} API</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<nav aria-label="Contents">
  <a class="brand" href="#top">${document.info.title}</a> <span class="version">${document.info.version}</span>
  <a href="#how-to-call">How to call</a>
  ${groups.map(renderContents)}
  <a href="#problems">Problems</a>
</nav>
<main id="top">
  <h1>${document.info.title} API</h1>
  <p class="lead">${document.info.description}</p>
  ${renderHowTo()}
  ${groups.map((group) => renderGroup(group, document.components.schemas))}
  ${renderProblems()}
</main>
</body>
</html>`;
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return {
    html: page.markup,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
};

const renderContents = ({ name, calls }: { name: string; calls: Call[] }): Html =>
  html`<section><h2>${name}</h2>${calls.map(
    (call) =>
      html`<a href="#${call.operationId}"><span class="verb ${call.method.toLowerCase()}">${call.method}</span> ${call.summary}</a>`,
  )}</section>`;

const renderHowTo = (): Html => html`<section id="how-to-call">
  <h2>How to call</h2>
  <dl class="manner">
    <dt>Token</dt><dd>${prose('Send `Authorization: Bearer <token>`. Staff use the scope `regulars/admin`, which allows every call. A storefront’s server uses `regulars/storefront`.')}</dd>
    <dt>Bodies</dt><dd>${prose('JSON with the content type `application/json`. Unknown fields are refused, never dropped.')}</dd>
    <dt>Instants</dt><dd>${prose('ISO 8601. Send them with `Z` or an offset; responses use UTC: `2026-01-31T09:30:00.000Z`.')}</dd>
    <dt>Money</dt><dd>${prose('Integers in minor units of the organization’s currency: `2933` is 29.33 USD.')}</dd>
    <dt>Idempotency</dt><dd>${prose('Every write accepts an `Idempotency-Key`. Repeating a request with the same key returns the first response with `Idempotent-Replayed: true`; a different request with that key is refused. Events can also be repeated safely by their own ids.')}</dd>
    <dt>Concurrent edits</dt><dd>${prose('Responses have an `ETag`. Send it as `If-Match`, and an edit is refused with `version_conflict` if the resource has changed since.')}</dd>
    <dt>Pagination</dt><dd>${prose('Lists accept `limit` (1 to 100) and `cursor`, and return `nextCursor`, which is null on the last page.')}</dd>
  </dl>
  <pre><code>curl -H "Authorization: Bearer $TOKEN" "$URL/v1/consumers?limit=10"</code></pre>
</section>`;

const renderGroup = (group: { name: string; calls: Call[] }, shared: SharedSchemas): Html =>
  html`<section class="group"><h2 id="${group.name}">${group.name}</h2>${group.calls.map((call) => renderCall(call, shared))}</section>`;

const renderCall = (call: Call, shared: SharedSchemas): Html => {
  const body = call.requestBody?.content['application/json']?.schema;
  return html`<article id="${call.operationId}">
  <h3><a href="#${call.operationId}">${call.summary}</a></h3>
  <p class="call"><span class="verb ${call.method.toLowerCase()}">${call.method}</span> <code>${call.path}</code> <span class="scope">${scopeOf(call)}</span></p>
  ${call.description !== undefined && html`<p>${prose(call.description)}</p>`}
  ${renderParameters(call.parameters ?? [])}
  ${body && html`<h4>Body</h4>${renderSchema(body, shared)}`}
  <h4>Responses</h4>
  ${Object.entries(call.responses).map(([status, response]) => renderResponse(status, response, shared))}
  <details><summary>Try it</summary><pre><code>${curlOf(call, body, shared)}</code></pre></details>
</article>`;
};

const scopeOf = (call: Call): string =>
  call.security.length === 0 ? 'public' : call.security.length === 1 ? 'admin' : 'storefront or admin';

const renderParameters = (parameters: Parameter[]): Html | false =>
  parameters.length > 0 &&
  html`<h4>Parameters</h4><ul class="fields">${parameters.map(
    ({ name, in: where, required, description, schema }) => html`<li>
      <code class="name">${name}</code>${!required && html`<span class="optional" title="optional">?</span>`}
      <span class="kind">${kindOf(schema, {})}</span>
      <span class="bound">${where}</span> ${boundsOf(schema).map((bound) => html`<span class="bound">${bound}</span> `)}
      ${description !== undefined && html`<span class="about">${prose(description)}</span>`}
    </li>`,
  )}</ul>`;

const renderResponse = (status: string, response: Response, shared: SharedSchemas): Html => {
  const problem = response.content?.['application/problem+json'];
  if (problem)
    return html`<p class="answer"><span class="status s${status[0]}">${status}</span> ${codesOf(problem.schema)}</p>`;
  const schema = response.content?.['application/json']?.schema;
  const tag = html`<span class="status s${status[0]}">${status}</span>`;
  if (!schema) return html`<p class="answer">${tag} ${response.description !== '' && 'no body'}</p>`;
  if (status.startsWith('4')) return html`<p class="answer">${tag} ${response.description}</p>`;
  return html`<details class="answer"><summary>${tag} body</summary>${renderSchema(schema, shared)}</details>`;
};

const codesOf = (schema: JsonSchema): Html[] => {
  const codes = schema.allOf?.[1]?.properties?.['code']?.enum ?? [];
  return codes.map((code) => html`<a class="code" href="#${String(code)}">${String(code)}</a> `);
};

const curlOf = (call: Call, body: JsonSchema | undefined, shared: SharedSchemas): string => {
  const path = call.path.replace(/\{(\w+)\}/g, (_, name: string) => String(sampleOf({ type: 'string' }, shared, name)));
  const query = (call.parameters ?? []).filter((one) => one.in === 'query' && one.required);
  const search = query.map(
    (one) => `${one.name}=${encodeURIComponent(String(sampleOf(one.schema, shared, one.name)))}`,
  );
  return [
    `curl${call.method === 'GET' ? '' : ` -X ${call.method}`} "$URL${path}${search.length > 0 ? `?${search.join('&')}` : ''}"`,
    ...(call.security.length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body ? ['-H "Content-Type: application/json"', `-d '${JSON.stringify(sampleOf(body, shared))}'`] : []),
  ].join(' \\\n  ');
};

const renderProblems = (): Html => html`<section class="group"><h2 id="problems">Problems</h2>
  <p>${prose('Refused requests are answered with `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, `code`, `requestId`, and for invalid input `errors`, each with `path`, `code` and `message`. The set of codes is closed. API Gateway itself answers requests without a valid token and unknown paths: `{"message": "Unauthorized"}`.')}</p>
  <dl class="problems">${[...Object.entries(problems), ['internal_error', INTERNAL] as const].map(
    ([code, { status, title }]) =>
      html`<dt id="${code}"><span class="status s${String(status)[0]}">${status}</span> <a href="#${code}"><code>${code}</code></a></dt><dd>${title}.</dd>`,
  )}</dl>
</section>`;

const INTERNAL = {
  status: 500,
  title: 'Internal error. Try again. Operators can find the request id in the logs',
};
