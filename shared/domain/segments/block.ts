/** A block of rows: for every slot the sets of rows whose state is some number or more, and rules over these sets. */
import { WORD, wordsFor } from './bits.ts';
import type { Columns } from './columns.ts';
import type { CompiledVersion } from './compile.ts';
import type { Evaluator } from './evaluator.ts';
import type { Formula, Range } from './formula.ts';

/** Small enough that a block stays in the processor's cache. */
export const BLOCK_ROWS = 4_096;

/** The sets of a slot, one after the other, from state 1 on. */
interface Slot {
  states: number;
  words: Uint32Array;
}
const FLAG_STATES = 2;

export class Block {
  readonly #evaluator: Evaluator;
  readonly #columns: Columns;
  readonly #slots: Slot[];
  /** What hits each different text of a column, as of the columns' instant. */
  readonly #hits: (readonly number[])[][];
  readonly #registers: Uint32Array[] = [];
  #rows = 0;
  #words = 0;

  constructor(evaluator: Evaluator, columns: Columns) {
    this.#evaluator = evaluator;
    this.#columns = columns;
    const { channels } = evaluator;
    const states = new Array<number>(channels.slots).fill(FLAG_STATES);
    for (const channel of channels.ordered) states[channel.slot] = channel.states;
    const words = wordsFor(Math.min(columns.rows, BLOCK_ROWS));
    this.#slots = states.map((each) => ({ states: each, words: new Uint32Array((each - 1) * words) }));
    this.#hits = columns.texts.map(({ distinct }, index) =>
      distinct.map((texts) => {
        const into: number[] = [];
        const dates = channels.dates[index - channels.texts.length];
        if (dates === undefined) channels.texts[index]?.hits(texts, into);
        else dates.hits(texts, columns.nowMs, into);
        return into;
      }),
    );
  }

  /** Reads rows from the first one on. */
  load(first: number, rows: number): void {
    this.#rows = rows;
    this.#words = wordsFor(rows);
    for (const { words } of this.#slots) words.fill(0);
    this.#loadOrdered(first);
    this.#loadTexts(first);
  }

  /** Each row is put into the set of its own state; then every set takes in those of the states above. */
  #loadOrdered(first: number): void {
    const { nowMs, values } = this.#columns;
    for (const channel of this.#evaluator.channels.ordered) {
      const column = values[channel.source];
      const slot = this.#slots[channel.slot];
      if (column === undefined || slot === undefined) continue;
      const { words, states } = slot;
      const perState = this.#words;
      for (let row = 0; row < this.#rows; row++) {
        const state = channel.stateOf(column[first + row] ?? Number.NaN, nowMs);
        if (state === 0) continue;
        const at = (state - 1) * perState + (row >>> 5);
        words[at] = (words[at] ?? 0) | (1 << (row & 31));
      }
      for (let at = (states - 2) * perState - 1; at >= 0; at--) {
        words[at] = (words[at] ?? 0) | (words[at + perState] ?? 0);
      }
    }
  }

  #loadTexts(first: number): void {
    for (const [index, { codes }] of this.#columns.texts.entries()) {
      const hits = this.#hits[index] ?? [];
      for (let row = 0; row < this.#rows; row++) {
        const bit = 1 << (row & 31);
        for (const slot of hits[codes[first + row] ?? 0] ?? []) {
          const words = this.#slots[slot]?.words;
          if (words) words[row >>> 5] = (words[row >>> 5] ?? 0) | bit;
        }
      }
    }
  }

  /** The rows of which the unit's rule holds. It is written over when the next unit is asked for. */
  membersOf({ formula, tells }: CompiledVersion): Uint32Array {
    const words = this.#words;
    const members = this.#register(0);
    this.#fill(formula, 0);
    const beyond = this.#rows % WORD;
    if (beyond !== 0) members[words - 1] = (members[words - 1] ?? 0) & ((1 << beyond) - 1);
    for (const slot of tells) {
      const told = this.#slots[slot]?.words;
      if (told) COMBINED.or(told, members, 0, words);
    }
    return members.subarray(0, words);
  }

  #register(depth: number): Uint32Array {
    const register = this.#registers[depth] ?? new Uint32Array(wordsFor(BLOCK_ROWS));
    this.#registers[depth] = register;
    return register;
  }

  /** Leaves in the register of this depth the rows of which the formula holds. */
  #fill(formula: Formula, depth: number): void {
    const target = this.#register(depth);
    if (formula.op === 'constant') target.fill(formula.holds ? ALL : 0);
    else if (formula.op === 'and' || formula.op === 'or') {
      target.fill(formula.op === 'and' ? ALL : 0);
      for (const each of formula.of) this.#combine(formula.op, target, each, depth);
    } else {
      target.fill(0);
      this.#combine('or', target, formula, depth);
    }
  }

  /** A range is looked up where it is kept, without a copy; any other part is made in the next register. */
  #combine(op: 'and' | 'or', target: Uint32Array, formula: Formula, depth: number): void {
    const isNegated = formula.op === 'not';
    const inner = isNegated ? formula.of : formula;
    const how = isNegated ? COMPLEMENT[op] : op;
    if (inner.op === 'range') this.#combineRange(how, target, inner.range, depth);
    else {
      this.#fill(inner, depth + 1);
      COMBINED[how](target, this.#register(depth + 1), 0, this.#words);
    }
  }

  #combineRange(how: How, target: Uint32Array, { slot, from, to }: Range, depth: number): void {
    const { words, states } = this.#slots[slot] ?? NO_SLOT;
    const count = this.#words;
    const begin = (from - 1) * count;
    if (to >= states) {
      COMBINED[how](target, words, begin, count);
      return;
    }
    const range = this.#register(depth + 1);
    const end = (to - 1) * count;
    for (let at = 0; at < count; at++) range[at] = (words[begin + at] ?? 0) & ~(words[end + at] ?? 0);
    COMBINED[how](target, range, 0, count);
  }
}

const ALL = 0xffffffff;
const NO_SLOT: Slot = { states: FLAG_STATES, words: new Uint32Array(wordsFor(BLOCK_ROWS)) };

type How = 'and' | 'or' | 'andNot' | 'orNot';
const COMPLEMENT = { and: 'andNot', or: 'orNot' } as const;

/** Into the target, word by word, what begins at a place of another set. */
const COMBINED: Readonly<Record<How, (target: Uint32Array, words: Uint32Array, begin: number, count: number) => void>> =
  {
    and(target, words, begin, count) {
      for (let at = 0; at < count; at++) target[at] = (target[at] ?? 0) & (words[begin + at] ?? 0);
    },
    or(target, words, begin, count) {
      for (let at = 0; at < count; at++) target[at] = (target[at] ?? 0) | (words[begin + at] ?? 0);
    },
    andNot(target, words, begin, count) {
      for (let at = 0; at < count; at++) target[at] = (target[at] ?? 0) & ~(words[begin + at] ?? 0);
    },
    orNot(target, words, begin, count) {
      for (let at = 0; at < count; at++) target[at] = (target[at] ?? 0) | ~(words[begin + at] ?? 0);
    },
  };
