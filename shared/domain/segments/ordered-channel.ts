/**
 * What conditions ask of a value in order, a number or a date: all their bounds cut the line into cells, and one search
 * for the value's cell answers all of them.
 */
import { nextAnniversaryMs } from '../conditions/dates.ts';
import { DAY_MS } from '../instants.ts';
import type { Movement } from './attributes/attribute.ts';
import { constant, type Formula, NO_END, type Range } from './formula.ts';
import { firstMs, NEVER } from './moments.ts';
import type { Reading } from './reading.ts';

/** From where a value is read, and how time alone moves it. A date as milliseconds, a truth as 0 or 1. */
export interface Source {
  value(of: Reading): number | null;
  moves?: Movement | undefined;
  key: string;
}

/**
 * What is compared: the value itself; or of a date how long ago it is, in milliseconds, or how long ago its anniversary
 * began that is not over yet (below 0 where it is to come). These rise with time, as time does.
 */
export type Aspect = 'value' | 'age' | 'anniversary';

const FIRST_STATE = 1;
const LEAST = Number.NEGATIVE_INFINITY;
const MOST = Number.POSITIVE_INFINITY;

export class OrderedChannel {
  readonly slot: number;
  readonly source: number;
  readonly aspect: Aspect;
  /** Ascending once all conditions are known. State s + 1 begins with cut s − 1. */
  cuts: Float64Array = new Float64Array();
  readonly #asked: { range: Range; from: number; to: number }[] = [];

  constructor(slot: number, source: number, aspect: Aspect) {
    this.slot = slot;
    this.source = source;
    this.aspect = aspect;
  }

  /** That it is there, is `from` or more and less than `to`. */
  between(from: number, to: number): Formula {
    if (!(from < to)) return constant(false);
    const range: Range = { slot: this.slot, from: FIRST_STATE, to: NO_END };
    this.#asked.push({ range, from, to });
    return { op: 'range', range };
  }

  get present(): Formula {
    return this.between(LEAST, MOST);
  }

  /** Numbers the states. After this no further condition is taken. */
  close(): void {
    const bounds = this.#asked.flatMap(({ from, to }) => [from, to]).filter(Number.isFinite);
    // Zero has two signs, and they are one bound.
    this.cuts = Float64Array.from(new Set(bounds.map((bound) => bound + 0))).sort();
    for (const { range, from, to } of this.#asked) {
      range.from = from === LEAST ? FIRST_STATE : this.#stateAt(from);
      range.to = to === MOST ? NO_END : this.#stateAt(to);
    }
  }

  #stateAt(bound: number): number {
    return FIRST_STATE + this.#cutsUpTo(bound);
  }

  /** How many states there are. */
  get states(): number {
    return FIRST_STATE + 1 + this.cuts.length;
  }

  /** Of a value as its source gives it; NaN is missing. */
  stateOf(value: number, nowMs: number): number {
    if (Number.isNaN(value)) return 0;
    return FIRST_STATE + this.#cutsUpTo(aspectOf(this.aspect, value, nowMs));
  }

  #cutsUpTo(value: number): number {
    const { cuts } = this;
    let [from, to] = [0, cuts.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((cuts[middle] ?? 0) <= value) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** No later than the next instant at which time alone changes the state, if that is before `untilMs`. */
  nextChangeMs(value: number, state: number, source: Source, of: Reading, untilMs: number): number {
    if (Number.isNaN(value)) return jumpMs(source, of, untilMs);
    if (this.aspect !== 'value') {
      return Math.min(this.#agesMs(value, state, of.nowMs), jumpMs(source, of, untilMs));
    }
    const { moves } = source;
    if (moves === undefined) return NEVER;
    if ('jumpsMs' in moves) return moves.jumpsMs(of, untilMs, source.key);
    const isOther = (ms: number) => FIRST_STATE + this.#cutsUpTo(moves.at(of, ms) ?? Number.NaN) !== state;
    return firstMs(of.nowMs, untilMs, isOther, this.#guessMs(state, of, moves));
  }

  /** When the next bound is reached; an anniversary goes back to the next one as it ends. */
  #agesMs(dateMs: number, state: number, nowMs: number): number {
    const next = this.cuts[state - FIRST_STATE] ?? NEVER;
    if (this.aspect === 'age') return dateMs + next;
    const anniversaryMs = nextAnniversaryMs(dateMs, nowMs);
    return anniversaryMs + Math.min(next, DAY_MS);
  }

  /** Of the two bounds of the state, the one that is ahead. */
  #guessMs(state: number, of: Reading, moves: Extract<Movement, { at: unknown }>): number {
    if (moves.reachesMs === undefined) return Number.NaN;
    const index = state - FIRST_STATE;
    for (const bound of [this.cuts[index - 1], this.cuts[index]]) {
      const ms = bound === undefined ? Number.NaN : moves.reachesMs(of, bound);
      if (ms > of.nowMs) return ms;
    }
    return Number.NaN;
  }
}

function jumpMs({ moves, key }: Source, of: Reading, untilMs: number): number {
  return moves !== undefined && 'jumpsMs' in moves ? moves.jumpsMs(of, untilMs, key) : NEVER;
}

export function aspectOf(aspect: Aspect, value: number, nowMs: number): number {
  if (aspect === 'value') return value;
  return nowMs - (aspect === 'age' ? value : nextAnniversaryMs(value, nowMs));
}
