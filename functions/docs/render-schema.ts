/** Renders schemas as nested lists of fields with name, type, bounds and description. */
import type { JsonSchema, SharedSchemas } from '../../shared/edge/openapi/schema.ts';
import type { Html } from './html.ts';
import { html, prose } from './html.ts';

/** Deeper schemas are not expanded, which also ends recursion. */
const MAX_DEPTH = 6;

export const renderSchema = (schema: JsonSchema, shared: SharedSchemas, depth = 0): Html => {
  const { schema: shown } = resolved(schema, shared);
  const nested = fieldsIn(shown, shared, depth);
  return depth === 0 && !nested ? html`<p class="kind">${kindOf(shown, shared)}</p>` : (nested ?? html``);
};

/** The fields of an object, of an array's items, or of each alternative; null if there are none. */
const fieldsIn = (schema: JsonSchema, shared: SharedSchemas, depth: number): Html | null => {
  if (depth > MAX_DEPTH) return null;
  const { schema: shown } = resolved(schema, shared);
  if (shown.properties) {
    const required = new Set(shown.required);
    const fields = Object.entries(shown.properties);
    return html`<ul class="fields">
      ${fields.map(([name, field]) => renderField(name, required.has(name), field, shared, depth))}
    </ul>`;
  }
  if (shown.items) return fieldsIn(shown.items, shared, depth + 1);
  if (typeof shown.additionalProperties === 'object') return fieldsIn(shown.additionalProperties, shared, depth + 1);
  const branches = alternativesOf(shown).flatMap((branch) => fieldsIn(branch, shared, depth + 1) ?? []);
  if (branches.length === 0) return null;
  return branches.length === 1
    ? html`${branches}`
    : html`<div class="alternatives">${branches.map((branch) => html`<div>${branch}</div>`)}</div>`;
};

const renderField = (
  name: string,
  required: boolean,
  field: JsonSchema,
  shared: SharedSchemas,
  depth: number,
): Html => {
  const { schema: shown } = resolved(field, shared);
  const description = field.description ?? shown.description;
  const nested = fieldsIn(shown, shared, depth + 1);
  return html`<li>
    <code class="name">${name}</code>${!required && html`<span class="optional" title="optional">?</span>`}
    <span class="kind">${kindOf(field, shared)}</span>
    ${boundsOf(shown).map((bound) => html`<span class="bound">${bound}</span>`)}
    ${description !== undefined && html`<span class="about">${prose(description)}</span>`}
    ${nested}
  </li>`;
};

const resolved = (schema: JsonSchema, shared: SharedSchemas): { schema: JsonSchema; name: string | undefined } => {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? { schema, name } : { schema: shared[name] ?? {}, name };
};

const alternativesOf = (schema: JsonSchema): JsonSchema[] =>
  (schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []).filter((branch) => branch.type !== 'null');

/** `string`, `integer`, `array of string`, `"a" | "b" | null` … */
export const kindOf = (field: JsonSchema, shared: SharedSchemas, depth = 0): string => {
  const { schema, name } = resolved(field, shared);
  if (depth > 3) return name ?? 'any';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return [...new Set(branches.map((branch) => kindOf(branch, shared, depth + 1)))].join(' | ');
  if (schema.type === 'array') return `array of ${schema.items ? kindOf(schema.items, shared, depth + 1) : 'any'}`;
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object' && !schema.properties) {
    return `map of ${kindOf(schema.additionalProperties, shared, depth + 1)}`;
  }
  return schema.type ?? 'any';
};

export const boundsOf = (given: JsonSchema): string[] => {
  const branches = alternativesOf(given);
  const schema = branches.length === 1 ? { ...branches[0], ...given } : given;
  const bound = (text: string, value: number | undefined) => (value === undefined ? [] : [`${text} ${value}`]);
  return [
    ...(schema.format === undefined ? [] : [schema.format]),
    ...bound('≥', schema.minimum),
    ...bound('>', schema.exclusiveMinimum),
    ...bound('≤', schema.maximum),
    ...bound('<', schema.exclusiveMaximum),
    ...bound('length ≥', schema.minLength),
    ...bound('length ≤', schema.maxLength),
    ...bound('items ≥', schema.minItems),
    ...bound('items ≤', schema.maxItems),
    ...(schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
  ];
};
