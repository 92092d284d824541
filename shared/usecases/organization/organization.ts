/** What the organization has only one of: settings, percentile summaries, the churn model; and names of groups. Read together. */
import type { Instant } from '../../domain/facts.ts';
import { msOf } from '../../domain/instants.ts';
import type { ChurnModel } from '../../domain/metrics/churn-risk.ts';
import { PRIOR_MODEL } from '../../domain/metrics/churn-risk.ts';
import type { Settings } from '../../domain/settings.ts';
import type { PopulationSummary } from '../../domain/summary.ts';
import { decodedSummary } from '../../domain/summary.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { type Catalogue, catalogueOf } from './catalogue.ts';
import type { Scoring } from './scoring.ts';
import { scoringOf } from './scoring.ts';
import { tiersUpdatedAtIn } from './settings.ts';

export interface Organization {
  settings: Settings;
  scoring: Scoring;
  /** Null where the ladder of tiers was never set. */
  tiersUpdatedAt: Instant | null;
  /** Null until the population was counted for the first time. */
  summary: { content: PopulationSummary; asOf: Instant } | null;
  churnModel: ChurnModel;
  /** Segments and lists. */
  catalogue: Catalogue;
}

/** How long summaries and model serve once they were read. They are large, and change little. */
const KEPT_MS = 5_000;

type Population = Pick<Organization, 'summary' | 'churnModel'>;
const kept = new WeakMap<Store, Population & { readAt: Instant }>();

/**
 * The organization in one request, and another one where a segment or a list was edited: settings as of now, summaries and
 * model perhaps of some seconds ago.
 */
export const organizationOf = async (store: Store, now: Instant): Promise<Organization> => {
  const before = kept.get(store);
  if (before?.summary && Math.abs(msOf(now) - msOf(before.readAt)) < KEPT_MS) {
    const [settings] = await store.get([{ kind: 'settings' }]);
    return asOrganization(store, settings, before);
  }
  const [settings, summary, churnModel] = await store.get([
    { kind: 'settings' },
    { kind: 'summary' },
    { kind: 'churnModel' },
  ]);
  const population = {
    summary: summary ? { content: decodedSummary(summary.content), asOf: summary.asOf } : null,
    churnModel: churnModel ?? PRIOR_MODEL,
  };
  kept.set(store, { ...population, readAt: now });
  return asOrganization(store, settings, population);
};

const asOrganization = async (
  store: Store,
  record: RecordOf<'settings'> | undefined,
  { summary, churnModel }: Population,
): Promise<Organization> => {
  const scoring = scoringOf(record);
  const catalogue = await catalogueOf(store, record);
  return {
    ...{ settings: scoring.settings, scoring, tiersUpdatedAt: tiersUpdatedAtIn(record) },
    ...{ summary, churnModel, catalogue },
  };
};
