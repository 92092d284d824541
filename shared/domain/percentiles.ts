/** Percentile ranks of whole-number values from a small summary (see `Histogram`). */

/** 1–5: the quintile of a percentile, 5 is best. */
export const rankOf = (percentile: number): number => Math.min(5, Math.floor(percentile / 20) + 1);

export class Histogram {
  get total(): number {
    return 0;
  }
  add(_value: number): void {}
  remove(_value: number): void {}
  /** 0–100, null where nothing was counted. */
  percentileOf(_value: number): number | null {
    return null;
  }
  /** How far a percentile may be off, in points. */
  errorBound(): number {
    return 0;
  }
  encoded(): string {
    return '';
  }
  static decoded(_text: string): Histogram {
    return new Histogram();
  }
}
