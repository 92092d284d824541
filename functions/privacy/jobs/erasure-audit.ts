import { job } from '../../../shared/edge/job.ts';
import type { Workflows } from '../../../shared/usecases/ports/bus.ts';

/** One function cannot process the whole population in time, so a workflow does. Its output counts reappeared consumers. */
export const makeHandler = ({ workflows }: { workflows: Workflows }) =>
  job(async ({ now }) => {
    const execution = `audit-${now.replace(/\D/g, '')}`;
    await workflows.start('erasure-audit', execution, { now });
    return { execution, nextDueAt: null };
  });
