import { job } from '../../shared/edge/job.ts';
import { announceBands } from '../../shared/usecases/announce-bands.ts';
import type { Deps } from '../../shared/usecases/ports.ts';

export const makeHandler = (deps: Deps) => job(async ({ now }) => ({ ...(await announceBands(deps, now)) }));
