import { dueJob } from '../../../shared/edge/job.ts';
import { CONSUMERS_PER_RUN } from '../../../shared/usecases/common/work-through-due.ts';
import type { Workflows } from '../../../shared/usecases/ports/bus.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { resumeBackfill } from '../../../shared/usecases/segments/backfill/backfill.ts';
import { refreshDue } from '../../../shared/usecases/segments/refresh/due.ts';

export const makeHandler = (deps: Deps & { workflows: Workflows }) =>
  dueJob('SegmentsNotRefreshed', async ({ now }) => {
    const refreshed = await refreshDue(deps, { now, most: CONSUMERS_PER_RUN });
    await resumeBackfill(deps, now);
    return { ...refreshed };
  });
