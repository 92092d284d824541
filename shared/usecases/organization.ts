/** What the organization has only one of: settings, percentile summaries, the churn model. Read together, kept a while. */
import type { Instant } from '../domain/facts.ts';
import { msOf } from '../domain/instants.ts';
import type { ChurnModel } from '../domain/metrics/churn-risk.ts';
import { PRIOR_MODEL } from '../domain/metrics/churn-risk.ts';
import type { Settings } from '../domain/settings.ts';
import type { PopulationSummary } from '../domain/summary.ts';
import { decodedSummary } from '../domain/summary.ts';
import type { RecordOf, Store } from './ports.ts';
import type { Scoring } from './scoring.ts';
import { scoringOf } from './scoring.ts';

export interface Organization {
  settings: Settings;
  scoring: Scoring;
  /** Null until the population was counted for the first time. */
  summary: { content: PopulationSummary; asOf: Instant } | null;
  churnModel: ChurnModel;
}

/** How long what was read serves: a renewed summary is seen within a minute, whatever the clock is moved to. */
const KEPT_MS = 5_000;

type Population = Pick<Organization, 'summary' | 'churnModel'>;
interface Kept extends Population {
  settings: RecordOf<'settings'> | undefined;
  readAt: Instant;
}
const kept = new WeakMap<Store, Kept>();

/** The organization as of now, or of some seconds ago. With `settingsNow` the settings are read in any case, in one request. */
export const organizationOf = async (store: Store, now: Instant, settingsNow = false): Promise<Organization> => {
  const before = kept.get(store);
  if (!before?.summary || Math.abs(msOf(now) - msOf(before.readAt)) >= KEPT_MS) {
    return asOrganization(await readAll(store, now));
  }
  if (!settingsNow) return asOrganization(before);
  const [settings] = await store.get([{ kind: 'settings' }]);
  return asOrganization({ ...before, settings });
};

const readAll = async (store: Store, now: Instant): Promise<Kept> => {
  const [settings, summary, churnModel] = await store.get([
    { kind: 'settings' },
    { kind: 'summary' },
    { kind: 'churnModel' },
  ]);
  const all: Kept = {
    settings,
    summary: summary ? { content: decodedSummary(summary.content), asOf: summary.asOf } : null,
    churnModel: churnModel ?? PRIOR_MODEL,
    readAt: now,
  };
  kept.set(store, all);
  return all;
};

const asOrganization = ({ settings, summary, churnModel }: Kept): Organization => {
  const scoring = scoringOf(settings);
  return { settings: scoring.settings, scoring, summary, churnModel };
};
