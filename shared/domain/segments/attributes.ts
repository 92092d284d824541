/**
 * Every attribute that rules may look at, by its name: the path of the consumer's detail. What conditions may say about
 * it, the editor's menu and the evaluation all derive from its row: adding an attribute is one row.
 */
import { OPERATORS, type Operator } from '../conditions/operators.ts';
import type { Attribute, AttributeKind, Attributes, Unit } from './attributes/attribute.ts';
import { BEHAVIOUR } from './attributes/of-behaviour.ts';
import { CONSENTS } from './attributes/of-consents.ts';
import { POINTS } from './attributes/of-points.ts';
import { PROFILE } from './attributes/of-profile.ts';
import { SCORES } from './attributes/of-scores.ts';

const REGISTRY: Attributes = { ...PROFILE, ...BEHAVIOUR, ...SCORES, ...POINTS, ...CONSENTS };

/** Whether a consumer is in any segment at all would depend on the very segment that asks: these are always named. */
export const SEGMENTS = 'segments';

export interface NamedAttribute {
  attribute: Attribute;
  /** What stands for the star of its family's name. */
  key: string;
}

interface Family {
  before: string;
  after: string;
  key: RegExp;
  attribute: Attribute;
}
/** Keys of attributes and answers may hold dots; ids and names of sources don't. */
const ANY_KEY = /^.+$/su;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

const families: readonly Family[] = Object.entries(REGISTRY).flatMap(([name, attribute]) => {
  const [before = '', after] = name.split('*');
  return after === undefined ? [] : [{ before, after, key: after === '' ? ANY_KEY : ID, attribute }];
});

/** Null where there is no attribute of this name. A custom attribute may have any name, whether or not anybody has it. */
export function attributeNamed(name: string): NamedAttribute | null {
  const attribute = Object.hasOwn(REGISTRY, name) && !name.includes('*') ? REGISTRY[name] : undefined;
  if (attribute) return { attribute, key: '' };
  for (const { before, after, key: form, attribute } of families) {
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const key = name.slice(before.length, name.length - after.length);
    if (form.test(key)) return { attribute, key };
  }
  return null;
}

/** The operators of a kind; those that ask whether there is a value suit every kind. */
export function operatorsFor(name: string, kind: AttributeKind): readonly Operator[] {
  if (kind === 'any') return ALL_OPERATORS;
  const own = Object.keys(OPERATORS[kind]) as Operator[];
  return name === SEGMENTS ? own : [...own, ...ANY_OPERATORS];
}
const ANY_OPERATORS = Object.keys(OPERATORS.any) as Operator[];
const ALL_OPERATORS = [
  ...new Set(Object.values(OPERATORS).flatMap((operators) => Object.keys(operators))),
] as Operator[];

export interface CatalogueRow {
  name: string;
  kind: AttributeKind;
  operators: readonly Operator[];
  unit?: Unit;
  values?: readonly string[];
}

/** The registry as it is told to whoever writes rules. */
export const catalogue = (): CatalogueRow[] =>
  Object.entries(REGISTRY).map(([name, { kind, unit, values }]) => ({
    name,
    kind,
    operators: operatorsFor(name, kind),
    ...(unit && { unit }),
    ...(values && { values }),
  }));
