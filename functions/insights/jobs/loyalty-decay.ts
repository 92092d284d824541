import { dueJob } from '../../../shared/edge/job.ts';
import { announceBands } from '../../../shared/usecases/insights/bands.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

/** Eight at once, at 40 ms each, take some four minutes; the next minute's run goes on where this one leaves off. */
const CONSUMERS_A_RUN = 50_000;

export const makeHandler = (deps: Deps) =>
  dueJob('BandsNotAnnounced', async ({ now }) => ({ ...(await announceBands(deps, { now, most: CONSUMERS_A_RUN })) }));
