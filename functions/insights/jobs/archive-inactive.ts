import { dueJob } from '../../../shared/edge/job.ts';
import { CONSUMERS_PER_RUN } from '../../../shared/usecases/common/work-through-due.ts';
import { archiveDue } from '../../../shared/usecases/insights/archive.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

export const makeHandler = (deps: Deps) =>
  dueJob('NotArchived', async ({ now }) => ({ ...(await archiveDue(deps, { now, most: CONSUMERS_PER_RUN })) }));
