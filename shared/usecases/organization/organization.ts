/** The organization's settings, percentile summaries, churn model and group names, read together. */
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
  /** Null if the ladder of tiers was never set. */
  tiersUpdatedAt: Instant | null;
  /** Null until the population was counted for the first time. */
  summary: { content: PopulationSummary; asOf: Instant } | null;
  churnModel: ChurnModel;
  /** Segments and lists. */
  catalogue: Catalogue;
}

/** How long summaries and model are cached. They are large and change slowly. */
const KEPT_MS = 5_000;

type Population = Pick<Organization, 'summary' | 'churnModel'>;
const kept = new WeakMap<Store, Population & { readAt: Instant }>();

/**
 * Reads the organization in one request, and a second one after an edit of a segment or list. Settings are current;
 * summaries and model may be some seconds old.
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
    settings: scoring.settings,
    scoring,
    tiersUpdatedAt: tiersUpdatedAtIn(record),
    summary,
    churnModel,
    catalogue,
  };
};
