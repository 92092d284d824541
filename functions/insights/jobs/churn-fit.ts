import { job } from '../../../shared/edge/job.ts';
import { fitChurn } from '../../../shared/usecases/insights/churn.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';

export const makeHandler = (deps: Deps) => job(async ({ now }) => ({ ...(await fitChurn(deps, now)) }));
