/** Whether conditions hold: the value's own kind decides, and nothing is converted from one kind to another. */
import { folded } from '../consumer/text.ts';
import type { Instant, Json, JsonObject } from '../facts.ts';
import { msOf } from '../instants.ts';
import { NUMBERS, POSITIVE_OF, SETS, TEXTS, WINDOWS } from './comparisons.ts';
import { dateMsOf, spanMs } from './dates.ts';
import type { Operand, Operator } from './operators.ts';
import { membersOf, valuesAt } from './values.ts';
import type { WhereCondition } from './where.ts';

/** Whether a value meets a condition at an instant, in milliseconds. */
export type Holds = (value: Json | undefined, nowMs: number) => boolean;
/** The same of a positive operator; null where nothing stands there that it could compare. */
type Judged = (value: Json | undefined, nowMs: number) => boolean | null;

/** Whether what stands at the condition's attribute meets it. */
export const isMet = (condition: WhereCondition, value: Json | undefined, now: Instant): boolean =>
  holdsBy(condition)(value, msOf(now));

/** Whether the attributes meet every one of the conditions. */
export const areMet = (where: readonly WhereCondition[], attributes: JsonObject, now: Instant): boolean =>
  where.every((condition) => isMet(condition, valuesAt(attributes, condition.attribute), now));

/** The condition made ready once, to be asked of many values. */
export function holdsBy({ operator, value: operand, missing }: WhereCondition): Holds {
  const positive = POSITIVE_OF[operator];
  const judged = judgedBy(positive ?? operator, operand);
  if (positive === undefined) return (value, nowMs) => judged(value, nowMs) === true;
  const ofMissing = operator === 'not_exists' || missing !== 'exclude';
  return (value, nowMs) => {
    const judgement = judged(value, nowMs);
    return judgement === null ? ofMissing : !judgement;
  };
}

/** Of the kinds that an operator has, the operand tells which is meant. */
function judgedBy(operator: Operator, operand: Operand | undefined): Judged {
  if (operand === undefined) return (value) => (membersOf(value).length > 0 ? true : null);
  if (typeof operand === 'boolean') return ofAnyMember(booleanOf, (own) => own === operand);
  if (typeof operand === 'object' && !Array.isArray(operand)) {
    const windowMs = spanMs(operand);
    return ofAnyMember(dateOf, (own, nowMs) => WINDOWS[operator]?.(own, windowMs, nowMs) ?? false);
  }
  const operands = [operand].flat();
  const texts = operands.filter((each) => typeof each === 'string');
  if (texts.length > 0 && (TEXTS[operator] ?? SETS[operator])) return ofTexts(operator, texts.map(folded));
  const bounds = operands.map((each) => (typeof each === 'string' ? dateMsOf(each) : each) ?? Number.NaN);
  const read = texts.length > 0 ? dateOf : numberOf;
  return ofAnyMember(read, (own) => NUMBERS[operator]?.(own, bounds) ?? false);
}

/** Members of a set are asked together where the operator is one of sets, else each alone. */
function ofTexts(operator: Operator, operands: readonly string[]): Judged {
  const [holds, holdsOfSet] = [TEXTS[operator], SETS[operator]];
  return (value) => {
    const own = readBy(textOf, value);
    if (own.length === 0) return null;
    if (holdsOfSet && Array.isArray(value)) return holdsOfSet(own, operands);
    return holds ? own.some((each) => holds(each, operands)) : null;
  };
}

const ofAnyMember =
  <T>(read: (member: Json) => T | null, holds: (own: T, nowMs: number) => boolean): Judged =>
  (value, nowMs) => {
    const own = readBy(read, value);
    return own.length === 0 ? null : own.some((each) => holds(each, nowMs));
  };

/** What can be compared of a value; what is of another kind counts as missing. */
const readBy = <T>(read: (member: Json) => T | null, value: Json | undefined): T[] =>
  membersOf(value)
    .map(read)
    .filter((own) => own !== null);

const numberOf = (member: Json): number | null => (typeof member === 'number' ? member : null);
const booleanOf = (member: Json): boolean | null => (typeof member === 'boolean' ? member : null);
const textOf = (member: Json): string | null => (typeof member === 'string' ? folded(member) : null);
const dateOf = (member: Json): number | null => (typeof member === 'string' ? dateMsOf(member) : null);
