/** Rebuilds a consumer's metrics from the whole history: after an extreme was reverted or the scoring rules changed. */
import { canonicalJson } from '../../domain/canonical.ts';
import type { ConsumerEvent, Instant, MetricsState } from '../../domain/facts.ts';
import { bandAfter } from '../../domain/loyalty-band.ts';
import { emptyMetrics, newFold } from '../../domain/metrics/fold.ts';
import { retrying } from '../common/retrying.ts';
import type { Scoring } from '../organization/scoring.ts';
import { halfLivesOf, isSameLoyalty, scoringOf } from '../organization/scoring.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

/** The sums of the whole history and these events under the rules in force. */
export const foldedWith = async (
  store: Store,
  consumerId: string,
  events: readonly ConsumerEvent[],
  { rules }: Scoring,
): Promise<MetricsState> => {
  const fold = newFold(rules);
  for (const event of events) fold.add(event);
  for await (const event of store.historyOf(consumerId)) fold.add(event);
  return fold.folded().metrics;
};

/** The record with these sums and the band that follows from them. */
export const metricsWith = (
  record: RecordOf<'metrics'>,
  sums: MetricsState,
  { settings, version }: Scoring,
  now: Instant,
): RecordOf<'metrics'> => {
  const hasSameBands = isSameLoyalty(record.scoringVersion, version);
  const stored = hasSameBands ? record : { ...record, dueAt: null };
  return {
    ...record,
    ...sumsIn(sums),
    ...bandAfter(stored, hasSameBands ? record : null, sums, settings.loyalty, now),
    version: record.version + 1,
    scoringVersion: version,
    ...halfLivesOf(settings.loyalty),
  };
};

interface FoldAsked {
  now: Instant;
  /** Rebuilds even if the rules have not changed, to verify that history and sums agree. */
  always: boolean;
}

/** Rebuilds a consumer's metrics and writes them if they differ. Returns whether they did; false for an erased consumer. */
export const rebuildMetrics = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  consumerId: string,
  asked: FoldAsked,
): Promise<boolean> => (await rebuildMetricsFor(deps, consumerId, asked)) === 'folded';

/** Like `rebuildMetrics`. With `rules`, returns `overtaken` if that version of the scoring rules is no longer in force. */
export const rebuildMetricsFor = (
  deps: Pick<Deps, 'store' | 'pause'>,
  consumerId: string,
  { now, always, rules }: FoldAsked & { rules?: number | undefined },
): Promise<'folded' | 'same' | 'overtaken'> =>
  retrying(deps, async () => {
    const [record, settings] = await deps.store.get([{ kind: 'metrics', consumerId }, { kind: 'settings' }], true);
    const scoring = scoringOf(settings);
    if (rules !== undefined && rules !== scoring.version) return 'overtaken';
    if (!record || (record.scoringVersion === scoring.version && !always)) return 'same';
    const sums = await foldedWith(deps.store, consumerId, [], scoring);
    if (record.scoringVersion === scoring.version && isSame(record, sums)) return 'same';
    const put = metricsWith(record, sums, scoring, now);
    await deps.store.commit([{ put, expect: { version: record.version } }]);
    return 'folded';
  });

const SUMS = Object.keys(emptyMetrics()) as (keyof MetricsState)[];

/** The sums alone, without other fields of the value. */
const sumsIn = (metrics: MetricsState): MetricsState =>
  Object.fromEntries(SUMS.map((name) => [name, metrics[name]])) as unknown as MetricsState;

const isSame = (one: MetricsState, other: MetricsState): boolean =>
  canonicalJson(sumsIn(one)) === canonicalJson(sumsIn(other));
