import { job } from '../../../shared/edge/job.ts';
import { rebuildSummary } from '../../../shared/usecases/insights/rebuild-summary.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { renewPercentiles } from '../../../shared/usecases/segments/refresh/percentiles.ts';

export const makeHandler = (deps: Deps) =>
  job(async ({ now, isManual }) => {
    const rebuilt = await rebuildSummary(deps, { now, always: isManual });
    return { ...rebuilt, flips: await renewPercentiles(deps, { now, isRebuilt: rebuilt.rebuilt }) };
  });
