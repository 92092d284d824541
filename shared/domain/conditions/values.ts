/** What stands at a dotted path of an event's attributes. */
import type { Json, JsonObject } from '../facts.ts';

/**
 * The value at the path; a list of all of them where lists are on the way: `items.category` is the set of every item's
 * category. Keys may hold dots themselves: the longest key that leads to something wins. Undefined where nothing stands.
 */
export const valuesAt = (attributes: JsonObject, path: string): Json | undefined => found(attributes, path);

function found(at: Json | undefined, path: string): Json | undefined {
  if (Array.isArray(at)) {
    const all = at.map((member) => found(member, path)).filter((value) => value !== undefined);
    return all.length === 0 ? undefined : all.flat();
  }
  if (typeof at !== 'object' || at === null) return undefined;
  if (Object.hasOwn(at, path)) return at[path];
  for (let dot = path.lastIndexOf('.'); dot >= 0; dot = dot === 0 ? -1 : path.lastIndexOf('.', dot - 1)) {
    const key = path.slice(0, dot);
    const value = Object.hasOwn(at, key) ? found(at[key], path.slice(dot + 1)) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The sum of the numbers at the path; 0 where there are none. */
export const sumAt = (attributes: JsonObject, path: string): number =>
  membersOf(valuesAt(attributes, path))
    .filter(isFiniteNumber)
    .reduce((sum, value) => sum + value, 0);

const isFiniteNumber = (value: Json): value is number => Number.isFinite(value);

/** What there is of a value: itself or, of a list, all that is in it. Null, empty text and what holds nothing is nothing. */
export function membersOf(value: Json | undefined): Json[] {
  if (Array.isArray(value)) return value.flatMap(membersOf);
  const isNothing =
    value === undefined || value === null || value === '' || (typeof value === 'object' && isEmpty(value));
  return isNothing ? [] : [value];
}

const isEmpty = (object: JsonObject): boolean => Object.keys(object).length === 0;
