/** What a consumer does, and where: orders, engagement, visits. */
import type { Place } from '../../facts.ts';
import { DAY_MS, msOf } from '../../instants.ts';
import { nextSendMs } from '../../metrics/best-send-time.ts';
import { lifetimeValueMinorOf } from '../../metrics/read.ts';
import { RECENCY, SEND_WINDOWS } from '../../settings.ts';
import { NEVER } from '../moments.ts';
import type { Reading } from '../reading.ts';
import { type Attributes, date, type Movement, number, oneOf, text } from './attribute.ts';

/** One day a day. An order that is ahead of now counts as placed now. */
const WITH_TIME: Movement = {
  at: (of, ms) => daysSinceOrder(of, ms),
  reachesMs: (of, days) => (of.lastOrderMs ?? Number.NaN) + days * DAY_MS,
};
const TO_NEXT_STATUS: Movement = {
  jumpsMs(of) {
    const days = daysSinceOrder(of, of.nowMs);
    const next = RECENCY.find(({ fromDays }) => days !== null && fromDays > days);
    return next === undefined ? NEVER : (of.lastOrderMs ?? NEVER) + next.fromDays * DAY_MS;
  },
};
/** The next one is always ahead. */
const TO_NEXT_HOUR: Movement = { jumpsMs: (of) => nextSend(of) ?? NEVER };

export const BEHAVIOUR: Attributes = {
  'customerValue.orders': number(({ metrics }) => metrics.orders),
  'customerValue.lifetimeValueMinor': number(({ metrics }) => lifetimeValueMinorOf(metrics), 'minor'),
  'customerValue.averageOrderValueMinor': number(({ metrics }) => share(metrics.paidMinor, metrics.orders), 'minor'),
  'customerValue.percentile': number((of) => of.percentile('monetary'), 'percent'),
  'purchaseRecency.lastOrderAt': date(({ lastOrderMs }) => lastOrderMs),
  'purchaseRecency.daysSinceLastOrder': number((of) => daysSinceOrder(of, of.nowMs), 'days', WITH_TIME),
  'purchaseRecency.orderCadenceDays': number(cadenceDays, 'days'),
  'purchaseRecency.status': oneOf([...RECENCY.map(({ status }) => status), 'none'], recency, TO_NEXT_STATUS),
  'engagementHealth.messagesSent': number(({ metrics }) => metrics.messagesSent),
  'engagementHealth.messagesEngaged': number(({ metrics }) => metrics.messagesEngaged),
  'engagementHealth.responseRatePercent': number(
    ({ metrics }) => share(100 * metrics.messagesEngaged, metrics.messagesSent),
    'percent',
  ),
  'engagementHealth.lastEngagedAt': date(({ metrics }) => ms(metrics.lastEngagedAt)),
  'locationContext.city': text((of) => placeOf(of)?.city ?? null),
  'locationContext.region': text((of) => placeOf(of)?.region ?? null),
  'locationContext.country': text((of) => placeOf(of)?.country ?? null),
  'locationContext.timezone': text(({ timezone }) => timezone),
  'locationContext.bestSendTime.window': oneOf(
    SEND_WINDOWS.map(({ window }) => window),
    ({ bestWindow }) => bestWindow?.window ?? null,
  ),
  'locationContext.bestSendTime.localHour': number(({ bestWindow }) => bestWindow?.localHour ?? null, 'hour'),
  'locationContext.bestSendTime.engagements': number(({ bestWindow }) => bestWindow?.engagements ?? null),
  'locationContext.bestSendTime.nextAt': date(nextSend, TO_NEXT_HOUR),
  'accountHealth.returnRatePercent': number(
    ({ metrics }) => share(100 * metrics.ordersReturned, metrics.orders),
    'percent',
  ),
};

const ms = (instant: string | null): number | null => (instant === null ? null : msOf(instant));
const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const placeOf = ({ metrics }: Reading): Place | undefined => metrics.place?.value;

function daysSinceOrder({ lastOrderMs }: Reading, atMs: number): number | null {
  return lastOrderMs === null ? null : Math.max(0, (atMs - lastOrderMs) / DAY_MS);
}

function cadenceDays({ metrics }: Reading): number | null {
  const { firstOrderAt, lastOrderAt, orders } = metrics;
  if (firstOrderAt === null || lastOrderAt === null || orders < 2) return null;
  return (msOf(lastOrderAt) - msOf(firstOrderAt)) / DAY_MS / (orders - 1);
}

function recency(of: Reading): string {
  const days = daysSinceOrder(of, of.nowMs);
  return RECENCY.findLast(({ fromDays }) => days !== null && days >= fromDays)?.status ?? 'none';
}

function nextSend({ bestWindow, timezone, nowMs }: Reading): number | null {
  return bestWindow === null ? null : nextSendMs(bestWindow, timezone, nowMs);
}
