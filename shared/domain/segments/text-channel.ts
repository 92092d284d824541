/**
 * What conditions ask of texts, one or a set of them. Whole texts are looked up, each leads to all conditions that name it;
 * only parts of texts are tried one by one.
 */
import type { Movement } from './attributes/attribute.ts';
import { type Formula, flagged } from './formula.ts';
import type { Reading } from './reading.ts';

/** One text, or a set; null, '' and [] are missing. What is of another kind does not come here. */
export type Texts = string | readonly string[] | null;

export type Part = 'contains' | 'starts_with' | 'ends_with';

const HAS: Readonly<Record<Part, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  starts_with: (text, part) => text.startsWith(part),
  ends_with: (text, part) => text.endsWith(part),
};

export class TextChannel {
  readonly value: (of: Reading) => Texts;
  readonly moves: Movement | undefined;
  readonly key: string;
  readonly #newSlot: () => number;
  readonly #fold: (text: string) => string;
  /** Slots of what names whole texts, and of what names members of sets alone. */
  readonly #whole = new Map<string, number[]>();
  readonly #members = new Map<string, number[]>();
  readonly #parts: { part: string; has: Part; slot: number }[] = [];
  readonly #known = new Map<string, number>();

  constructor(
    { value, moves, key }: { value(of: Reading): Texts; moves?: Movement | undefined; key: string },
    newSlot: () => number,
    fold: (text: string) => string,
  ) {
    this.value = value;
    this.moves = moves;
    this.key = key;
    this.#newSlot = newSlot;
    this.#fold = fold;
  }

  /** That there is a text. */
  get present(): Formula {
    return flagged(this.#once('present', () => {}));
  }

  /** That there is a set with a text in it. */
  get presentSet(): Formula {
    return flagged(this.#once('set', () => {}));
  }

  /** That it, or any member, is one of these. */
  isAny(texts: readonly string[]): Formula {
    return flagged(this.#lookedUp('whole', this.#whole, texts));
  }

  /** That it is a set with any of these in it. */
  hasAny(members: readonly string[]): Formula {
    return flagged(this.#lookedUp('member', this.#members, members));
  }

  /** That it, or any member, has such a part. A set contains its members, not parts of them. */
  hasPart(has: Part, part: string): Formula {
    const folded = this.#fold(part);
    return flagged(
      this.#once(`${has} ${folded}`, (slot) => {
        this.#parts.push({ part: folded, has, slot });
        if (has === 'contains') add(this.#members, folded, slot);
      }),
    );
  }

  #lookedUp(what: string, index: Map<string, number[]>, texts: readonly string[]): number {
    const named = [...new Set(texts.map(this.#fold))].sort();
    return this.#once(`${what} ${JSON.stringify(named)}`, (slot) => {
      for (const text of named) add(index, text, slot);
    });
  }

  #once(what: string, make: (slot: number) => void): number {
    const known = this.#known.get(what);
    if (known !== undefined) return known;
    const slot = this.#newSlot();
    this.#known.set(what, slot);
    make(slot);
    return slot;
  }

  /** The slots of all that holds of these texts, some perhaps twice. */
  hits(texts: Texts, into: number[]): void {
    if (typeof texts === 'string') this.#hitBy(texts, false, into);
    else for (const member of texts ?? []) this.#hitBy(member, true, into);
  }

  #hitBy(text: string, isMember: boolean, into: number[]): void {
    if (text === '') return;
    const folded = this.#fold(text);
    push(into, this.#known.get('present'));
    if (isMember) push(into, this.#known.get('set'));
    for (const slot of this.#whole.get(folded) ?? NONE) into.push(slot);
    if (isMember) for (const slot of this.#members.get(folded) ?? NONE) into.push(slot);
    for (const { part, has, slot } of this.#parts) {
      if ((has !== 'contains' || !isMember) && HAS[has](folded, part)) into.push(slot);
    }
  }

  /** The slots that naming this member as a member of the set sets. */
  slotsOfMember(member: string): readonly number[] {
    return this.#members.get(this.#fold(member)) ?? NONE;
  }
}

const NONE: readonly number[] = [];

function push(into: number[], slot: number | undefined): void {
  if (slot !== undefined) into.push(slot);
}

function add(index: Map<string, number[]>, text: string, slot: number): void {
  const slots = index.get(text);
  if (slots === undefined) index.set(text, [slot]);
  else slots.push(slot);
}
