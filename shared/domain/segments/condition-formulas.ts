/** Conditions as formulas: the value's own kind decides, and a negative operator is the complement of its positive one. */
import { POSITIVE_OF, SETS, TEXTS } from '../conditions/comparisons.ts';
import type { Operand, Operator } from '../conditions/operators.ts';
import type { AttributeKind } from './attributes/attribute.ts';
import { attributeNamed, type NamedAttribute } from './attributes.ts';
import { dateBounds, numberBounds } from './bounds.ts';
import type { Channels } from './channels.ts';
import { both, constant, either, type Formula, negated } from './formula.ts';
import type { OrderedChannel } from './ordered-channel.ts';
import type { AttributeCondition, Condition, EventCondition } from './rule.ts';
import type { Part } from './text-channel.ts';

export const formulaOf = (condition: Condition, channels: Channels): Formula =>
  'attribute' in condition ? attributeFormula(condition, channels) : eventFormula(condition, channels);

/** What a positive operator says, and whether there is anything that it could compare. */
interface Judged {
  holds: Formula;
  present: Formula;
}
interface Looked {
  name: string;
  named: NamedAttribute;
  channels: Channels;
}

function attributeFormula(
  { attribute: name, operator, value, missing }: AttributeCondition,
  channels: Channels,
): Formula {
  const named = attributeNamed(name);
  const positive = POSITIVE_OF[operator];
  const { holds, present } =
    named === null ? NOBODY_HAS : judged({ name, named, channels }, positive ?? operator, value);
  if (positive === undefined) return holds;
  const isExcluding = missing === 'exclude' && operator !== 'not_exists';
  return isExcluding ? both(present, negated(holds)) : negated(holds);
}

/** Where the registry has lost a row. */
const NOBODY_HAS: Judged = { holds: constant(false), present: constant(false) };

function judged(looked: Looked, operator: Operator, value: Operand | undefined): Judged {
  const { kind } = looked.named.attribute;
  const comparing = kind === 'any' || value === undefined ? comparedAs(operator, value) : kind;
  return JUDGED[comparing](looked, operator, [value].flat());
}

/** Of the kinds that an operator has, the operand tells which is meant. */
function comparedAs(operator: Operator, operand: Operand | undefined): AttributeKind {
  const [first] = [operand].flat();
  if (first === undefined) return 'any';
  if (typeof first === 'boolean') return 'boolean';
  if (typeof first === 'number') return 'number';
  if (typeof first === 'object') return 'date';
  if (TEXTS[operator] !== undefined) return 'string';
  return SETS[operator] === undefined ? 'date' : 'set';
}

type Operands = readonly (Operand | undefined)[];
type Judge = (looked: Looked, operator: Operator, operands: Operands) => Judged;

const JUDGED: Readonly<Record<AttributeKind, Judge>> = {
  number({ name, named, channels }, operator, operands) {
    const channel = channels.numbersOf(name, named);
    return { holds: inBounds(channel, operator, operands), present: channel.present };
  },
  boolean({ name, named, channels }, _, operands) {
    const channel = channels.truthsOf(name, named);
    return { holds: inBounds(channel, 'eq', operands.map(Number)), present: channel.present };
  },
  date(looked, operator, operands) {
    const [first] = operands;
    const isSpan = typeof first === 'object' && !Array.isArray(first);
    const bounds = dateBounds(operator, isSpan ? first : operands.filter((each) => typeof each === 'string'));
    const { name, named, channels } = looked;
    const isStored = named.attribute.kind === 'any';
    const channel = isStored ? channels.datesOf(name, named) : channels.numbersOf(name, named, bounds?.aspect);
    if (bounds === null) return { holds: constant(false), present: channel.present };
    const { aspect, from, to } = bounds;
    const holds = 'aspect' in channel ? channel.between(from, to) : channel.between(aspect, from, to);
    return { holds, present: channel.present };
  },
  string({ name, named, channels }, operator, operands) {
    const channel = channels.textsOf(name, named);
    const texts = textsAmong(operands);
    const holds = isPart(operator)
      ? either(...texts.map((part) => channel.hasPart(operator, part)))
      : channel.isAny(texts);
    return { holds, present: channel.present };
  },
  set({ name, named, channels }, operator, operands) {
    const channel = channels.textsOf(name, named);
    const members = textsAmong(operands);
    const holds =
      operator === 'contains_all'
        ? both(...members.map((member) => channel.hasAny([member])))
        : channel.hasAny(members);
    return { holds, present: channel.presentSet };
  },
  /** Whether there is anything at all. */
  any({ name, named, channels }) {
    const { kind } = named.attribute;
    const numbers = () => channels.numbersOf(name, named).present;
    const texts = () => channels.textsOf(name, named).present;
    if (kind === 'string' || kind === 'set') return exists(texts());
    if (kind !== 'any') return exists(numbers());
    return exists(either(numbers(), channels.truthsOf(name, named).present, texts()));
  },
};

const exists = (present: Formula): Judged => ({ holds: present, present });

const inBounds = (channel: OrderedChannel, operator: Operator, operands: Operands): Formula =>
  either(
    ...numberBounds(
      operator,
      operands.filter((each) => typeof each === 'number'),
    ).map(({ from, to }) => channel.between(from, to)),
  );

const textsAmong = (operands: Operands): string[] => operands.filter((each) => typeof each === 'string');

const PARTS: readonly Operator[] = ['contains', 'starts_with', 'ends_with'] satisfies Part[];
const isPart = (operator: Operator): operator is Part => PARTS.includes(operator);

/** What events come to is never missing. */
function eventFormula(condition: EventCondition, channels: Channels): Formula {
  const { operator, value } = condition;
  const positive = POSITIVE_OF[operator];
  const holds = inBounds(channels.tallied(condition), positive ?? operator, [value].flat());
  return positive === undefined ? holds : negated(holds);
}
