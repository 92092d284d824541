/** Converts the catalogues' zod schemas to JSON Schema and collects shared definitions by name. */
import * as z from 'zod/mini';
import { canonicalJson, sha256 } from '../../domain/canonical.ts';

/** The part of JSON Schema 2020-12 that zod generates. */
export interface JsonSchema {
  type?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  default?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

/** Shared schemas by name: `components.schemas` of the document. */
export type SharedSchemas = Record<string, JsonSchema>;

/** The schema of a request (`input`) or a response (`output`). Moves its definitions to `shared`. */
export const jsonSchemaOf = (schema: z.ZodMiniType, io: 'input' | 'output', shared: SharedSchemas): JsonSchema => {
  const { $defs = {}, ...own } = tidied(
    z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' }),
  ) as JsonSchema;
  const names = new Map(Object.entries($defs).map(([name, def]) => [`#/$defs/${name}`, nameOf(name, def)]));
  for (const [name, def] of Object.entries($defs)) shared[nameOf(name, def)] = renamed(def, names) as JsonSchema;
  return renamed(own, names) as JsonSchema;
};

/** Definitions without a name are named by a hash of their content, so that equal ones share a name. */
const nameOf = (name: string, def: JsonSchema): string =>
  name.startsWith('__') ? `Value${sha256(canonicalJson(def)).replace(/\W/g, '').slice(0, 6)}` : name;

/** Removes noise (the dialect, text keys, the bounds of safe integers) and splits lists of types into `anyOf`. */
const tidied = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(tidied);
  if (typeof node !== 'object' || node === null) return node;
  if ('type' in node && Array.isArray(node.type)) return { anyOf: node.type.map((type) => tidied({ ...node, type })) };
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => key !== '$schema' && !(key === 'propertyNames' && isAnyText(value)))
      .filter(([key, value]) => !(/imum$/i.test(key) && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER))
      .map(([key, value]) => [key, tidied(value)]),
  );
};

const isAnyText = (value: unknown): boolean => canonicalJson(value) === '{"type":"string"}';

const renamed = (node: unknown, names: Map<string, string>): unknown => {
  if (Array.isArray(node)) return node.map((child) => renamed(child, names));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const name = key === '$ref' ? names.get(String(value)) : undefined;
      return [key, name === undefined ? renamed(value, names) : `#/components/schemas/${name}`];
    }),
  );
};
