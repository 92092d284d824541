/** Conditions on the attributes of an event, as callers write them. All of a list have to hold. */
import * as z from 'zod/mini';
import { type Operand, operandFaults, operatorSchema } from './operators.ts';

/** Every shape that some operator takes; which of them, and within which bounds, is checked by the operator. */
const someOperand = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number()])),
  z.looseObject({ days: z.optional(z.number()), hours: z.optional(z.number()) }),
]) as z.ZodMiniType<Operand>;

/** An attribute, an operator, and what the operator compares with. */
export const conditionSchema = z
  .strictObject({
    /** A dotted path. */
    attribute: z.string().check(z.minLength(1), z.maxLength(200)),
    operator: operatorSchema,
    value: z.optional(someOperand),
    /** Without it a missing value meets every negative operator. */
    missing: z.optional(z.literal('exclude')),
  })
  .check(suitsItsOperator);
export type WhereCondition = z.output<typeof conditionSchema>;

export const whereSchema = z.array(conditionSchema).check(z.maxLength(10));

function suitsItsOperator(
  context: z.core.ParsePayload<{ operator: z.output<typeof operatorSchema>; value?: Operand | undefined }>,
): void {
  const { operator, value } = context.value;
  for (const fault of operandFaults(operator, value)) {
    context.issues.push({ ...fault, input: context.value, path: ['value', ...fault.path] } as z.core.$ZodRawIssue);
  }
}
