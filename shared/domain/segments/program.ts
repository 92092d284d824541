/**
 * A formula as steps that jump: each asks for one range and goes on with what then decides, so that no group is entered
 * that doesn't matter, and a rule takes no more steps than it has conditions.
 */
import type { Formula } from './formula.ts';

/** Numbers of one step: slot, from, to, where to go on if the state is in the range, and where if not. */
export const STEP = 5;
/** Where to go on where there is nothing left to ask. */
export const HOLDS = -1;
export const FAILS = -2;

/** Adds the steps of a formula to the code; gives the place of its first. */
export function assembled(formula: Formula, code: number[]): number {
  return emitted(formula, HOLDS, FAILS, code);
}

/** What comes last is added first, as steps name where they lead. */
function emitted(formula: Formula, onTrue: number, onFalse: number, code: number[]): number {
  switch (formula.op) {
    case 'constant':
      return formula.holds ? onTrue : onFalse;
    case 'not':
      return emitted(formula.of, onFalse, onTrue, code);
    case 'and':
      return formula.of.reduceRight((next, each) => emitted(each, next, onFalse, code), onTrue);
    case 'or':
      return formula.of.reduceRight((next, each) => emitted(each, onTrue, next, code), onFalse);
    case 'range': {
      const { slot, from, to } = formula.range;
      return code.push(slot, from, to, onTrue, onFalse) - STEP;
    }
  }
}

/** Whether the formula that begins there holds of these states. */
export function holdsOf(code: Int32Array, begin: number, states: Int32Array): boolean {
  let at = begin;
  while (at >= 0) {
    const state = states[code[at] ?? 0] ?? 0;
    const isIn = state >= (code[at + 1] ?? 0) && state < (code[at + 2] ?? 0);
    at = (isIn ? code[at + 3] : code[at + 4]) ?? FAILS;
  }
  return at === HOLDS;
}
