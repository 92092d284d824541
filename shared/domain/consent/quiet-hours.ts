/** Hours of the night in which nobody is to be disturbed, by the clock on the consumer's wall. */
import { DAY_MS, MINUTE_MS } from '../instants.ts';
import { nextOffsetChangeMs, offsetMsAt } from '../timezones.ts';

/** Local times, `21:00`: the first is quiet, the second no more. Over midnight where it ends earlier than it begins. */
export interface QuietHours {
  from: string;
  to: string;
}

/**
 * The first instant, not before `ms`, at which it is not quiet there. Where clocks leap over the end, the leap ends it; an
 * hour that they show twice is quiet twice.
 */
export function quietUntilMs(quiet: QuietHours, timezone: string, ms: number): number {
  const [from, to] = [timeOfDayMs(quiet.from), timeOfDayMs(quiet.to)];
  for (let at = ms; ; ) {
    const clock = modulo(at + offsetMsAt(timezone, at), DAY_MS);
    if (modulo(clock - from, DAY_MS) >= modulo(to - from, DAY_MS)) return at;
    const end = at + modulo(to - clock, DAY_MS);
    at = nextOffsetChangeMs(timezone, at, end) ?? end;
  }
}

const timeOfDayMs = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return (60 * hours + minutes) * MINUTE_MS;
};

const modulo = (value: number, size: number): number => ((value % size) + size) % size;
