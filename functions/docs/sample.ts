/** Example values for the calls on the page. */
import type { JsonSchema, SharedSchemas } from '../../shared/edge/openapi/schema.ts';

/** A value that matches the schema: an object's required fields (or its first one), the first of several alternatives. */
export const sampleOf = (schema: JsonSchema, shared: SharedSchemas, name = '', depth = 0): unknown => {
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (depth > 8) return null;
  if (schema.$ref) return sampleOf(shared[schema.$ref.split('/').at(-1) ?? ''] ?? {}, shared, name, depth + 1);
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first) return sampleOf(first, shared, name, depth + 1);
  if (schema.properties) return objectOf(schema.properties, schema.required ?? [], shared, depth);
  if (schema.type === 'array') return [sampleOf(schema.items ?? {}, shared, name, depth + 1)];
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 1);
  if (schema.type === 'boolean') return true;
  if (schema.type === 'object') return {};
  return BY_NAME[name] ?? '…';
};

const objectOf = (properties: Record<string, JsonSchema>, required: string[], shared: SharedSchemas, depth: number) => {
  const names = required.length > 0 ? required : Object.keys(properties).slice(0, 1);
  return Object.fromEntries(
    names.map((name) => [name, sampleOf(properties[name] ?? {}, shared, name, depth + 1)] as const),
  );
};

/** Typical values by field name, since the type alone says little. */
const BY_NAME: Record<string, string> = {
  consumerId: '01JD0000000000000000000000',
  email: 'ada@example.com',
  fullName: 'Ada Example',
  phone: '+447911123456',
  type: 'order_placed',
  occurredAt: '2026-01-31T09:30:00Z',
  currency: 'USD',
  timezone: 'Europe/London',
  externalId: '42',
  source: 'shop',
  reason: 'thanks for waiting',
};
