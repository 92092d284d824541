/** Renewing the percentile summaries from everyone's metrics. */
import type { Instant } from '../../domain/facts.ts';
import { earlierOf, laterOf, plusDays } from '../../domain/instants.ts';
import { SUMMARY } from '../../domain/settings.ts';
import type { PopulationSummary, Ranked } from '../../domain/summary.ts';
import {
  decodedSummary,
  emptySummary,
  encodedSummary,
  errorBoundOf,
  needsRebuild,
  populationOf,
  rankedOf,
  rebuiltFrom,
} from '../../domain/summary.ts';
import { inParallel } from '../common/in-parallel.ts';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { WriteConflict } from '../ports/store.ts';

/** `nextDueAt` is when a rebuild will be due if nothing changes until then; null where none will. */
export interface Rebuilt {
  rebuilt: boolean;
  population: number;
  nextDueAt: Instant | null;
}
type Summary = RecordOf<'summary'>;

/** Percentile points that unsettled changes may be worth without another rebuild. */
const MOST_UNSETTLED_POINTS = 0.02;
/** Under steady traffic each rebuild leaves changes unsettled: they ask for the next one no sooner than this. */
const SETTLED_AGAIN_AFTER_DAYS = 15 / (24 * 60);
/** After this long without a counted change, no change is pending, and a rebuild leaves nothing unsettled. */
const QUIET_AFTER_DAYS = 1 / (24 * 60);
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

/**
 * The earliest instant at which a rebuild is due if nothing changes until then; null where none will be. It is due at
 * once where the counters may be off by nearly what is allowed: where some 0.1 % of the population (four of 4,000) came
 * to lie between two of their boundaries; once a day where anything changed; and where changes are unsettled.
 */
const dueAt = (summary: Summary | undefined, now: Instant): Instant | null => {
  if (summary === undefined) return now;
  const content = decodedSummary(summary.content);
  if (needsRebuild(content, summary.rebuiltAt, now)) return now;
  if (summary.rebuiltAt === null) return null;
  const nextDay = content.changesSinceRebuild > 0 ? plusDays(summary.rebuiltAt, SUMMARY.rebuiltAfterDays) : null;
  return earlierOf(nextDay, settlingDueAt(summary, summary.rebuiltAt, content));
};

/**
 * Unsettled changes wait until no more of them can come, and a while after the last rebuild; only where they may break
 * what is promised, as after an import, they call for one as soon as it is quiet.
 */
const settlingDueAt = (
  { unsettled, settlesAt, asOf }: Summary,
  rebuiltAt: Instant,
  content: PopulationSummary,
): Instant | null => {
  const points = (100 * unsettled) / Math.max(1, populationOf(content));
  if (points <= MOST_UNSETTLED_POINTS) return null;
  const inTime = laterOf(plusDays(rebuiltAt, SETTLED_AGAIN_AFTER_DAYS), settlesAt);
  const mayBreakPromise = points + errorBoundOf(content) > SUMMARY.promisedErrorPoints;
  return mayBreakPromise ? earlierOf(plusDays(asOf, QUIET_AFTER_DAYS), inTime) : inTime;
};

const isDue = (summary: Summary | undefined, now: Instant): boolean => {
  const due = dueAt(summary, now);
  return due !== null && due <= now;
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
  settlesAt: null,
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
  return { rebuilt, population: populationOf(content), nextDueAt: dueAt(summary, now) };
};
