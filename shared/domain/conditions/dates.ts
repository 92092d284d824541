/** Dates as conditions see them: milliseconds since 1970, so that a birthday long before it is a date like any other. */
import { DAY_MS, MINUTE_MS, parseInstant } from '../instants.ts';

/** A length of time: exact periods of 24 hours, or of one. */
export interface Span {
  days?: number | undefined;
  hours?: number | undefined;
}

const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const BEFORE_2000 = /^[01]\d{3}-/;
/** The calendar repeats itself every 400 years, to the day. */
const FIVE_CYCLES_YEARS = 2_000;
const FIVE_CYCLES_MS = 5 * 146_097 * DAY_MS;

/** The instant in a text: ISO 8601 with an offset, or a date alone, which is its midnight in UTC. Null for other texts. */
export function dateMsOf(text: string): number | null {
  const instant = DATE_ONLY.test(text) ? `${text}T00:00Z` : text;
  if (!BEFORE_2000.test(instant)) return msOrNull(instant);
  // Instants begin in 1970: the same day some cycles later is read instead.
  const later = msOrNull(`${Number(instant.slice(0, 4)) + FIVE_CYCLES_YEARS}${instant.slice(4)}`);
  return later === null ? null : later - FIVE_CYCLES_MS;
}

function msOrNull(text: string): number | null {
  const instant = parseInstant(text);
  return instant === null ? null : Date.parse(instant);
}

/** In whole milliseconds, as instants are; at least one. */
export const spanMs = ({ days = 0, hours = 0 }: Span): number =>
  Math.max(1, Math.round(days * DAY_MS + hours * 60 * MINUTE_MS));

type InWindow = (dateMs: number, spanMs: number, nowMs: number) => boolean;

export const isWithinLast: InWindow = (dateMs, spanMs, nowMs) => dateMs > nowMs - spanMs && dateMs <= nowMs;

export const isMoreThanAgo: InWindow = (dateMs, spanMs, nowMs) => dateMs <= nowMs - spanMs;

export const isWithinNext: InWindow = (dateMs, spanMs, nowMs) => dateMs >= nowMs && dateMs < nowMs + spanMs;

/** Whether any instant of an anniversary, a whole day in UTC, is in the window. The year of the date plays no part. */
export const hasAnniversaryWithinNext: InWindow = (dateMs, spanMs, nowMs) =>
  nextAnniversaryMs(dateMs, nowMs) < nowMs + spanMs;

/** When the first anniversary begins that is not over yet: in the past where it is today. */
export function nextAnniversaryMs(dateMs: number, nowMs: number): number {
  const year = new Date(nowMs).getUTCFullYear();
  const thisYears = anniversaryMs(dateMs, year);
  return thisYears + DAY_MS > nowMs ? thisYears : anniversaryMs(dateMs, year + 1);
}

function anniversaryMs(dateMs: number, year: number): number {
  const date = new Date(dateMs);
  const sameDay = Date.UTC(year, date.getUTCMonth(), date.getUTCDate());
  // Only Feb 29 leaves its month, for Mar 1.
  return new Date(sameDay).getUTCMonth() === date.getUTCMonth() ? sameDay : sameDay - DAY_MS;
}
