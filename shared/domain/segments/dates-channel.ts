/** What conditions ask of texts that may be dates, of custom attributes and answers: one, or several of them. */
import { dateMsOf, nextAnniversaryMs } from '../conditions/dates.ts';
import { DAY_MS } from '../instants.ts';
import { type Formula, flagged } from './formula.ts';
import { NEVER } from './moments.ts';
import { type Aspect, aspectOf } from './ordered-channel.ts';
import type { Reading } from './reading.ts';
import type { Texts } from './text-channel.ts';

interface Window {
  aspect: Aspect;
  from: number;
  to: number;
  slot: number;
}

export class DatesChannel {
  readonly value: (of: Reading) => Texts;
  readonly #newSlot: () => number;
  readonly #windows = new Map<string, Window>();
  #present: number | undefined;

  constructor(value: (of: Reading) => Texts, newSlot: () => number) {
    this.value = value;
    this.#newSlot = newSlot;
  }

  /** That there is a date. */
  get present(): Formula {
    this.#present ??= this.#newSlot();
    return flagged(this.#present);
  }

  /** That any of them is `from` or more and less than `to`. */
  between(aspect: Aspect, from: number, to: number): Formula {
    const key = `${aspect} ${from} ${to}`;
    const known = this.#windows.get(key);
    const window = known ?? { aspect, from, to, slot: this.#newSlot() };
    this.#windows.set(key, window);
    return flagged(window.slot);
  }

  /** The slots of all that holds, some perhaps twice. */
  hits(texts: Texts, nowMs: number, into: number[]): void {
    for (const dateMs of datesIn(texts)) {
      if (this.#present !== undefined) into.push(this.#present);
      for (const { aspect, from, to, slot } of this.#windows.values()) {
        const value = aspectOf(aspect, dateMs, nowMs);
        if (from <= value && value < to) into.push(slot);
      }
    }
  }

  /** No later than the next instant at which time alone changes what holds. */
  nextChangeMs(texts: Texts, nowMs: number): number {
    let next = NEVER;
    for (const dateMs of datesIn(texts)) {
      for (const window of this.#windows.values()) next = Math.min(next, changeMs(window, dateMs, nowMs));
    }
    return next;
  }
}

function changeMs({ aspect, from, to }: Window, dateMs: number, nowMs: number): number {
  if (aspect === 'value') return NEVER;
  const beginsMs = aspect === 'age' ? dateMs : nextAnniversaryMs(dateMs, nowMs);
  const next = [from, to].find((bound) => beginsMs + bound > nowMs) ?? NEVER;
  return beginsMs + (aspect === 'age' ? next : Math.min(next, DAY_MS));
}

const datesIn = (texts: Texts): number[] =>
  (typeof texts === 'string' ? [texts] : (texts ?? [])).map(dateMsOf).filter((dateMs) => dateMs !== null);
