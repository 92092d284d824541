import { job } from '../../shared/edge/job.ts';
import type { Deps } from '../../shared/usecases/ports.ts';
import { rebuildSummary } from '../../shared/usecases/rebuild-summary.ts';

export const makeHandler = (deps: Deps) =>
  job(async ({ now, isManual }) => ({ ...(await rebuildSummary(deps, { now, always: isManual })) }));
