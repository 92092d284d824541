/** Conditions as callers write them: the attribute's kind says which operators suit, the operator what it compares with. */
import * as z from 'zod/mini';
import { MOST_OPERANDS, OPERATORS, type Operand, type Operator, operandFaults } from '../conditions/operators.ts';
import { whereSchema } from '../conditions/where.ts';
import { folded } from '../consumer/text.ts';
import { inputErrorsOf } from '../input-errors.ts';
import { eventType } from '../points/settings.ts';
import type { InputErrorCode } from '../refusal.ts';
import type { Attribute } from './attributes/attribute.ts';
import { attributeNamed, operatorsFor, SEGMENTS } from './attributes.ts';
import type { AttributeCondition, Condition, EventCondition, Fault } from './rule.ts';

const FIELDS = {
  attribute: ['attribute', 'operator', 'value', 'missing'],
  event: ['event', 'where', 'measure', 'operator', 'value', 'within'],
} as const;
/** Texts that are longer name nothing. */
const LONGEST_NAME = 200;
const LONGEST_KEY = 64;

const measureSchema = z.union([
  z.literal('count'),
  z.strictObject({ sum: z.string().check(z.minLength(1), z.maxLength(LONGEST_NAME)) }),
]);
const withinSchema = OPERATORS.date.within_last;

/** Null, or no condition to go by, where something is wrong: then `fault` was told what, by its path inside of it. */
export function conditionIn(sort: keyof typeof FIELDS, value: Record<string, unknown>, fault: Fault): Condition | null {
  refuseOthers(value, FIELDS[sort], fault);
  return sort === 'attribute' ? attributeCondition(value, fault) : eventCondition(value, fault);
}

/** Names of the caller's own are told no further than they are read. */
export function refuseOthers(value: object, fields: readonly string[], fault: Fault): void {
  for (const key of Object.keys(value)) {
    if (fields.includes(key)) continue;
    fault([...key.slice(0, LONGEST_NAME)].slice(0, LONGEST_KEY).join(''), 'unknown_field', 'There is no such field.');
  }
}

function attributeCondition(value: Record<string, unknown>, fault: Fault): AttributeCondition | null {
  const { attribute: name, operator, value: operand, missing } = value;
  const isExcluding = missing !== undefined;
  if (isExcluding && missing !== 'exclude') fault('missing', 'invalid_value', 'One of: exclude.');
  if (typeof name !== 'string') return refused(fault, 'attribute', 'wrong_type', 'The name of an attribute.');
  const found = name.length > LONGEST_NAME ? null : attributeNamed(name);
  if (found === null) return refused(fault, 'attribute', 'invalid_value', 'There is no attribute of this name.');
  const { kind } = found.attribute;
  const suiting = operatorsFor(name, kind);
  if (!isAmong(suiting, operator)) return refusedOperator(fault, operator, suiting);
  if (isExcluding && name === SEGMENTS) {
    return refused(fault, 'missing', 'invalid_value', 'Being in no segment at all is nothing that a rule can look at.');
  }
  checkOperand(kind === 'any' ? null : kind, operator, operand, fault);
  checkClosed(found.attribute, operator, operand, fault);
  const condition: AttributeCondition = { attribute: name, operator };
  if (operand !== undefined) condition.value = operand as Operand;
  return isExcluding ? { ...condition, missing: 'exclude' } : condition;
}

function eventCondition(value: Record<string, unknown>, fault: Fault): EventCondition | null {
  const { event, where, measure, operator, value: operand, within } = value;
  checkShape(eventType, event, 'event', fault);
  if (where !== undefined) checkShape(whereSchema, where, 'where', fault);
  checkShape(measureSchema, measure, 'measure', fault);
  if (within !== undefined) checkShape(withinSchema, within, 'within', fault);
  const suiting = Object.keys(OPERATORS.number) as Operator[];
  if (!isAmong(suiting, operator)) return refusedOperator(fault, operator, suiting);
  checkOperand('number', operator, operand, fault);
  return {
    event,
    ...(where !== undefined && { where }),
    measure,
    operator,
    value: operand,
    ...(within !== undefined && { within }),
  } as EventCondition;
}

function refused(fault: Fault, path: string, code: InputErrorCode, message: string): null {
  fault(path, code, message);
  return null;
}

function refusedOperator(fault: Fault, operator: unknown, suiting: readonly Operator[]): null {
  const code = operator === undefined ? 'required' : typeof operator === 'string' ? 'invalid_value' : 'wrong_type';
  return refused(fault, 'operator', code, `One of: ${suiting.join(', ')}.`);
}

const isAmong = (operators: readonly Operator[], operator: unknown): operator is Operator =>
  operators.some((one) => one === operator);

/** Without a kind the operator's own kinds decide. */
function checkOperand(
  kind: Exclude<Attribute['kind'], 'any'> | null,
  operator: Operator,
  operand: unknown,
  fault: Fault,
): void {
  const shapes: { [O in Operator]?: z.ZodMiniType } = kind === null ? {} : { ...OPERATORS[kind], ...OPERATORS.any };
  const shape = shapes[operator];
  if (shape !== undefined || isEndless(operand)) checkShape(shape ?? z.unknown(), operand, 'value', fault);
  else tell(operandFaults(operator, operand), operand, 'value', fault);
}

/** What is compared as a whole has to be one of the values that there are. */
function checkClosed({ values }: Attribute, operator: Operator, operand: unknown, fault: Fault): void {
  if (values === undefined || !WHOLE.has(operator) || isEndless(operand)) return;
  const known = new Set(values.map(folded));
  for (const [index, each] of [operand].flat().entries()) {
    if (typeof each !== 'string' || known.has(folded(each))) continue;
    fault(Array.isArray(operand) ? `value.${index}` : 'value', 'invalid_value', `One of: ${values.join(', ')}.`);
  }
}
const WHOLE: ReadonlySet<Operator> = new Set(['eq', 'neq', 'in', 'not_in']);

function checkShape(shape: z.ZodMiniType, value: unknown, path: string, fault: Fault): void {
  if (isEndless(value)) fault(path, 'too_long', `At most ${MOST_OPERANDS} items.`);
  else tell(shape.safeParse(value).error?.issues ?? [], value, path, fault);
}

/** A schema would look at each of a million first. */
const isEndless = (value: unknown): boolean => Array.isArray(value) && value.length > MOST_OPERANDS;

function tell(issues: readonly z.core.$ZodIssue[], input: unknown, path: string, fault: Fault): void {
  for (const error of issues.flatMap((issue) => inputErrorsOf(issue, input))) {
    fault(error.path === '' ? path : `${path}.${error.path}`, error.code, error.message);
  }
}
