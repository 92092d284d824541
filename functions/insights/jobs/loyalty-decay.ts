import { dueJob } from '../../../shared/edge/job.ts';
import { CONSUMERS_PER_RUN } from '../../../shared/usecases/common/work-through-due.ts';
import { announceBands } from '../../../shared/usecases/insights/bands.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

export const makeHandler = (deps: Deps) =>
  dueJob('BandsNotAnnounced', async ({ now }) => ({
    ...(await announceBands(deps, { now, most: CONSUMERS_PER_RUN })),
  }));
