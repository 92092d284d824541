/**
 * Percentile ranks from a summary of a few kilobytes, whatever the size of the population.
 *
 * The summary counts values on boundaries: one counter for the values equal to a boundary, one for those strictly
 * between two neighbours. Counters can be added to and taken from, in any order. As long as a population has no more
 * different values than there may be boundaries, each gets its own and every percentile is exact; after that, values
 * between boundaries are taken to lie in the middle of their gap.
 */
import { boundariesFor } from './boundaries.ts';
import { decodedWholes, encodedWholes } from './whole-numbers.ts';

/** Boundaries that are given out while values come in, or at a rebuild; tail boundaries come on top. */
export const MOST_BOUNDARIES = 1024;

/** 1–5: the quintile of a percentile, 5 is best. */
export const rankOf = (percentile: number): number => Math.min(5, Math.floor(percentile / 20) + 1);

/** Counters of whole numbers. It changes in place: take a `copy` to keep what was. */
export class Histogram {
  /** Never changed in place, so that slices and copies share them, and see at a glance that they do. */
  #boundaries: readonly number[];
  /** `#singles[i]`: values equal to boundary i. */
  readonly #singles: number[];
  /** `#gaps[i]`: values between boundaries i − 1 and i; one more than there are boundaries. */
  readonly #gaps: number[];
  /** Whether boundaries stay as they are, so that slices counted apart can be added up. */
  readonly #isSlice: boolean;
  #total: number;
  /** Values below boundary i, made when first asked for. */
  #below: number[] | null = null;

  private constructor(boundaries: readonly number[], singles: number[], gaps: number[], isSlice = false) {
    this.#boundaries = boundaries;
    this.#singles = singles;
    this.#gaps = gaps;
    this.#isSlice = isSlice;
    this.#total = sumOf(singles) + sumOf(gaps);
  }

  static empty(): Histogram {
    return new Histogram([], [], [0]);
  }

