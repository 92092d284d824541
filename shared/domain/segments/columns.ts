/**
 * All segments of many consumers at once: what rules look at as columns, each consumer a row. A block of rows at a time,
 * every bound of a column becomes a set of rows, 32 to a word, and rules put these sets together.
 */
import type { Instant } from '../facts.ts';
import { msOf } from '../instants.ts';
import { Bits, WORD, wordsFor } from './bits.ts';
import { BLOCK_ROWS, Block } from './block.ts';
import type { Evaluator } from './evaluator.ts';
import type { Picture, RuleContext } from './picture.ts';
import { Reading } from './reading.ts';
import type { Texts } from './text-channel.ts';

/** What the rules of an evaluator look at, and nothing else, of many consumers as of an instant. */
export interface Columns {
  rows: number;
  nowMs: number;
  /** By source; NaN is missing. */
  values: Float64Array[];
  /** By channel of texts, then by channel of dates. */
  texts: TextColumn[];
}
/** Each different text or set once, and for every row which of them it has. */
export interface TextColumn {
  distinct: Texts[];
  codes: Uint32Array;
}

/** Reading consumers takes longer than evaluating their columns: who evaluates often keeps these. */
export function columnsOf(
  { channels }: Evaluator,
  pictures: readonly Picture[],
  context: RuleContext,
  now: Instant,
): Columns {
  const rows = pictures.length;
  const values = channels.sources.map(() => new Float64Array(rows));
  const ofTexts = [...channels.texts, ...channels.dates];
  const builders = ofTexts.map(() => new TextColumnBuilder(rows));
  for (const [row, picture] of pictures.entries()) {
    const reading = new Reading(picture, context, now);
    for (const [index, source] of channels.sources.entries()) {
      const column = values[index];
      if (column) column[row] = source.value(reading) ?? Number.NaN;
    }
    for (const [index, channel] of ofTexts.entries()) builders[index]?.set(row, channel.value(reading));
  }
  return { rows, nowMs: msOf(now), values, texts: builders.map(({ column }) => column) };
}

class TextColumnBuilder {
  readonly column: TextColumn;
  readonly #codes = new Map<string, number>();

  constructor(rows: number) {
    this.column = { distinct: [], codes: new Uint32Array(rows) };
  }

  set(row: number, texts: Texts): void {
    // No text holds NUL.
    const key = typeof texts === 'string' ? texts : texts === null ? '\0' : `\0${texts.join('\0')}\0`;
    const code = this.#codes.get(key) ?? this.column.distinct.push(texts) - 1;
    this.#codes.set(key, code);
    this.column.codes[row] = code;
  }
}

/** The rows of each unit. */
export class MembersInColumns {
  readonly rows: number;
  readonly #units: number;
  readonly #perUnit: number;
  readonly #words: Uint32Array;

  constructor(rows: number, units: number) {
    this.rows = rows;
    this.#units = units;
    this.#perUnit = wordsFor(rows);
    this.#words = new Uint32Array(units * this.#perUnit);
  }

  has(row: number, unit: number): boolean {
    if (row >= this.rows || unit >= this.#units) return false;
    return ((this.#words[unit * this.#perUnit + (row >>> 5)] ?? 0) & (1 << (row & 31))) !== 0;
  }

  /** The rows that are in a unit. */
  rowsOf(unit: number): Bits {
    return new Bits(this.#words.subarray(unit * this.#perUnit, (unit + 1) * this.#perUnit));
  }

  /** The units that a row is in, as the evaluator of one consumer gives them. */
  unitsOf(row: number): Bits {
    const words = new Uint32Array(wordsFor(this.#units));
    for (let unit = 0; unit < this.#units; unit++) {
      if (this.has(row, unit)) words[unit >>> 5] = (words[unit >>> 5] ?? 0) | (1 << (unit & 31));
    }
    return new Bits(words);
  }

  /** Puts in the rows of a block, which begins at a whole word. */
  put(unit: number, firstRow: number, words: Uint32Array): void {
    this.#words.set(words, unit * this.#perUnit + firstRow / WORD);
  }
}

/** The same as asking for each consumer by itself. */
export const evaluatedInColumns = (
  evaluator: Evaluator,
  pictures: readonly Picture[],
  context: RuleContext,
  now: Instant,
): MembersInColumns => evaluatedColumns(evaluator, columnsOf(evaluator, pictures, context, now));

export function evaluatedColumns(evaluator: Evaluator, columns: Columns): MembersInColumns {
  const members = new MembersInColumns(columns.rows, evaluator.unitIds.length);
  const block = new Block(evaluator, columns);
  for (let first = 0; first < columns.rows; first += BLOCK_ROWS) {
    block.load(first, Math.min(BLOCK_ROWS, columns.rows - first));
    for (const unit of evaluator.units) members.put(unit.index, first, block.membersOf(unit));
  }
  return members;
}
