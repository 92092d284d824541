/** Renewing the percentile summaries from everyone's metrics. */
import type { Instant } from '../domain/facts.ts';
import { plusDays } from '../domain/instants.ts';
import { SUMMARY } from '../domain/settings.ts';
import type { Ranked } from '../domain/summary.ts';
import {
  decodedSummary,
  emptySummary,
  encodedSummary,
  needsRebuild,
  populationOf,
  rankedOf,
  rebuiltFrom,
} from '../domain/summary.ts';
import { inParallel } from './in-parallel.ts';
import type { Deps, RecordOf, Store } from './ports.ts';
import { WriteConflict } from './ports.ts';
import { retrying } from './retrying.ts';

/** `nextDueAt` is when a rebuild will be due if nothing changes until then; null where none will. */
export interface Rebuilt {
  rebuilt: boolean;
  population: number;
  nextDueAt: Instant | null;
}
type Summary = RecordOf<'summary'>;

/** Percentile points that unsettled changes may be worth without another rebuild. */
const MOST_UNSETTLED_POINTS = 0.02;
/** Everyone is read again this often where changes were counted meanwhile. */
const MOST_READINGS = 3;

/**
 * Rebuilds the summaries where they need it, or always. Where changes never cease to be counted while everyone is being
 * read, the last reading is kept and those changes are noted as unsettled, so that the next run rebuilds again.
 */
export const rebuildSummary = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  { now, always }: { now: Instant; always: boolean },
): Promise<Rebuilt> => {
  const { store } = deps;
  let before = await summaryIn(store);
  if (!always && !isDue(before, now)) return resultOf(false, before, now);
  let everyone: Ranked[] = [];
  for (let readings = 0; readings < MOST_READINGS; readings++) {
    before = await summaryIn(store);
    everyone = await populationIn(store);
    const put = summaryOf(everyone, before, now, 0);
    if (await isTaken(store, put, before)) return resultOf(true, put, now);
  }
  const changesBefore = changesIn(before);
  return retrying(deps, async () => {
    const latest = await summaryIn(store);
    const put = summaryOf(everyone, latest, now, Math.max(1, changesIn(latest) - changesBefore));
    await store.commit([replacing(latest, put)]);
    return resultOf(true, put, now);
  });
};

const summaryIn = async (store: Store): Promise<Summary | undefined> =>
  (await store.get([{ kind: 'summary' }], true))[0];

const isDue = (summary: Summary | undefined, now: Instant): boolean => {
  if (summary === undefined) return true;
  const content = decodedSummary(summary.content);
  const unsettledPoints = (100 * summary.unsettled) / Math.max(1, populationOf(content));
  return unsettledPoints > MOST_UNSETTLED_POINTS || needsRebuild(content, summary.rebuiltAt, now);
};

/** Everyone's place, slice beside slice. */
const populationIn = async (store: Store): Promise<Ranked[]> => {
  const slices = Array.from({ length: store.slices }, (_, slice) => slice);
  const read = async (slice: number) => {
    const places: Ranked[] = [];
    for await (const metrics of store.populationSlice(slice)) {
      const place = rankedOf(metrics, metrics.eligible);
      if (place !== null) places.push(place);
    }
    return places;
  };
  return (await inParallel(slices, slices.length, read)).flat();
};

const summaryOf = (everyone: Ranked[], before: Summary | undefined, now: Instant, unsettled: number): Summary => ({
  kind: 'summary',
  version: (before?.version ?? 0) + 1,
  asOf: before && before.asOf > now ? before.asOf : now,
  rebuiltAt: now,
  unsettled,
  content: encodedSummary(rebuiltFrom(everyone, before ? decodedSummary(before.content) : emptySummary())),
});

const replacing = (before: Summary | undefined, put: Summary) =>
  ({ put, expect: before ? { version: before.version } : 'absent' }) as const;

const isTaken = async (store: Store, put: Summary, before: Summary | undefined): Promise<boolean> => {
  try {
    await store.commit([replacing(before, put)]);
    return true;
  } catch (error) {
    if (error instanceof WriteConflict) return false;
    throw error;
  }
};

const changesIn = (summary: Summary | undefined): number =>
  summary ? decodedSummary(summary.content).changesSinceRebuild : 0;

const resultOf = (rebuilt: boolean, summary: Summary | undefined, now: Instant): Rebuilt => {
  const content = summary ? decodedSummary(summary.content) : emptySummary();
  return { rebuilt, population: populationOf(content), nextDueAt: dueNext(summary, now) };
};

const dueNext = (summary: Summary | undefined, now: Instant): Instant | null => {
  if (summary === undefined || isDue(summary, now)) return now;
  const hasChanged = changesIn(summary) > 0;
  return hasChanged && summary.rebuiltAt !== null ? plusDays(summary.rebuiltAt, SUMMARY.rebuiltAfterDays) : null;
};
