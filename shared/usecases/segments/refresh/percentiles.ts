/** The percentiles that rules go by: those of the last renewal, so that nobody crosses a rule because others moved. */
import type { Instant } from '../../../domain/facts.ts';
import { conditionsIn } from '../../../domain/segments/references.ts';
import { parsedRule } from '../../../domain/segments/rule.ts';
import { retrying } from '../../common/retrying.ts';
import { catalogueOf } from '../../organization/catalogue.ts';
import type { Deps } from '../../ports/deps.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { Store } from '../../ports/store.ts';
import { refreshEveryone } from './everyone.ts';

/**
 * Takes the summaries over after a rebuild, and refreshes those who cross a rule's value by them. What a run that died
 * left undone, the next one does. Gives back how many memberships flipped.
 */
export const renewPercentiles = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  { now, isRebuilt }: { now: Instant; isRebuilt: boolean },
): Promise<number> => {
  const taken = await retrying(deps, () => takeOver(deps.store, isRebuilt));
  if (!taken || taken.isApplied) return 0;
  const { flips } = (await rulesLookAtPercentiles(deps.store))
    ? await refreshEveryone(deps, { now, cause: 'summary' })
    : { flips: 0 };
  const { version } = taken;
  await deps.store.commit([{ put: { ...taken, version: version + 1, isApplied: true }, expect: { version } }]);
  return flips;
};

const takeOver = async (store: Store, isRebuilt: boolean): Promise<RecordOf<'ruleSummary'> | undefined> => {
  const [summary, before] = await store.get([{ kind: 'summary' }, { kind: 'ruleSummary' }], true);
  if (!summary || (before && !isRebuilt)) return before;
  const put = {
    kind: 'ruleSummary',
    version: (before?.version ?? 0) + 1,
    asOf: summary.asOf,
    content: summary.content,
    isApplied: false,
  } as const;
  await store.commit([{ put, expect: before ? { version: before.version } : 'absent' }]);
  return put;
};

/** By their names: `rfm.monetary.percentile`, `loyalty.activityRank`. */
const OF_POPULATION = /percentile$|rank$/i;

const rulesLookAtPercentiles = async (store: Store): Promise<boolean> => {
  const [settings] = await store.get([{ kind: 'settings' }], true);
  const { segments } = await catalogueOf(store, settings);
  const rules = [...segments.values()].flatMap(({ live, filling }) => [live?.rule, filling?.rule]);
  return rules.some(
    (rule) =>
      rule != null &&
      conditionsIn(parsedRule(rule)).some((one) => 'attribute' in one && OF_POPULATION.test(one.attribute)),
  );
};
