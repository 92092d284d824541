/** Instants and exact days. Nothing here reads a clock: "now" is always handed in. */
import type { Instant } from './facts.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)$/;
const EARLIEST_MS = 0;
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * The canonical form of an ISO 8601 instant with `Z` or an offset; digits beyond milliseconds are cut off. Null for
 * anything else: no offset, dates that do not exist (Feb 30, 24:00, leap seconds), instants outside 1970–9999.
 */
export function parseInstant(text: string): Instant | null {
  const parts = ISO_8601.exec(text);
  if (parts === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  const fractionMs = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  if (local.getUTCDate() !== day) return null;
  local.setUTCHours(hour, minute, second, fractionMs);
  const ms = local.getTime() - offsetMs(parts[8] ?? 'Z');
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? instantOf(ms) : null;
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * MINUTE_MS;
}

/** The canonical instant of milliseconds since 1970. */
export const instantOf = (ms: number): Instant => new Date(ms).toISOString();

/** Milliseconds since 1970 of a canonical instant. */
export const msOf = (instant: Instant): number => Date.parse(instant);

/** `days` may be a fraction or negative; whole milliseconds come out. */
export const plusDays = (instant: Instant, days: number): Instant =>
  instantOf(Math.round(msOf(instant) + days * DAY_MS));

/** Exact 24 h periods from one instant to another; negative where `to` is earlier. */
export const daysBetween = (from: Instant, to: Instant): number => (msOf(to) - msOf(from)) / DAY_MS;

/**
 * So many calendar months later, in UTC, at the same time of day; in a month without that day on its last one: a month after
 * Jan 31 is Feb 28 or 29. Negative for earlier.
 */
export const plusMonths = (instant: Instant, months: number): Instant => instantOf(plusMonthsMs(msOf(instant), months));

function plusMonthsMs(ms: number, months: number): number {
  const moved = new Date(ms);
  const day = moved.getUTCDate();
  moved.setUTCMonth(moved.getUTCMonth() + months, 1);
  return moved.setUTCDate(Math.min(day, lastDayOf(moved.getUTCFullYear(), moved.getUTCMonth())));
}

const lastDayOf = (year: number, month: number): number => new Date(Date.UTC(year, month + 1, 0)).getUTCDate();

/** The most calendar months that can be added to the one instant without passing the other; negative where it is earlier. */
export const wholeMonthsBetween = (from: Instant, to: Instant): number => wholeMonthsBetweenMs(msOf(from), msOf(to));

/** As `wholeMonthsBetween`, in milliseconds since 1970. */
export function wholeMonthsBetweenMs(fromMs: number, toMs: number): number {
  const [from, to] = [new Date(fromMs), new Date(toMs)];
  const years = to.getUTCFullYear() - from.getUTCFullYear();
  const months = 12 * years + to.getUTCMonth() - from.getUTCMonth();
  return plusMonthsMs(fromMs, months) <= toMs ? months : months - 1;
}

/** Whichever is earlier; null counts as absent. */
export const earlierOf = (one: Instant | null, other: Instant | null): Instant | null =>
  one === null || (other !== null && other < one) ? other : one;

/**
 * The due instant to store. While the stored instant lies ahead it is only lowered: an early check costs less than a
 * write for each change.
 */
export const dueAfter = (stored: Instant | null, next: Instant | null, now: Instant): Instant | null =>
  stored !== null && stored > now ? earlierOf(stored, next) : next;

/** Whichever is later; null counts as absent. */
export const laterOf = (one: Instant | null, other: Instant | null): Instant | null =>
  one === null || (other !== null && other > one) ? other : one;
