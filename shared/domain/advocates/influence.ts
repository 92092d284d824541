/** The influencer score: what a consumer did to bring others, each activity worth less with each month since. */
import type { Instant } from '../facts.ts';
import { msOf, wholeMonthsBetweenMs } from '../instants.ts';
import { MODULE_OF_EVENT } from '../points/settings.ts';
import type { Settings } from '../settings.ts';
import { type Advocacy, type Done, doneIn } from './activities.ts';
import { ACTIVITIES, type Activity } from './settings.ts';

export interface Influence {
  score: number;
  /** How the score adds up; types of which nothing counts are left out. */
  activities: ActivityShare[];
  /** The most recent activity that counts. */
  latestMs: number;
}
export interface ActivityShare {
  type: Activity;
  count: number;
  points: number;
}

export interface InfluenceRules {
  /** What counts, and for how much: neither without weight, nor of a module that is off. */
  weights: readonly (readonly [Activity, number])[];
  keptPerMonth: number;
}

export const influenceRulesOf = ({
  influence: { weights, keptPerMonth },
  modules,
}: Pick<Settings, 'influence' | 'modules'>): InfluenceRules => ({
  keptPerMonth,
  weights: ACTIVITIES.map((type) => [type, weights[type]] as const).filter(
    ([type, weight]) => weight > 0 && isOn(type, modules),
  ),
});

const isOn = (type: Activity, modules: Settings['modules']): boolean => {
  const module = MODULE_OF_EVENT[type];
  return module === undefined || modules[module];
};

/** As of now, whatever is still to come left out. Null where nothing counts. */
export function influenceOf(
  advocacy: Advocacy,
  { weights, keptPerMonth }: InfluenceRules,
  now: Instant,
): Influence | null {
  const nowMs = msOf(now);
  const activities: ActivityShare[] = [];
  const fresh: number[] = [];
  let latestMs = Number.NEGATIVE_INFINITY;
  for (const [type, weight] of weights) {
    const done = doneIn(advocacy, type).filter(({ ms }) => ms <= nowMs);
    const byMonth = countsByMonth(done, nowMs);
    byMonth.forEach((count, months) => {
      fresh[months] = (fresh[months] ?? 0) + weight * count;
    });
    const count = done.reduce((sum, { count }) => sum + count, 0);
    if (count > 0) activities.push({ type, count, points: weight * keptOf(byMonth, keptPerMonth) });
    latestMs = Math.max(latestMs, done.at(-1)?.ms ?? latestMs);
  }
  const score = keptOf(fresh, keptPerMonth);
  return score > 0 ? { score, activities, latestMs } : null;
}

/** How often, by the whole months since; months without any are holes. */
function countsByMonth(done: readonly Done[], nowMs: number): number[] {
  const counts: number[] = [];
  for (const { ms, count } of done) {
    const months = wholeMonthsBetweenMs(ms, nowMs);
    counts[months] = (counts[months] ?? 0) + count;
  }
  return counts;
}

/** What is left of amounts by their whole months: added up month by month, so that equal ones are equal to the last bit. */
const keptOf = (byMonth: readonly number[], keptPerMonth: number): number =>
  byMonth.reduce((sum, amount, months) => sum + amount * keptPerMonth ** months, 0);
