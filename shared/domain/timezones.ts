/** Local time in IANA timezones, from the runtime's own rules. */
import { DAY_MS, MINUTE_MS } from './instants.ts';

/** Of timezones that exist, and only of those: whoever sends nonsense fills nobody's memory. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat | null {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  if (formats.size >= MOST_FORMATS) formats.clear();
  const made = newFormat(timezone);
  if (made !== null) formats.set(timezone, made);
  return made;
}

/** More than there are timezones: only names in unusual capitals can fill it. */
const MOST_FORMATS = 1_000;
/** Twice as long as the longest name. */
export const TIMEZONE_LENGTH = 64;

function newFormat(timezone: string): Intl.DateTimeFormat | null {
  if (timezone.length > TIMEZONE_LENGTH) return null;
  if (!/^[A-Za-z]/.test(timezone)) return null; // '+02:00' is an offset: it knows no daylight saving
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
  } catch {
    return null;
  }
}

/** Whether this names an IANA timezone. */
export const isTimezone = (text: string): boolean => formatOf(text) !== null;

/** Offsets at 00:00 UTC by timezone and day: asking the runtime takes 10 µs, and a day without a change needs no asking. */
const midnightOffsets = new Map<string, Map<number, number>>();
let midnights = 0;
const MOST_MIDNIGHTS = 20_000;

/** How far local time is ahead of UTC at an instant, in milliseconds; UTC's 0 for a timezone that does not exist. */
export function offsetMsAt(timezone: string, ms: number): number {
  if (!isTimezone(timezone)) return 0;
  const day = Math.floor(ms / DAY_MS);
  const offset = midnightOffsetMs(timezone, day);
  return offset === midnightOffsetMs(timezone, day + 1) ? offset : runtimeOffsetMs(timezone, ms);
}

function midnightOffsetMs(timezone: string, day: number): number {
  const known = midnightOffsets.get(timezone)?.get(day);
  if (known !== undefined) return known;
  if (midnights >= MOST_MIDNIGHTS) {
    midnightOffsets.clear();
    midnights = 0;
  }
  const offset = runtimeOffsetMs(timezone, day * DAY_MS);
  const ofTimezone = midnightOffsets.get(timezone) ?? new Map<number, number>();
  midnightOffsets.set(timezone, ofTimezone.set(day, offset));
  midnights += 1;
  return offset;
}

function runtimeOffsetMs(timezone: string, ms: number): number {
  const text = formatOf(timezone)?.format(ms) ?? '';
  const parts = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (parts === null) return 0;
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(2).map((part) => Number(part ?? 0));
  const size = (hours * 60 + minutes) * MINUTE_MS + seconds * 1000;
  return parts[1] === '-' ? -size : size;
}

/** Clocks are never moved twice within an hour. */
const STEP_MS = 60 * MINUTE_MS;

/** The first instant after `fromMs`, and before `untilMs`, at which clocks are moved; null where they are not. */
export function nextOffsetChangeMs(timezone: string, fromMs: number, untilMs: number): number | null {
  const offset = offsetMsAt(timezone, fromMs);
  const isMoved = (ms: number): boolean => offsetMsAt(timezone, ms) !== offset;
  for (let before = fromMs; before < untilMs - 1; before += STEP_MS) {
    let [still, moved] = [before, Math.min(before + STEP_MS, untilMs - 1)];
    if (!isMoved(moved)) continue;
    while (moved - still > 1) {
      const middle = Math.floor((still + moved) / 2);
      if (isMoved(middle)) moved = middle;
      else still = middle;
    }
    return moved;
  }
  return null;
}

/** The hour that a clock on the wall shows, 0–23. */
export function localHourAt(timezone: string, ms: number): number {
  const hours = Math.floor((ms + offsetMsAt(timezone, ms)) / (60 * MINUTE_MS));
  return ((hours % 24) + 24) % 24;
}

/**
 * The next instant after `ms` at which a clock on the wall shows exactly this hour. A day on which clocks leap over
 * the hour has none; a day on which they show it twice has two.
 */
export function nextLocalHour(timezone: string, hour: number, ms: number): number {
  const today = Math.floor((ms + offsetMsAt(timezone, ms)) / DAY_MS);
  for (let day = today; ; day++) {
    const wall = day * DAY_MS + hour * 60 * MINUTE_MS;
    const offsets = [offsetMsAt(timezone, wall - DAY_MS), offsetMsAt(timezone, wall + DAY_MS)];
    const instants = offsets
      .map((offset) => wall - offset)
      .filter((at) => at + offsetMsAt(timezone, at) === wall && at > ms);
    if (instants.length > 0) return Math.min(...instants);
  }
}
