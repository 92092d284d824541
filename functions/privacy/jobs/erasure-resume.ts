import { job } from '../../../shared/edge/job.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { resumeErasures } from '../../../shared/usecases/privacy/erasures.ts';

export const makeHandler = (deps: Deps) =>
  job(async ({ now }) => {
    const run = await resumeErasures(deps, now);
    return { ...run, ...(run.running === 0 && { nextDueAt: null }) };
  });
