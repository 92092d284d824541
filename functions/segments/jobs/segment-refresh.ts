import { dueJob } from '../../../shared/edge/job.ts';
import type { Workflows } from '../../../shared/usecases/ports/bus.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import { resumeBackfill } from '../../../shared/usecases/segments/backfill/backfill.ts';
import { refreshDue } from '../../../shared/usecases/segments/refresh/due.ts';

/** Eight at once, at 40 ms each, take some four minutes; the next minute's run goes on where this one leaves off. */
const CONSUMERS_A_RUN = 50_000;

export const makeHandler = (deps: Deps & { workflows: Workflows }) =>
  dueJob('SegmentsNotRefreshed', async ({ now }) => {
    const refreshed = await refreshDue(deps, { now, most: CONSUMERS_A_RUN });
    await resumeBackfill(deps, now);
    return { ...refreshed };
  });
