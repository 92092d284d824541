/**
 * All segments of a consumer in one pass. Whatever the rules look at is read once and becomes a state; all rules together
 * are one circuit over states. The same pass finds the next instant at which time alone can change an answer.
 */
import type { Instant } from '../facts.ts';
import { instantOf } from '../instants.ts';
import { Bits, wordsFor } from './bits.ts';
import type { Channels } from './channels.ts';
import { bitAt, type Circuit, FAILS, run } from './circuit.ts';
import { type CompiledVersion, compiledUnits, type RuleToCompile } from './compile.ts';
import { LATEST_MS } from './moments.ts';
import type { Picture, RuleContext } from './picture.ts';
import { Reading } from './reading.ts';
import type { Texts } from './text-channel.ts';

/** Rules made ready. It keeps no memory of consumers; only one consumer is asked about at a time. */
export interface Evaluator {
  readonly unitIds: readonly string[];
  readonly channels: Channels;
  /** In an order in which each comes after all that it names. */
  readonly units: readonly CompiledVersion[];
  readonly circuit: Circuit;
  /** Where it says whether each unit's rule holds, in the order in which the units were given. */
  readonly wires: Int32Array;
  /** Written anew for each consumer. */
  readonly scratch: Scratch;
}
interface Scratch {
  states: Int32Array;
  values: Float64Array;
  texts: Texts[];
  dates: Texts[];
  hits: number[];
}

export interface Evaluated {
  /** Indexes of the units whose rule holds, in the order in which they were given. */
  members: Bits;
  /** No later than the next instant at which time alone changes what a condition says; null where it never will. */
  nextFlipAt: Instant | null;
}

/** Takes some milliseconds for a thousand rules: once for each edit. */
export function compiled(units: readonly RuleToCompile[]): Evaluator {
  const { channels, ordered, circuit } = compiledUnits(units);
  const wires = new Int32Array(units.length);
  for (const { index, wire } of ordered) wires[index] = wire;
  return {
    unitIds: units.map(({ versionId }) => versionId),
    channels,
    units: ordered,
    circuit,
    wires,
    scratch: {
      states: new Int32Array(channels.slots),
      values: new Float64Array(channels.sources.length),
      texts: channels.texts.map(() => null),
      dates: channels.dates.map(() => null),
      hits: [],
    },
  };
}

export function evaluate(evaluator: Evaluator, picture: Picture, context: RuleContext, now: Instant): Evaluated {
  const reading = new Reading(picture, context, now);
  readStates(evaluator, reading);
  run(evaluator.circuit, evaluator.scratch.states);
  const members = membersIn(evaluator);
  const nextMs = nextChangeMs(evaluator, reading);
  return { members, nextFlipAt: nextMs <= LATEST_MS ? instantOf(nextMs) : null };
}

function membersIn({ wires, circuit: { values } }: Evaluator): Bits {
  const words = new Uint32Array(wordsFor(wires.length));
  for (let index = 0; index < wires.length; index++) {
    const at = index >>> 5;
    words[at] = (words[at] ?? 0) | (bitAt(wires[index] ?? FAILS, values) << (index & 31));
  }
  return new Bits(words);
}

function readStates({ channels, scratch }: Evaluator, reading: Reading): void {
  const { states, values, texts, dates, hits } = scratch;
  states.fill(0);
  hits.length = 0;
  channels.sources.forEach((source, index) => {
    values[index] = source.value(reading) ?? Number.NaN;
  });
  for (const channel of channels.ordered) {
    states[channel.slot] = channel.stateOf(values[channel.source] ?? Number.NaN, reading.nowMs);
  }
  channels.texts.forEach((channel, index) => {
    const value = channel.value(reading);
    texts[index] = value;
    channel.hits(value, hits);
  });
  channels.dates.forEach((channel, index) => {
    const value = channel.value(reading);
    dates[index] = value;
    channel.hits(value, reading.nowMs, hits);
  });
  for (const slot of hits) states[slot] = 1;
}

/** What costs most to foretell comes last: it only has to be foretold up to what was found before. */
function nextChangeMs({ channels, scratch }: Evaluator, reading: Reading): number {
  const { states, values, dates } = scratch;
  let next = LATEST_MS + 1;
  const { cheap, costly } = channels.moved;
  for (const group of [cheap, costly]) {
    for (const channel of group) {
      const value = values[channel.source] ?? Number.NaN;
      const source = channels.sources[channel.source];
      if (source === undefined) continue;
      next = Math.min(next, channel.nextChangeMs(value, states[channel.slot] ?? 0, source, reading, next));
    }
  }
  channels.dates.forEach((channel, index) => {
    next = Math.min(next, channel.nextChangeMs(dates[index] ?? null, reading.nowMs));
  });
  for (const { moves, key } of channels.movedTexts) {
    if ('jumpsMs' in moves) next = Math.min(next, moves.jumpsMs(reading, next, key));
  }
  return next;
}
