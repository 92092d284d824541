/**
 * Whole numbers as short text: exponential Golomb codes (a number n takes about 2·log₂(n / 2ᵏ) + k bits), with the k
 * that suits each column best, six bits to a character.
 */

export interface Columns {
  boundaries: readonly number[];
  singles: number[];
  gaps: number[];
}

/**
 * Columns that are small where little happens: boundaries as steps, each split into how often it was doubled
 * (boundaries are round) and the rest; where they turn from wholes to halves or back; gaps by how far they are from the usual one.
 */
export function encodedWholes({ boundaries, singles, gaps }: Columns): string {
  const usualGap = Math.round(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length);
  const ceilings = boundaries.map(Math.ceil);
  const steps = ceilings.slice(1).map((ceiling, index) => ceiling - (ceilings[index] ?? 0));
  const columns = [
    [usualGap, ...ceilings.slice(0, 1)].map(folded),
    boundaries.map((boundary, index) => (isHalf(boundary) === isHalf(boundaries[index - 1] ?? 0) ? 0 : 1)),
    steps.map(doublingsIn),
    steps.map((step) => Math.ceil(step / 2 ** doublingsIn(step) / 2)),
    singles.map(folded),
    gaps.map((gap) => folded(gap - usualGap)),
  ];
  return textOf(coded(boundaries.length, 0) + columns.map(codedColumn).join(''));
}

export function decodedWholes(text: string): Columns {
  const bits = bitsOf(text);
  const count = bits.next(0);
  const [usualGap = 0, ...ceilings] = bits.column(count === 0 ? 1 : 2).map(unfolded);
  const turns = bits.column(count);
  const doublings = bits.column(Math.max(0, count - 1));
  const rests = bits.column(Math.max(0, count - 1));
  for (const [index, rest] of rests.entries()) {
    const step = rest === 0 ? 0 : (2 * rest - 1) * 2 ** (doublings[index] ?? 0);
    ceilings.push((ceilings[index] ?? 0) + step);
  }
  let below = 0;
  const boundaries = ceilings.map((ceiling, index) => {
    if (turns[index] === 1) below = 0.5 - below;
    return ceiling - below;
  });
  const singles = bits.column(count).map(unfolded);
  return { boundaries, singles, gaps: bits.column(count + 1).map((gap) => unfolded(gap) + usualGap) };
}

const isHalf = (boundary: number): boolean => !Number.isInteger(boundary);

/** 0, −1, 1, −2, 2 … as 0, 1, 2, 3, 4 … */
const folded = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unfolded = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function doublingsIn(value: number): number {
  let doublings = 0;
  for (let rest = value; rest > 0 && rest % 2 === 0; rest /= 2) doublings++;
  return doublings;
}

/** The column's k, and its numbers. */
function codedColumn(values: number[]): string {
  const k = bestOrder(values);
  return coded(k, 2) + values.map((value) => coded(value, k)).join('');
}

function coded(value: number, k: number): string {
  const high = (Math.floor(value / 2 ** k) + 1).toString(2);
  const low = k === 0 ? '' : (value % 2 ** k).toString(2).padStart(k, '0');
  return '0'.repeat(high.length - 1) + high + low;
}

function bestOrder(values: number[]): number {
  const lengthAt = (k: number) =>
    values.reduce((sum, value) => sum + k + 2 * Math.floor(Math.log2(value / 2 ** k + 1)), 0);
  let best = 0;
  for (let k = 1, least = lengthAt(0); k <= MOST_ORDER; k++) {
    const length = lengthAt(k);
    if (length > least) break;
    [best, least] = [k, length];
  }
  return best;
}
const MOST_ORDER = 50;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BITS_PER_CHARACTER = 6;

function textOf(bits: string): string {
  let text = '';
  for (let from = 0; from < bits.length; from += BITS_PER_CHARACTER) {
    text += ALPHABET[Number.parseInt(bits.slice(from, from + BITS_PER_CHARACTER).padEnd(BITS_PER_CHARACTER, '0'), 2)];
  }
  return text;
}

function bitsOf(text: string): { next(k: number): number; column(length: number): number[] } {
  const bits = Array.from(text, (character) => ALPHABET.indexOf(character).toString(2).padStart(6, '0')).join('');
  let place = 0;
  const next = (k: number): number => {
    const one = bits.indexOf('1', place);
    if (one < 0) throw new RangeError('not a summary');
    const lowFrom = 2 * one - place + 1;
    const value = (Number.parseInt(bits.slice(one, lowFrom), 2) - 1) * 2 ** k;
    place = lowFrom + k;
    return k === 0 ? value : value + Number.parseInt(bits.slice(lowFrom, place), 2);
  };
  const column = (length: number): number[] => {
    const k = next(2);
    return Array.from({ length }, () => next(k));
  };
  return { next, column };
}
