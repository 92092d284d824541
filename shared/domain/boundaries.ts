/**
 * Where to put the boundaries of a percentile summary of whole numbers: on a value that many share, else between two
 * values, as a half: `2999.5`.
 */

/** Boundaries above everything seen, each twice as far as the one before: growth must not pile up in the last gap. */
const TAIL_BOUNDARIES = 8;
/** The first tail boundary, as a share of the way from the median to the greatest value. */
const TAIL_STEP = 1 / 64;
/** A gap may stop short of its share by this much, if that finds a rounder boundary: round ones take few bits. */
const LEAST_FILLED = 0.8;

/**
 * At most `most` boundaries for these ascending whole numbers, plus the tail. Each different value gets its own while
 * that is enough; else no gap holds more than 1 / (0.8 · most) of all values, however many tie.
 */
export function boundariesFor(ascending: ArrayLike<number>, most: number): number[] {
  return distinctUpTo(most, ascending) ?? [...quantiles(ascending, most), ...tailOf(ascending)];
}

function distinctUpTo(most: number, ascending: ArrayLike<number>): number[] | null {
  const distinct: number[] = [];
  for (let index = 0; index < ascending.length; index++) {
    const value = at(ascending, index);
    if (value === distinct.at(-1)) continue;
    if (distinct.length === most) return null;
    distinct.push(value);
  }
  return distinct;
}

/** Walks up; a gap that is full ends on the value that many share, else below the roundest number about there. */
function quantiles(ascending: ArrayLike<number>, most: number): number[] {
  const share = Math.ceil(ascending.length / (LEAST_FILLED * most));
  const leastFilled = Math.ceil(LEAST_FILLED * share);
  const boundaries: number[] = [];
  let gapStart = 0;
  while (gapStart + share < ascending.length) {
    const beyond = at(ascending, gapStart + share);
    const within = at(ascending, gapStart + leastFilled - 1);
    const boundary = within === beyond ? beyond : roundest(within, beyond) - 0.5;
    boundaries.push(boundary);
    gapStart = firstAbove(ascending, boundary, gapStart);
  }
  return boundaries;
}

/** The multiple of the greatest power of two above `from` and up to `to`. */
function roundest(from: number, to: number): number {
  let best = to;
  for (let unit = 2; Math.floor(to / unit) * unit > from; unit *= 2) best = Math.floor(to / unit) * unit;
  return best;
}

function firstAbove(ascending: ArrayLike<number>, value: number, start: number): number {
  let [from, to] = [start, ascending.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (at(ascending, middle) <= value) from = middle + 1;
    else to = middle;
  }
  return from;
}

function tailOf(ascending: ArrayLike<number>): number[] {
  const most = at(ascending, ascending.length - 1);
  const median = at(ascending, Math.floor(ascending.length / 2));
  const step = Math.max(1, Math.round((most - median) * TAIL_STEP));
  return Array.from({ length: TAIL_BOUNDARIES }, (_, index) => most + step * 2 ** index);
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? 0;
