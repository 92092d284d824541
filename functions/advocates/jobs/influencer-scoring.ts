import { job } from '../../../shared/edge/job.ts';
import { rankAdvocates } from '../../../shared/usecases/advocates/rank.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

export const makeHandler = (deps: Deps) => job(async ({ now }) => ({ ...(await rankAdvocates(deps, now)) }));
