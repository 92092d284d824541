/** When messages find a consumer listening. */
import type { Instant } from '../facts.ts';
import { instantOf, MINUTE_MS, msOf } from '../instants.ts';
import { SEND_WINDOWS } from '../settings.ts';
import { localHourAt, nextLocalHour } from '../timezones.ts';

export interface BestSendTime {
  window: (typeof SEND_WINDOWS)[number]['window'];
  localHour: number;
  /** Engagements in that window, of the newest 100. */
  engagements: number;
  /** The next instant after now at which it is that hour there. */
  nextAt: Instant;
}

/** The best window, and when it comes next. Null without any engagement in a window. */
export function bestSendTime(engagedMinutes: number[], timezone: string | null, now: Instant): BestSendTime | null {
  const best = bestWindow(engagedMinutes, timezone);
  return best && { ...best, nextAt: instantOf(nextSendMs(best, timezone, msOf(now))) };
}

export type BestWindow = Omit<BestSendTime, 'nextAt'>;

export const nextSendMs = ({ localHour }: BestWindow, timezone: string | null, nowMs: number): number =>
  nextLocalHour(timezone ?? 'UTC', localHour, nowMs);

/**
 * The window with the most of these engagements (minutes since 1970), by the local hour in the timezone known now;
 * UTC where none is. Null without any in a window.
 */
export function bestWindow(engagedMinutes: readonly number[], timezone: string | null): BestWindow | null {
  const zone = timezone ?? 'UTC';
  const hours = engagedMinutes.map((minute) => localHourAt(zone, minute * MINUTE_MS));
  const counted = SEND_WINDOWS.map((window) => ({
    ...window,
    engagements: hours.filter((hour) => hour >= window.fromHour && hour < window.toHour).length,
  }));
  const most = Math.max(...counted.map(({ engagements }) => engagements));
  const best = counted.find(({ engagements }) => engagements === most);
  if (best === undefined || most === 0) return null;
  const { window, localHour, engagements } = best;
  return { window, localHour, engagements };
}