  /** Boundaries at the quantiles of these values, which must ascend, so that no gap holds more than its share. */
  static rebuilt(ascending: ArrayLike<number>): Histogram {
    const boundaries = boundariesFor(ascending, MOST_BOUNDARIES);
    const histogram = new Histogram(boundaries, zeros(boundaries.length), zeros(boundaries.length + 1), true);
    for (let index = 0; index < ascending.length; index++) histogram.add(ascending[index] ?? 0);
    return new Histogram(histogram.#boundaries, histogram.#singles, histogram.#gaps);
  }

  copy(): Histogram {
    return new Histogram(this.#boundaries, [...this.#singles], [...this.#gaps], this.#isSlice);
  }

  /** Nothing counted, on the same boundaries for good: what is counted in several of these can be merged. */
  slice(): Histogram {
    const { length } = this.#boundaries;
    return new Histogram(this.#boundaries, zeros(length), zeros(length + 1), true);
  }

  get total(): number {
    return this.#total;
  }

  add(value: number, count = 1): void {
    this.#changed(count);
    const place = this.#placeOf(value);
    if (this.#boundaries[place] === value) this.#addTo(this.#singles, place, count);
    else if (this.#hasRoomAt(place)) this.#insert(place, value, count);
    else this.#addTo(this.#gaps, place, count);
  }

  /** Takes out what was added before. */
  remove(value: number, count = 1): void {
    this.#changed(-count);
    const place = this.#placeOf(value);
    if (this.#boundaries[place] !== value) {
      this.#addTo(this.#gaps, place, -count);
      return;
    }
    this.#addTo(this.#singles, place, -count);
    const isUnused = this.#singles[place] === 0 && this.#gaps[place] === 0 && this.#gaps[place + 1] === 0;
    if (isUnused && !this.#isSlice) this.#drop(place);
  }

  /** The percentile rank of a value: all below it and half of those that tie, of all, 0–100; null for nobody. */
  percentileOf(value: number): number | null {
    if (this.#total <= 0) return null;
    const place = this.#placeOf(value);
    const isBoundary = this.#boundaries[place] === value;
    const belowBoundary = this.#belowBoundaries()[place] ?? 0;
    const gap = this.#gaps[place] ?? 0;
    const below = isBoundary ? belowBoundary + (this.#singles[place] ?? 0) / 2 : belowBoundary - gap / 2;
    return Math.min(100, Math.max(0, (100 * below) / this.#total));
  }

  /** How far `percentileOf` may be from the truth for a value that was counted, in points. */
  errorBound(): number {
    const widest = this.#gaps.reduce((most, gap) => Math.max(most, gap), 0);
    return widest <= 1 ? 0 : (50 * (widest - 1)) / this.#total;
  }

  /** Adds what another one counted. Throws where their boundaries are so different that counts cannot be placed. */
  merge(other: Histogram): void {
    if (this.#sharesBoundariesWith(other)) {
      addAll(this.#singles, other.#singles);
      addAll(this.#gaps, other.#gaps);
      this.#changed(other.#total);
      return;
    }
    for (const [place, count] of other.#gaps.entries()) {
      if (count !== 0) this.#addGap(other.#boundaries[place - 1], other.#boundaries[place], count);
    }
    for (const [place, count] of other.#singles.entries()) this.add(other.#boundaries[place] ?? 0, count);
  }

  encoded(): string {
    return encodedWholes({ boundaries: this.#boundaries, singles: this.#singles, gaps: this.#gaps });
  }

  static decoded(text: string): Histogram {
    const { boundaries, singles, gaps } = decodedWholes(text);
    return new Histogram(boundaries, singles, gaps);
  }

  /** Counts that lie somewhere between two values fit where no boundary divides these. */
  #addGap(from: number | undefined, to: number | undefined, count: number): void {
    const place = from === undefined ? 0 : this.#placeOf(Math.floor(from) + 1);
    const next = this.#boundaries[place];
    if (to === undefined ? next !== undefined : next !== undefined && next < to) {
      throw new RangeError('these summaries do not share their boundaries');
    }
    this.#addTo(this.#gaps, place, count);
    this.#changed(count);
  }

  #sharesBoundariesWith(other: Histogram): boolean {
    const own = this.#boundaries;
    const others = other.#boundaries;
    if (own === others) return true;
    return own.length === others.length && own.every((boundary, index) => boundary === others[index]);
  }

  #changed(count: number): void {
    this.#total += count;
    this.#below = null;
  }

  #addTo(counters: number[], place: number, count: number): void {
    counters[place] = (counters[place] ?? 0) + count;
  }

  /** The first boundary that is not below the value: its own, or the one that ends its gap. */
  #placeOf(value: number): number {
    let [from, to] = [0, this.#boundaries.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#boundaries[middle] ?? 0) < value) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Only an empty gap can be divided: nobody knows on which side its values were. */
  #hasRoomAt(place: number): boolean {
    return !this.#isSlice && this.#boundaries.length < MOST_BOUNDARIES && this.#gaps[place] === 0;
  }

  #insert(place: number, value: number, count: number): void {
    this.#boundaries = this.#boundaries.toSpliced(place, 0, value);
    this.#singles.splice(place, 0, count);
    this.#gaps.splice(place, 0, 0);
  }

  #drop(place: number): void {
    this.#boundaries = this.#boundaries.toSpliced(place, 1);
    this.#singles.splice(place, 1);
    this.#gaps.splice(place, 1);
  }

  /** Values below each boundary, and last all of them. */
  #belowBoundaries(): number[] {
    if (this.#below !== null) return this.#below;
    const below: number[] = [];
    let sum = 0;
    for (const [place, gap] of this.#gaps.entries()) {
      sum += gap;
      below.push(sum);
      sum += this.#singles[place] ?? 0;
    }
    this.#below = below;
    return below;
  }
}

const zeros = (length: number): number[] => new Array<number>(length).fill(0);
/** Adds counters place by place: a plain loop, as a thousand shards are merged in some milliseconds. */
function addAll(counters: number[], others: readonly number[]): void {
  for (let place = 0; place < others.length; place++) {
    counters[place] = (counters[place] ?? 0) + (others[place] ?? 0);
  }
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
