/**
 * What segment rules ask of a consumer's events, counted as the events come, so that no rule has to read the history: any
 * order of the same events leaves the same text.
 *
 * Of the events in a window each instant is kept, until no reader can see it any more: readers may be so much behind the
 * newest event as storefronts' clocks may be ahead. Without a window only those are kept apart that may still lie ahead.
 */
import { canonicalJson, sha256 } from '../canonical.ts';
import { spanMs } from '../conditions/dates.ts';
import { holdsBy } from '../conditions/met.ts';
import { sumAt, valuesAt } from '../conditions/values.ts';
import type { WhereCondition } from '../conditions/where.ts';
import type { ConsumerEvent } from '../facts.ts';
import { msOf } from '../instants.ts';
import { TALLIES, TOLERATED_AHEAD_MS } from '../settings.ts';
import { type Entry, entriesIn, entriesText, merged, UNIT } from './tally-text.ts';

/** What a condition asks of events, without what it compares that with. */
export interface Tallied {
  event: string;
  /** All hold; those that look at now are judged at the event's own instant. */
  where: WhereCondition[];
  measure: 'count' | { sum: string };
  /** Null for all time. */
  within: { days?: number | undefined; hours?: number | undefined } | null;
}

/** What one consumer's events come to, by instant (see tally-text.ts). Absent where none counts. */
export type Tally = string;

const KEY_LENGTH = 16;

/** The same for conditions that ask the same of events, whatever they compare it with. */
export const tallyKeyOf = ({ event, where, measure, within }: Tallied): string =>
  sha256(canonicalJson({ event, where, measure, within: within ?? null })).slice(0, KEY_LENGTH);

/** The tally with one more event in it, which is given once. */
export function talliedWith(
  tally: Tally | undefined,
  tallied: Tallied,
  event: ConsumerEvent,
  mostExact: number = TALLIES.mostExact,
): Tally | undefined {
  const tallying = newTally(tallied, tally, mostExact);
  return tallying.add(event) ? tallying.tally() : tally;
}

/** As `talliedWith`, for many events in turn. `add` says whether the event counts. */
export function newTally(
  tallied: Tallied,
  tally: Tally | undefined,
  mostExact: number,
): { add(event: ConsumerEvent): boolean; tally(): Tally | undefined } {
  const entries = entriesIn(tally ?? '');
  const amountOf = amountBy(tallied);
  return {
    add(event) {
      const amount = amountOf(event);
      if (amount === 0n) return false;
      insert(entries, { ms: msOf(event.occurredAt), amount });
      coarsen(entries, mostExact, windowMs(tallied));
      prune(entries, windowMs(tallied));
      return true;
    },
    tally: () => (entries.length === 0 ? undefined : entriesText(entries)),
  };
}

/**
 * The count or sum of the events in (now − n, now]; without a window of all until now. Now is no earlier than the newest
 * event less the tolerated five minutes: what nobody can see from then on is gone.
 */
export function tallyValueAt(
  tally: Tally | undefined,
  { within }: Pick<Tallied, 'within' | 'measure'>,
  nowMs: number,
): number {
  if (tally === undefined) return 0;
  const fromMs = nowMs - windowMs({ within });
  let sum = 0n;
  for (const { ms, amount } of entriesIn(tally)) if (ms > fromMs && ms <= nowMs) sum += amount;
  return inUnits(sum);
}

/** The next instant after now at which time alone changes the value: an event comes in, or leaves. Null where none will. */
export function nextTallyChangeMs(
  tally: Tally | undefined,
  { within }: Pick<Tallied, 'within'>,
  nowMs: number,
): number | null {
  let next = Number.POSITIVE_INFINITY;
  const window = windowMs({ within });
  for (const { ms, amount } of entriesIn(tally ?? '')) {
    if (amount === 0n) continue;
    if (ms > nowMs) next = Math.min(next, ms);
    else if (ms + window > nowMs) next = Math.min(next, ms + window);
  }
  return Number.isFinite(next) ? next : null;
}

/** In whole milliseconds. */
const windowMs = ({ within }: Pick<Tallied, 'within'>): number =>
  within === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.round(spanMs(within)));

/** Far more than any amount that means something: nothing grows beyond what can be stored. */
const MOST_UNITS = 1e15;

/** The conditions made ready once: what an event adds, in millionths. */
function amountBy({ event: type, where, measure }: Tallied): (event: ConsumerEvent) => bigint {
  const conditions = where.map((condition) => ({ attribute: condition.attribute, holds: holdsBy(condition) }));
  return (event) => {
    const { attributes, occurredAt } = event;
    if (event.type !== type) return 0n;
    const atMs = msOf(occurredAt);
    if (!conditions.every(({ attribute, holds }) => holds(valuesAt(attributes, attribute), atMs))) return 0n;
    return measure === 'count' ? UNIT : inMillionths(sumAt(attributes, measure.sum));
  };
}

function inMillionths(units: number): bigint {
  const bounded = Math.max(-MOST_UNITS, Math.min(MOST_UNITS, units));
  const whole = Math.trunc(bounded);
  return BigInt(whole) * UNIT + BigInt(Math.round((bounded - whole) * Number(UNIT)));
}

/** The nearest number that there is. */
const inUnits = (millionths: bigint): number => Number(`${millionths}e-6`);

/** Puts the entry into its place, from the end, where most belong. */
function insert(entries: Entry[], entry: Entry): void {
  let place = entries.length;
  while (place > 0 && (entries[place - 1]?.ms ?? 0) > entry.ms) place--;
  const same = entries[place - 1];
  if (same?.ms !== entry.ms) entries.splice(place, 0, entry);
  else entries[place - 1] = { ms: entry.ms, amount: same.amount + entry.amount };
}

/** What is older than the newest `most` instants begins with its step: a sum of many may lose some of them early. */
function coarsen(entries: Entry[], most: number, window: number): void {
  if (entries.length <= most) return;
  const span = (Number.isFinite(window) ? window : 0) + TOLERATED_AHEAD_MS;
  const step = Math.ceil(span / TALLIES.coarseSteps);
  const older = entries.splice(0, entries.length - most);
  entries.unshift(...merged(older.map(({ ms, amount }) => ({ ms: Math.floor(ms / step) * step, amount }))));
}

/** Drops what has left the window for good; without a window it is put together at the beginning of time. */
function prune(entries: Entry[], window: number): void {
  const newestMs = entries.at(-1)?.ms ?? 0;
  const isForEver = !Number.isFinite(window);
  const goneMs = newestMs - TOLERATED_AHEAD_MS - (isForEver ? 0 : window);
  const kept = entries.findIndex(({ ms }) => ms > goneMs);
  const gone = entries.splice(0, kept);
  if (isForEver) entries.unshift(...merged(gone.map(({ amount }) => ({ ms: 0, amount }))));
}
