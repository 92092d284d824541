/**
 * When a consumer did what counts for brand advocates, kept with its metrics, so that ranking everyone reads no history:
 * any order of the same events leaves the same text.
 *
 * Of each type the newest thousand instants are kept to the millisecond, and nothing is ever dropped: of what is older,
 * how often it was done on each day, in UTC. Such a day counts from its beginning: for a part of one day in each month,
 * its activities are a month older than they should be.
 */
import type { ConsumerEvent } from '../facts.ts';
import { DAY_MS, msOf } from '../instants.ts';
import { type Entry, entriesIn, entriesText, merged, UNIT } from '../segments/tally-text.ts';
import { ACTIVITIES, type Activity } from './settings.ts';

/** By type of activity; absent where there was none: `<instants>`, or `<days>/<instants>` (see segments/tally-text.ts). */
export type Advocacy = Readonly<Record<string, string>>;

const MOST_EXACT = 1_000;
const BETWEEN = '/';

const isActivity = (type: string): type is Activity => (ACTIVITIES as readonly string[]).includes(type);

/** With one more event, which is given once. */
export function advocacyWith(advocacy: Advocacy, event: ConsumerEvent, mostExact = MOST_EXACT): Advocacy {
  const { type } = event;
  if (!isActivity(type)) return advocacy;
  const text = textOf([...keptIn(advocacy[type]), entryOf(event)], mostExact);
  return inOrder((one) => (one === type ? text : advocacy[one]));
}

/** As `advocacyWith` from none on, for many events in turn. */
export function newAdvocacy(mostExact = MOST_EXACT): { add(event: ConsumerEvent): void; advocacy(): Advocacy } {
  const entries = new Map<string, Entry[]>();
  return {
    add(event) {
      if (!isActivity(event.type)) return;
      const before = entries.get(event.type);
      if (before) before.push(entryOf(event));
      else entries.set(event.type, [entryOf(event)]);
    },
    advocacy: () =>
      inOrder((type) => {
        const all = entries.get(type);
        return all && textOf(all, mostExact);
      }),
  };
}

/** How often something was done at an instant, or on a day that begins at it. */
export interface Done {
  ms: number;
  count: number;
}

/** In the order of time. */
export const doneIn = (advocacy: Advocacy, type: Activity): Done[] =>
  keptIn(advocacy[type]).map(({ ms, amount }) => ({ ms, count: Number(amount / UNIT) }));

const entryOf = ({ occurredAt }: ConsumerEvent): Entry => ({ ms: msOf(occurredAt), amount: UNIT });

function inOrder(textFor: (type: Activity) => string | undefined): Advocacy {
  const texts = ACTIVITIES.map((type) => [type, textFor(type)] as const);
  return Object.fromEntries(texts.filter((entry): entry is [Activity, string] => entry[1] !== undefined));
}

/**
 * What is beyond the newest instants was beyond them before whatever came since, so that it makes no difference when it
 * was put together.
 */
function textOf(entries: readonly Entry[], mostExact: number): string {
  const kept = merged(entries.toSorted((one, other) => one.ms - other.ms));
  const older = kept.splice(0, Math.max(0, kept.length - mostExact));
  const days = merged(older.map(({ ms, amount }) => ({ ms: Math.floor(ms / DAY_MS), amount })));
  return (days.length > 0 ? entriesText(days) + BETWEEN : '') + entriesText(kept);
}

function keptIn(text = ''): Entry[] {
  const end = text.indexOf(BETWEEN);
  const days = entriesIn(text.slice(0, Math.max(0, end)));
  return [...days.map(({ ms, amount }) => ({ ms: ms * DAY_MS, amount })), ...entriesIn(text.slice(end + 1))];
}
