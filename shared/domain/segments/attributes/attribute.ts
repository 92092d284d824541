/** What one row of the registry says about an attribute. */
import type { AttributeValue } from '../../facts.ts';
import type { Reading } from '../reading.ts';

/** Kinds of values, each with what stands for one: dates are milliseconds since 1970; null, '' and [] are missing. */
export interface Values {
  number: number | null;
  date: number | null;
  string: string | null;
  boolean: boolean | null;
  set: readonly string[];
  /** The stored value's own kind decides. */
  any: AttributeValue | null;
}
export type AttributeKind = keyof Values;

/**
 * How time alone moves an attribute.
 *
 * `jumpsMs`: no earlier than the returned instant, in milliseconds, and `NEVER` where it won't by `untilMs`.
 * `at`: the value at any instant from now on; it only rises or only falls. `reachesMs`: about when it comes to a value.
 */
export type Movement =
  | { jumpsMs(of: Reading, untilMs: number, key: string): number }
  | { at(of: Reading, ms: number): number | null; reachesMs?(of: Reading, value: number): number };

export type Attribute = { [K in AttributeKind]: AttributeOf<K> }[AttributeKind];
export interface AttributeOf<K extends AttributeKind> {
  kind: K;
  /** Of a number. */
  unit?: Unit;
  /** All that it can be, where that is a closed set. */
  values?: readonly string[];
  /** The exact value, never the rounded one. `key` is what stands for the star in the name of a family. */
  value(of: Reading, key: string): Values[K];
  /** Absent: time alone does not move it. */
  moves?: Movement;
}
export type Unit = 'minor' | 'days' | 'percent' | 'points' | 'hour' | 'probability';

/** Rows by name. Of a family `*` stands for a key of the organization's own: `customAttributes.*`. */
export type Attributes = Readonly<Record<string, Attribute>>;

type Value<K extends AttributeKind> = AttributeOf<K>['value'];

export const number = (value: Value<'number'>, unit?: Unit, moves?: Movement): AttributeOf<'number'> => ({
  kind: 'number',
  ...(unit && { unit }),
  value,
  ...(moves && { moves }),
});
export const date = (value: Value<'date'>, moves?: Movement): AttributeOf<'date'> => ({
  kind: 'date',
  value,
  ...(moves && { moves }),
});
export const text = (value: Value<'string'>, moves?: Movement): AttributeOf<'string'> => ({
  kind: 'string',
  value,
  ...(moves && { moves }),
});
export const oneOf = (values: readonly string[], value: Value<'string'>, moves?: Movement): AttributeOf<'string'> => ({
  ...text(value, moves),
  values,
});
export const truth = (value: Value<'boolean'>, moves?: Movement): AttributeOf<'boolean'> => ({
  kind: 'boolean',
  value,
  ...(moves && { moves }),
});
export const set = (value: Value<'set'>): AttributeOf<'set'> => ({ kind: 'set', value });
export const anything = (value: Value<'any'>): AttributeOf<'any'> => ({ kind: 'any', value });
