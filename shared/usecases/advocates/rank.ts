/**
 * Ranks the brand advocates from the metrics of the population. Inactive and archived consumers are not ranked, as in every
 * other figure about the population.
 */
import type { Advocacy } from '../../domain/advocates/activities.ts';
import { type InfluenceRules, influenceOf, influenceRulesOf } from '../../domain/advocates/influence.ts';
import { type Candidate, newRanking } from '../../domain/advocates/ranking.ts';
import type { Instant } from '../../domain/facts.ts';
import { inParallel } from '../common/in-parallel.ts';
import { retrying } from '../common/retrying.ts';
import { rebuildMetrics } from '../insights/rebuild-metrics.ts';
import { type Scoring, scoringOf } from '../organization/scoring.ts';
import type { Deps } from '../ports/deps.ts';
import type { RankedAdvocate, RecordOf } from '../ports/records.ts';
import { updateAdvocates } from './update.ts';

/** `nextDueAt` is null if no consumer has activities that can count: time alone creates no advocates. */
export interface AdvocatesRanked {
  consumers: number;
  advocates: number;
  nextDueAt?: null;
}

/** Ranks the population as of now, by the current settings. A later ranking is not overwritten. */
export const rankAdvocates = async (deps: Pick<Deps, 'store' | 'pause'>, now: Instant): Promise<AdvocatesRanked> => {
  const [settings] = await deps.store.get([{ kind: 'settings' }], true);
  const scoring = scoringOf(settings);
  const ranking = newRanking(scoring.settings.influence.top);
  const ranked = { deps, scoring, rules: influenceRulesOf(scoring.settings), now, add: ranking.add };
  const slices = Array.from({ length: deps.store.slices }, (_, slice) => slice);
  const totals = await inParallel(slices, slices.length, (slice) => rankSlice(slice, ranked));
  const items = await saveAdvocates(deps, ranking.best(), now);
  // Apply renames and removals that happened while the list was computed.
  await updateAdvocates(
    deps,
    items.map(({ consumerId }) => consumerId),
  );
  return {
    consumers: totals.reduce((sum, { consumers }) => sum + consumers, 0),
    advocates: items.length,
    ...(totals.every(({ active }) => active === 0) && { nextDueAt: null }),
  };
};

interface Ranked {
  deps: Pick<Deps, 'store' | 'pause'>;
  scoring: Scoring;
  rules: InfluenceRules;
  now: Instant;
  add(candidate: Candidate): void;
}

/** The number of consumers in the slice, and how many of them have activities that can count. */
const rankSlice = async (slice: number, { deps, scoring, rules, now, add }: Ranked) => {
  const totals = { consumers: 0, active: 0 };
  for await (const metrics of deps.store.populationSlice(slice)) {
    totals.consumers += 1;
    if (!metrics.eligible) continue;
    const advocacy = await advocacyIn(deps, metrics, scoring, now);
    if (Object.keys(advocacy).length > 0) totals.active += 1;
    const influence = influenceOf(advocacy, rules, now);
    if (influence !== null) add({ consumerId: metrics.consumerId, influence });
  }
  return totals;
};

/** Metrics of another scoring version may predate the recording of activities. They are rebuilt. */
const advocacyIn = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  metrics: RecordOf<'metrics'>,
  scoring: Scoring,
  now: Instant,
): Promise<Advocacy> => {
  if (metrics.scoringVersion === scoring.version) return metrics.advocacy;
  const { consumerId } = metrics;
  await rebuildMetrics(deps, consumerId, { now, always: false });
  const [folded] = await deps.store.get([{ kind: 'metrics', consumerId }], true);
  return folded?.advocacy ?? {};
};

/** Replaces the previous list and returns the stored one. */
const saveAdvocates = (
  deps: Pick<Deps, 'store' | 'pause'>,
  best: readonly Candidate[],
  now: Instant,
): Promise<RankedAdvocate[]> =>
  retrying(deps, async () => {
    const [before] = await deps.store.get([{ kind: 'advocates' }], true);
    if (before && before.computedAt > now) return before.items;
    const keys = best.map(({ consumerId }) => ({ kind: 'profile', consumerId }) as const);
    const profiles = await deps.store.get(keys, true);
    const items = best.flatMap(({ consumerId, influence: { score, activities } }, place) => {
      const profile = profiles[place];
      return profile ? [{ consumerId, fullName: profile.fullName, score, activities }] : [];
    });
    const put = { kind: 'advocates', version: (before?.version ?? 0) + 1, computedAt: now, items } as const;
    await deps.store.commit([{ put, expect: before ? { version: before.version } : 'absent' }]);
    return items;
  });
