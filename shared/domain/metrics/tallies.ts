/** What segment rules ask of events, as one more part of the metrics: other events cost nothing. */
import type { ConsumerEvent } from '../facts.ts';
import { newTally, type Tallied, type Tally, talliedWith } from '../segments/tally.ts';
import { TALLIES } from '../settings.ts';

/** Types that are written beside the fold, and so count in no tally. */
export const UNTALLIED_TYPES: ReadonlySet<string> = new Set(['tier_changed', 'segment_entered', 'segment_left']);

/** What rules ask of all events together, by its key. */
export type TalliedByKey = Readonly<Record<string, Tallied>>;
export type Tallies = Readonly<Record<string, Tally>>;

/** The tallies after one more event, in the order of their keys. */
export function talliesWith(tallies: Tallies, event: ConsumerEvent, tallied: TalliedByKey): Tallies {
  const { byType, mostExact } = asked(tallied);
  const about = byType.get(event.type);
  if (about === undefined) return tallies;
  const after = { ...tallies };
  for (const [key, one] of about) {
    const tally = talliedWith(tallies[key], one, event, mostExact);
    if (tally !== undefined) after[key] = tally;
  }
  return Object.keys(after).length === Object.keys(tallies).length ? after : inOrder(Object.entries(after));
}

/** As `talliesWith` from none on, for many events in turn. */
export function newTallies(tallied: TalliedByKey): { add(event: ConsumerEvent): void; tallies(): Tallies } {
  const { byType, mostExact } = asked(tallied);
  const begun = new Map<string, ReturnType<typeof newTally>>();
  return {
    add(event) {
      for (const [key, one] of byType.get(event.type) ?? []) {
        const tally = begun.get(key) ?? newTally(one, undefined, mostExact);
        begun.set(key, tally);
        tally.add(event);
      }
    },
    tallies: () =>
      inOrder(
        [...begun].flatMap(([key, one]) => {
          const tally = one.tally();
          return tally === undefined ? [] : [[key, tally] as const];
        }),
      ),
  };
}

/** Keys are of one length, and no numbers. */
const inOrder = (entries: (readonly [string, Tally])[]): Tallies =>
  Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));

interface Asked {
  byType: ReadonlyMap<string, readonly (readonly [string, Tallied])[]>;
  mostExact: number;
}
const known = new WeakMap<TalliedByKey, Asked>();

function asked(tallied: TalliedByKey): Asked {
  const before = known.get(tallied);
  if (before) return before;
  const all = Object.entries(tallied);
  const counted = all.filter(([, { event }]) => !UNTALLIED_TYPES.has(event));
  const share = Math.floor(TALLIES.mostTogether / all.length);
  const made = {
    byType: Map.groupBy(counted, ([, { event }]) => event),
    mostExact: Math.max(TALLIES.leastExact, Math.min(TALLIES.mostExact, share)),
  };
  known.set(tallied, made);
  return made;
}
