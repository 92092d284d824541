/**
 * Rules as formulas over slots: whatever conditions look at is one small whole number a consumer, its state, and every
 * condition asks whether some state is in a range. 0 is: nothing there.
 */

export type Formula =
  | { op: 'range'; range: Range }
  | { op: 'not'; of: Formula }
  | { op: 'and' | 'or'; of: Formula[] }
  | { op: 'constant'; holds: boolean };

/** Whether the state of a slot is `from` or more, and less than `to`. Numbers are given to states when all rules are known. */
export interface Range {
  slot: number;
  from: number;
  to: number;
}

/** More than any state. */
export const NO_END = 2 ** 31 - 1;

/** A slot that is 0 or 1. */
export const flagged = (slot: number): Formula => ({
  op: 'range',
  range: { slot, from: 1, to: NO_END },
});

export const constant = (holds: boolean): Formula => ({ op: 'constant', holds });
export const both = (...of: Formula[]): Formula => group('and', of);
export const either = (...of: Formula[]): Formula => group('or', of);
export const negated = (of: Formula): Formula => (of.op === 'not' ? of.of : { op: 'not', of });

function group(op: 'and' | 'or', of: Formula[]): Formula {
  const [only] = of;
  if (only !== undefined && of.length === 1) return only;
  return { op, of: of.flatMap((each) => (each.op === op ? each.of : [each])) };
}
