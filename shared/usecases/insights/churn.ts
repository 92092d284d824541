/** Fitting the churn model to the organization's own order history. */
import type { PurchaseHistory } from '../../domain/churn.ts';
import { fitBgNbd } from '../../domain/churn.ts';
import type { Instant } from '../../domain/facts.ts';
import { purchaseHistoryOf } from '../../domain/metrics/churn-risk.ts';
import { inParallel } from '../common/in-parallel.ts';
import { retrying } from '../common/retrying.ts';
import type { Deps } from '../ports/deps.ts';

/** `parameters` says which are in force now: those fitted, or the prior where the history is not enough. */
export interface Fitted {
  fitted: boolean;
  consumers: number;
  parameters: 'fitted' | 'prior';
}

/** Fits the model as of now; where the history is too thin or too alike, what was in force before stays. */
export const fitChurn = async (deps: Pick<Deps, 'store' | 'pause'>, now: Instant): Promise<Fitted> => {
  const histories = await historiesIn(deps, now);
  const model = fitBgNbd(histories);
  return retrying(deps, async () => {
    const [before] = await deps.store.get([{ kind: 'churnModel' }], true);
    if (model === null) {
      return { fitted: false, consumers: histories.length, parameters: before ? 'fitted' : 'prior' };
    }
    const put = { kind: 'churnModel', ...model, version: (before?.version ?? 0) + 1, fittedAt: now } as const;
    await deps.store.commit([{ put, expect: before ? { version: before.version } : 'absent' }]);
    return { fitted: true, consumers: model.consumers, parameters: 'fitted' };
  });
};

/** Everyone who ever bought. */
const historiesIn = async ({ store }: Pick<Deps, 'store'>, now: Instant): Promise<PurchaseHistory[]> => {
  const slices = Array.from({ length: store.slices }, (_, slice) => slice);
  const read = async (slice: number) => {
    const histories: PurchaseHistory[] = [];
    for await (const metrics of store.populationSlice(slice)) {
      const history = purchaseHistoryOf(metrics, now);
      if (history !== null) histories.push(history);
    }
    return histories;
  };
  return (await inParallel(slices, slices.length, read)).flat();
};
