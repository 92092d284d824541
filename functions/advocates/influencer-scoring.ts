import { job } from '../../shared/edge/job.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import { rankAdvocates } from '../../shared/usecases/rank-advocates.ts';

export const makeHandler = (deps: Deps) => job(async ({ now }) => ({ ...(await rankAdvocates(deps, now)) }));
