import { msOf } from '../../../shared/domain/instants.ts';
import { METRICS } from '../../../shared/edge/env.ts';
import { job } from '../../../shared/edge/job.ts';
import { logMetric } from '../../../shared/edge/log.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { refreshEveryone } from '../../../shared/usecases/segments/refresh/everyone.ts';

/**
 * What it finds was missed by all that keeps segments true: 0 is promised, and anything else is an alarm. What happened in
 * the last minutes may still be under way, and is none.
 */
export const makeHandler = (deps: Deps) =>
  job(async ({ now }) => {
    const { consumers, missed: drift } = await refreshEveryone(deps, { now, cause: 'change' });
    logMetric(METRICS.segmentDrift, drift, msOf(now));
    return { consumers, drift };
  });
