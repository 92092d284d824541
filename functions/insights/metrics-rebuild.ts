import { job } from '../../shared/edge/job.ts';
import { foldEveryone } from '../../shared/usecases/fold-everyone.ts';
import type { Deps } from '../../shared/usecases/ports.ts';

/** Where nothing is written, it finds what it found before: nothing. */
export const makeHandler = (deps: Deps) =>
  job(async ({ now }) => ({ ...(await foldEveryone(deps, now)), nextDueAt: null }));
