/** Sets of small whole numbers, 32 to a word. */

export const WORD = 32;

export const wordsFor = (size: number): number => Math.ceil(size / WORD);

export class Bits {
  readonly words: Uint32Array;
  constructor(words: Uint32Array) {
    this.words = words;
  }

  has(index: number): boolean {
    return ((this.words[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }

  get size(): number {
    let size = 0;
    for (const word of this.words) size += onesIn(word);
    return size;
  }

  /** Ascending. */
  *[Symbol.iterator](): Generator<number> {
    for (const [place, whole] of this.words.entries()) {
      for (let word = whole; word !== 0; word &= word - 1) {
        yield place * WORD + (WORD - 1 - Math.clz32(word & -word));
      }
    }
  }
}

/** How many bits of a word are set. */
function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
