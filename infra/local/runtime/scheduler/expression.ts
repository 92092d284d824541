/** EventBridge Scheduler's expressions: when a schedule falls due. */
import { Cron } from 'croner';

/** The first instant after the given one at which the schedule falls due; null where there is none. */
export type NextDue = (afterMs: number) => number | null;

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Understands `rate(…)` and `cron(…)`; throws on anything else, naming it. */
export function parseSchedule(expression: string, timezone: string): NextDue {
  const [, kind, content = ''] = /^(rate|cron)\((.*)\)$/.exec(expression.trim()) ?? [];
  if (kind === 'rate') return parseRate(expression, content);
  if (kind === 'cron') return parseCron(expression, content, timezone);
  throw new Error(`the schedule ${expression} is not understood`);
}

/** AWS counts from the schedule's creation; here periods begin at midnight UTC, so that runs are easy to foretell. */
function parseRate(expression: string, content: string): NextDue {
  const [, count, unit = '', plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(content) ?? [];
  const periodMs = Number(count) * (UNIT_MS[unit] ?? 0);
  if (!(periodMs > 0) || (Number(count) === 1) === (plural === 's')) {
    throw new Error(`the schedule ${expression} is not understood`);
  }
  return (afterMs) => (Math.floor(afterMs / periodMs) + 1) * periodMs;
}

/** Six fields: minutes, hours, day of month, month, day of week (1 is Sunday), year. One of the two days is `?`. */
function parseCron(expression: string, content: string, timezone: string): NextDue {
  const fields = content.trim().split(/\s+/);
  const [, , dayOfMonth, , dayOfWeek] = fields;
  if (fields.length !== 6 || (dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error(`the schedule ${expression} is not understood`);
  }
  const pattern = ['0', ...fields.map(croned)].join(' ');
  const cron = new Cron(pattern, { timezone, mode: '7-part', alternativeWeekdays: true, paused: true });
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? null;
}

const LAST = [59, 23, 31, 12, 7, 2199];

/** A field as croner writes it: `*` for `?`, and `0/20` as the range that it means. */
const croned = (field: string, index: number): string =>
  field === '?' ? '*' : field.replaceAll(/(?<![-\d])(\d+)\//g, `$1-${LAST[index]}/`);
