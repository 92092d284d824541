/** How much of a profile is known. */
import type { Json, JsonObject } from './facts.ts';

/** How many of these fields of the detail are filled; null, empty text, empty lists and empty objects are not. */
export const completenessOf = (detail: JsonObject, fields: readonly string[]): { filled: number; total: number } => ({
  filled: fields.filter((path) => isFilled(valueAt(detail, path))).length,
  total: fields.length,
});

/** The last part of a path may hold dots: keys of attributes and answers are the organization's own. */
function valueAt(detail: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(detail, path)) return detail[path];
  const dot = path.indexOf('.');
  const inner = dot < 0 ? undefined : detail[path.slice(0, dot)];
  const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
  return isObject ? valueAt(inner, path.slice(dot + 1)) : undefined;
}

function isFilled(value: Json | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'string') return value.trim() !== '';
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
