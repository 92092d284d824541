/**
 * Formulas as a circuit: literals, which ask whether a state is in a range, and gates, each the and of two wires that lie
 * before it. It is run from its beginning to its end without a branch, as the processor would guess half of them wrong;
 * what rules have in common is in it once.
 */
import type { Formula, Range } from './formula.ts';

/** Twice the place of a value, plus one where its opposite is meant. */
export type Wire = number;

/** At the first place is what never holds. */
export const FAILS: Wire = 0;
export const HOLDS: Wire = 1;
export const opposite = (wire: Wire): Wire => wire ^ 1;

export interface Circuit {
  /** Slot, from and to of each literal, which stand at the places from 1 on. */
  literals: Int32Array;
  /** Both wires of each gate, which stand behind the literals. */
  gates: Int32Array;
  values: Uint8Array;
}

const NUMBERS_OF_LITERAL = 3;
const WIRES_OF_GATE = 2;

export class CircuitBuilder {
  readonly #literals = new Map<string, { range: Range; place: number }>();
  readonly #gates: Wire[] = [];
  readonly #known = new Map<string, Wire>();
  readonly #told = new Map<number, Wire>();

  /** All the formulas that are to come: literals come before gates. */
  constructor(formulas: readonly Formula[]) {
    for (const formula of formulas) this.#collect(formula);
  }

  #collect(formula: Formula): void {
    if (formula.op === 'not') this.#collect(formula.of);
    else if (formula.op === 'and' || formula.op === 'or') for (const each of formula.of) this.#collect(each);
    else if (formula.op === 'range') {
      const key = keyOf(formula.range);
      const known = this.#literals.has(key);
      if (!known) this.#literals.set(key, { range: formula.range, place: 1 + this.#literals.size });
    }
  }

  wireOf(formula: Formula): Wire {
    switch (formula.op) {
      case 'constant':
        return formula.holds ? HOLDS : FAILS;
      case 'not':
        return opposite(this.wireOf(formula.of));
      case 'and':
        return formula.of.reduce((wire, each) => this.#both(wire, this.wireOf(each)), HOLDS);
      case 'or':
        return formula.of.reduce((wire, each) => this.#either(wire, this.wireOf(each)), FAILS);
      case 'range':
        return this.#either(this.#literal(formula.range), this.#told.get(formula.range.slot) ?? FAILS);
    }
  }

  /** From now on the flag of this slot is set by the wire too. */
  tell(slot: number, wire: Wire): void {
    this.#told.set(slot, this.#either(this.#told.get(slot) ?? FAILS, wire));
  }

  #literal(range: Range): Wire {
    return 2 * (this.#literals.get(keyOf(range))?.place ?? 0);
  }

  #either(one: Wire, other: Wire): Wire {
    return opposite(this.#both(opposite(one), opposite(other)));
  }

  #both(one: Wire, other: Wire): Wire {
    const [first, second] = one < other ? [one, other] : [other, one];
    if (first === FAILS) return FAILS;
    if (first === HOLDS) return second;
    const key = `${first} ${second}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const place = 1 + this.#literals.size + this.#gates.length / WIRES_OF_GATE;
    this.#gates.push(first, second);
    this.#known.set(key, 2 * place);
    return 2 * place;
  }

  built(): Circuit {
    const ranges = [...this.#literals.values()].map(({ range }) => range);
    const places = 1 + ranges.length + this.#gates.length / WIRES_OF_GATE;
    return {
      literals: Int32Array.from(ranges.flatMap(({ slot, from, to }) => [slot, from, to])),
      gates: Int32Array.from(this.#gates),
      values: new Uint8Array(places),
    };
  }
}

const keyOf = ({ slot, from, to }: Range): string => `${slot} ${from} ${to}`;

/** Leaves in the circuit's values what holds of these states. */
export function run({ literals, gates, values }: Circuit, states: Int32Array): void {
  let place = 1;
  for (let at = 0; at < literals.length; at += NUMBERS_OF_LITERAL) {
    const state = states[literals[at] ?? 0] ?? 0;
    // By the signs of the differences: 1 in the range, else 0.
    values[place++] = ((state - (literals[at + 2] ?? 0)) & ~(state - (literals[at + 1] ?? 0))) >>> 31;
  }
  for (let at = 0; at < gates.length; at += WIRES_OF_GATE) {
    values[place++] = bitAt(gates[at] ?? 0, values) & bitAt(gates[at + 1] ?? 0, values);
  }
}

/** 1 or 0. */
export const bitAt = (wire: Wire, values: Uint8Array): number => (values[wire >>> 1] ?? 0) ^ (wire & 1);
