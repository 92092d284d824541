import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  crossingInstant,
  type DecayedSum,
  decayedAt,
  decaying,
  EMPTY_SUM,
  log2Of,
  minus,
  plus,
} from '../../shared/domain/decay.ts';
import { daysBetween, instantOf, msOf, plusDays } from '../../shared/domain/instants.ts';

const instant = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) }).map(instantOf);
const halfLifeDays = fc.integer({ min: 1, max: 400 });
const weight = fc.integer({ min: -4_000, max: 4_000 }).map((hundredths) => hundredths / 100);
const entries = fc.array(fc.record({ weight, at: instant }), { maxLength: 30 });
type Entry = { weight: number; at: string };

const sumOf = (of: readonly Entry[], halfLife: number): DecayedSum =>
  of.reduce((sum, entry) => plus(sum, decaying(entry.weight, entry.at, halfLife)), EMPTY_SUM);

const newestOf = (of: readonly Entry[]): string => instantOf(Math.max(0, ...of.map(({ at }) => msOf(at))));

const naive = (of: readonly Entry[], halfLife: number, now: string): number =>
  of.reduce((sum, entry) => sum + entry.weight * 0.5 ** (daysBetween(entry.at, now) / halfLife), 0);

describe('a decaying sum', () => {
  it.each([
    [40, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 40],
    [40, '2026-01-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z', 20],
    [40, '2026-01-01T00:00:00.000Z', '2026-06-30T00:00:00.000Z', 10],
    [-8, '1970-01-01T00:00:00.000Z', '1970-04-01T00:00:00.000Z', -4],
    [25, '2199-12-31T23:59:59.999Z', '2199-12-31T23:59:59.999Z', 25],
    [12.93, '2026-07-07T07:07:07.007Z', '2026-07-07T07:07:07.007Z', 12.93],
  ])('reads %d of %s at %s as %d with a half-life of 90 days', (given, at, now, read) => {
    expect(decayedAt(decaying(given, at, 90), 90, now)).toBe(read);
  });

  it('reads at once exactly what was given', () => {
    fc.assert(
      fc.property(weight, instant, halfLifeDays, (given, at, halfLife) => {
        expect(decayedAt(decaying(given, at, halfLife), halfLife, at)).toBe(given);
      }),
    );
  });

  it('is the plain sum of what is left of each entry', () => {
    fc.assert(
      fc.property(entries, halfLifeDays, (of, halfLife) => {
        const now = newestOf(of);
        const size = of.reduce((sum, entry) => sum + Math.abs(entry.weight), 0);
        expect(Math.abs(decayedAt(sumOf(of, halfLife), halfLife, now) - naive(of, halfLife, now))).toBeLessThanOrEqual(
          1e-11 * (1 + size),
        );
      }),
    );
  });

  it('is the same to the last digit in any order', () => {
    const shuffled = entries.chain((of) =>
      fc.tuple(fc.constant(of), fc.shuffledSubarray(of, { minLength: of.length })),
    );
    fc.assert(
      fc.property(shuffled, halfLifeDays, ([of, again], halfLife) => {
        expect(sumOf(again, halfLife)).toBe(sumOf(of, halfLife));
      }),
    );
  });

  it('gives back what was added, without a trace', () => {
    fc.assert(
      fc.property(entries, weight, instant, halfLifeDays, (of, extra, at, halfLife) => {
        const sum = sumOf(of, halfLife);
        const entry = decaying(extra, at, halfLife);
        expect(minus(plus(sum, entry), entry)).toBe(sum);
      }),
    );
  });

  it('stays short for a short history, in whichever year', () => {
    const year = Array.from({ length: 365 }, (_, day) => ({
      weight: 12.93,
      at: plusDays('2190-01-01T00:00:00.000Z', day),
    }));
    expect(sumOf(year, 30).length).toBeLessThan(40);
  });

  it('keeps the weights of the published example: with g = n² at 110, decayed so that ages count', () => {
    // Exponential decay is forward and backward decay at once (Cormode et al., section III.B): w(t) / w(now) = 2^(−age).
    const stream = [105, 107, 103, 108, 104].map((second) => instantOf(second * 1000));
    const halfLife = 1 / 86_400; // one second
    const weights = stream.map((at) => decayedAt(decaying(1, at, halfLife), halfLife, instantOf(110_000)));
    expect(weights).toEqual([2 ** -5, 2 ** -3, 2 ** -7, 2 ** -2, 2 ** -6]);
  });
});

describe('the order of two sums', () => {
  it('is the same at every instant, and the one of their logarithms', () => {
    const positive = fc.array(fc.record({ weight: weight.map((w) => Math.abs(w) + 1), at: instant }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(positive, positive, (one, other) => {
        const [a, b] = [sumOf(one, 30), sumOf(other, 30)];
        const now = newestOf([...one, ...other]);
        const difference = decayedAt(a, 30, now) - decayedAt(b, 30, now);
        if (Math.abs(difference) > 1e-9)
          expect(Math.sign((log2Of(a) ?? 0) - (log2Of(b) ?? 0))).toBe(Math.sign(difference));
      }),
    );
  });

  it('has no logarithm where nothing is left', () => {
    expect(log2Of(EMPTY_SUM)).toBeNull();
    expect(log2Of(decaying(-3, '2026-01-01T00:00:00.000Z', 30))).toBeNull();
  });
});

describe('a threshold', () => {
  it('is crossed one half-life after twice its value', () => {
    const sum = decaying(50, '2026-01-01T00:00:00.000Z', 90);
    expect(crossingInstant(sum, 25, 90)).toBe('2026-04-01T00:00:00.001Z');
  });

  it('is crossed at the first millisecond below it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e6, noNaN: true }), instant, halfLifeDays, (size, at, halfLife) => {
        const sum = decaying(size, at, halfLife);
        const crossing = crossingInstant(sum, 25, halfLife) ?? '';
        expect(decayedAt(sum, halfLife, crossing)).toBeLessThan(25);
        expect(decayedAt(sum, halfLife, instantOf(msOf(crossing) - 1))).toBeGreaterThanOrEqual(25);
      }),
    );
  });

  it('is never crossed by what is not above nothing', () => {
    expect(crossingInstant(EMPTY_SUM, 25, 90)).toBeNull();
    expect(crossingInstant(decaying(-5, '2026-01-01T00:00:00.000Z', 90), 25, 90)).toBeNull();
  });
});
