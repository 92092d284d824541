import { dueJob } from '../../../shared/edge/job.ts';
import { CONSUMERS_PER_RUN } from '../../../shared/usecases/common/work-through-due.ts';
import { bookTime } from '../../../shared/usecases/points/book-time.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

export const makeHandler = (deps: Deps) =>
  dueJob('PointsNotBooked', async ({ now }) => ({ ...(await bookTime(deps, { now, most: CONSUMERS_PER_RUN })) }));
