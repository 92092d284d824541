/**
 * Sums whose entries halve every half-life, kept by forward decay (Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009):
 * an entry of weight w at t is stored as w · 2^((t − 1970) / half-life), reading divides by the same power of now. So
 * nothing is rewritten as time passes, and who is ahead of whom never changes by time alone.
 *
 * The stored numbers are exact (an integer times a power of two), so that entries can arrive in any order and be
 * taken out again without leaving a trace.
 */
import type { Instant } from './facts.ts';
import { DAY_MS, instantOf, msOf } from './instants.ts';

/**
 * `mantissa · 2^exponent` as text: a signed hexadecimal mantissa without trailing zero digits, `p`, the exponent, which
 * is a multiple of four: `-1a8p640`. `0` is the empty sum. Equal sums are equal texts. The length grows with the span
 * of the consumer's own history (one hexadecimal digit for four half-lives), not with the calendar.
 */
export type DecayedSum = string;

export const EMPTY_SUM: DecayedSum = '0';

interface Exact {
  mantissa: bigint;
  exponent: number;
}

/** Binary digits kept after the point of an entry's weight: as many as a double has, for weights down to 0.01. */
const FRACTION_BITS = 60;

/** Answers are cut to this many significant digits, which drops the noise of powers: 25 given now reads as 25. */
const SIGNIFICANT_DIGITS = 13;

/** What an entry of this weight adds to a sum of this half-life. */
export function decaying(weight: number, at: Instant, halfLifeDays: number): DecayedSum {
  const { whole, part } = halvingsUntil(msOf(at), halfLifeDays);
  const scaled = Math.round(weight * 2 ** part * 2 ** FRACTION_BITS);
  return written({ mantissa: BigInt(scaled), exponent: whole - FRACTION_BITS });
}

export const plus = (one: DecayedSum, other: DecayedSum): DecayedSum => combined(one, other, (a, b) => a + b);
export const minus = (one: DecayedSum, other: DecayedSum): DecayedSum => combined(one, other, (a, b) => a - b);

/** The sum as of an instant, in the unit of the weights. */
export const decayedAt = (sum: DecayedSum, halfLifeDays: number, now: Instant): number =>
  decayOf(sum, halfLifeDays)(msOf(now));

/** The same for many instants, in milliseconds since 1970: the sum is read once. */
export function decayOf(sum: DecayedSum, halfLifeDays: number): (ms: number) => number {
  if (sum === EMPTY_SUM) return () => 0;
  const { leading, exponent } = leadingPart(sum);
  return (ms) => {
    const { whole, part } = halvingsUntil(ms, halfLifeDays);
    return Number((leading * 2 ** (exponent - whole) * 2 ** -part).toPrecision(SIGNIFICANT_DIGITS));
  };
}

/**
 * The first instant (to the millisecond) at which a positive sum is below a positive threshold if nothing is added;
 * that may lie in the past. Null for sums that are not positive: they are below it always.
 */
export function crossingInstant(sum: DecayedSum, threshold: number, halfLifeDays: number): Instant | null {
  const magnitude = log2Of(sum);
  if (magnitude === null) return null;
  const at = decayOf(sum, halfLifeDays);
  const isBelow = (ms: number) => at(ms) < threshold;
  let ms = Math.round((magnitude - Math.log2(threshold)) * halfLifeDays * DAY_MS);
  if (Math.abs(ms) > LATEST_DATE_MS) return null;
  while (isBelow(ms - 1)) ms--;
  while (!isBelow(ms)) ms++;
  return instantOf(ms);
}

/** Binary logarithm of the stored number: orders positive sums the same way at every instant. Null unless positive. */
export function log2Of(sum: DecayedSum): number | null {
  const { leading, exponent } = leadingPart(sum);
  return leading > 0 ? Math.log2(leading) + exponent : null;
}

const LATEST_DATE_MS = Date.UTC(9999, 11, 31);

function halvingsUntil(ms: number, halfLifeDays: number): { whole: number; part: number } {
  const halfLifeMs = halfLifeDays * DAY_MS;
  const whole = Math.floor(ms / halfLifeMs);
  return { whole, part: (ms - whole * halfLifeMs) / halfLifeMs };
}

function combined(one: DecayedSum, other: DecayedSum, operation: (a: bigint, b: bigint) => bigint): DecayedSum {
  if (other === EMPTY_SUM) return one;
  const a = read(one);
  const b = read(other);
  const exponent = Math.min(a.exponent, b.exponent);
  return written({ mantissa: operation(scaledTo(a, exponent), scaledTo(b, exponent)), exponent });
}

/** An empty sum takes any exponent, so that it never widens the other one. */
const scaledTo = (exact: Exact, exponent: number): bigint =>
  exact.mantissa === 0n ? 0n : exact.mantissa << BigInt(exact.exponent - exponent);

function read(sum: DecayedSum): Exact {
  if (sum === EMPTY_SUM) return { mantissa: 0n, exponent: Number.POSITIVE_INFINITY };
  const negative = sum.startsWith('-');
  const [digits = '0', exponent = '0'] = sum.slice(negative ? 1 : 0).split('p');
  const size = BigInt(`0x${digits}`);
  return { mantissa: negative ? -size : size, exponent: Number(exponent) };
}

function written({ mantissa, exponent }: Exact): DecayedSum {
  if (mantissa === 0n) return EMPTY_SUM;
  const aligned = Math.floor(exponent / 4) * 4;
  const digits = (mantissa << BigInt(exponent - aligned)).toString(16);
  let kept = digits.length;
  while (digits[kept - 1] === '0') kept--;
  return `${digits.slice(0, kept)}p${aligned + 4 * (digits.length - kept)}`;
}

/**
 * The 15 leading hexadecimal digits as a number (more than a double holds, and rounded down), and the power of two that
 * they stand for.
 */
function leadingPart(sum: DecayedSum): { leading: number; exponent: number } {
  if (sum.startsWith('-')) return leadingPartOfNegative(read(sum));
  const end = sum.indexOf('p');
  if (end < 0) return { leading: 0, exponent: 0 };
  const kept = Math.min(end, LEADING_DIGITS);
  const first = Math.min(kept, HALF_OF_THEM);
  // Two halves, each of which is exact: their sum is rounded once.
  const high = Number.parseInt(sum.slice(0, first), 16) * 16 ** (kept - first);
  const low = kept === first ? 0 : Number.parseInt(sum.slice(first, kept), 16);
  return { leading: high + low, exponent: Number(sum.slice(end + 1)) + 4 * (end - kept) };
}
const LEADING_DIGITS = 15;
const HALF_OF_THEM = 8;

function leadingPartOfNegative({ mantissa, exponent }: Exact): { leading: number; exponent: number } {
  const surplus = 4 * Math.max(0, (-mantissa).toString(16).length - LEADING_DIGITS);
  return { leading: Number(mantissa >> BigInt(surplus)), exponent: exponent + surplus };
}
