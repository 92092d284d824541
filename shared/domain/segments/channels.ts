/** Everything that the conditions of some rules look at, each thing once, whatever number of conditions looks at it. */
import { folded } from '../consumer/text.ts';
import type { AttributeValue } from '../facts.ts';
import type { Attribute, Movement } from './attributes/attribute.ts';
import { type NamedAttribute, SEGMENTS } from './attributes.ts';
import { DatesChannel } from './dates-channel.ts';
import { NEVER } from './moments.ts';
import { type Aspect, OrderedChannel, type Source } from './ordered-channel.ts';
import type { Reading } from './reading.ts';
import type { EventCondition } from './rule.ts';
import { talliedIn } from './rule.ts';
import { nextTallyChangeMs, tallyKeyOf, tallyValueAt } from './tally.ts';
import { TextChannel, type Texts } from './text-channel.ts';

export class Channels {
  readonly sources: Source[] = [];
  readonly ordered: OrderedChannel[] = [];
  readonly texts: TextChannel[] = [];
  readonly dates: DatesChannel[] = [];
  /** Those that time alone moves: at instants that are known, or found by asking. */
  readonly moved: { cheap: OrderedChannel[]; costly: OrderedChannel[] } = { cheap: [], costly: [] };
  readonly movedTexts: { moves: Movement; key: string }[] = [];
  #slots = 0;
  readonly #known = new Map<string, unknown>();
  readonly #newSlot = () => this.#slots++;

  get slots(): number {
    return this.#slots;
  }

  /** The slots that being in a segment sets. */
  slotsOfSegment(segmentId: string): readonly number[] {
    const channel = this.#known.get(`texts ${SEGMENTS}`);
    return channel instanceof TextChannel ? channel.slotsOfMember(segmentId) : [];
  }

  /** After this no further condition is taken. */
  close(): void {
    for (const channel of this.ordered) {
      channel.close();
      const moves = this.sources[channel.source]?.moves;
      if (moves !== undefined && 'at' in moves) this.moved.costly.push(channel);
      else if (moves !== undefined || channel.aspect !== 'value') this.moved.cheap.push(channel);
    }
    for (const { moves, key } of this.texts) if (moves !== undefined) this.movedTexts.push({ moves, key });
  }

  /** Numbers; dates, by an aspect; truths as 0 and 1. Of an attribute of any kind those values that are numbers. */
  numbersOf(name: string, { attribute, key }: NamedAttribute, aspect: Aspect = 'value'): OrderedChannel {
    return this.#orderedBy('numbers', name, aspect, () => sourceOf(numberReader(attribute, key), attribute, key));
  }

  /** Of an attribute of any kind those values that are true or false. */
  truthsOf(name: string, { attribute, key }: NamedAttribute): OrderedChannel {
    return this.#orderedBy('truths', name, 'value', () => sourceOf(truthReader(attribute, key), attribute, key));
  }

  /** What a condition over events has counted. */
  tallied(condition: EventCondition): OrderedChannel {
    const tallied = talliedIn(condition);
    const key = tallyKeyOf(tallied);
    const moves: Movement = { jumpsMs: (of) => nextTallyChangeMs(of.tally(key), tallied, of.nowMs) ?? NEVER };
    return this.#orderedBy('events', key, 'value', () => ({
      value: (of) => tallyValueAt(of.tally(key), tallied, of.nowMs),
      moves,
      key,
    }));
  }

  textsOf(name: string, { attribute, key }: NamedAttribute): TextChannel {
    return this.#once(`texts ${name}`, () => {
      // Segments are referred to by their very ids.
      const fold = name === SEGMENTS ? (id: string) => id : folded;
      const channel = new TextChannel(
        { value: textReader(attribute, key), moves: attribute.moves, key },
        this.#newSlot,
        fold,
      );
      this.texts.push(channel);
      return channel;
    });
  }

  /** The texts of an attribute of any kind that are dates. */
  datesOf(name: string, { attribute, key }: NamedAttribute): DatesChannel {
    return this.#once(`dates ${name}`, () => {
      const channel = new DatesChannel(textReader(attribute, key), this.#newSlot);
      this.dates.push(channel);
      return channel;
    });
  }

  #orderedBy(what: string, name: string, aspect: Aspect, makeSource: () => Source): OrderedChannel {
    const source = this.#once(`${what}: ${name}`, () => this.sources.push(makeSource()) - 1);
    return this.#once(`${what}, ${aspect} ${name}`, () => {
      const channel = new OrderedChannel(this.#newSlot(), source, aspect);
      this.ordered.push(channel);
      return channel;
    });
  }

  /** By keys that tell what is made first: names of attributes may be anything. */
  #once<T>(key: string, make: () => T): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known as T;
    const made = make();
    this.#known.set(key, made);
    return made;
  }
}

const sourceOf = (value: Source['value'], { moves }: Attribute, key: string): Source => ({ value, moves, key });

function numberReader(attribute: Attribute, key: string): (of: Reading) => number | null {
  switch (attribute.kind) {
    case 'number':
    case 'date':
      return (of) => attribute.value(of, key);
    case 'boolean':
      return truthReader(attribute, key);
    default:
      return (of) => numberIn(attribute.value(of, key));
  }
}

const truthReader =
  ({ value }: Attribute, key: string) =>
  (of: Reading): number | null =>
    truthIn(value(of, key));

const textReader =
  ({ value }: Attribute, key: string) =>
  (of: Reading): Texts =>
    textsIn(value(of, key));

type Read = AttributeValue | readonly string[] | null;
const numberIn = (value: Read): number | null => (typeof value === 'number' ? value : null);
const truthIn = (value: Read): number | null => (typeof value === 'boolean' ? Number(value) : null);
const textsIn = (value: Read): Texts => (typeof value === 'string' || Array.isArray(value) ? value : null);
