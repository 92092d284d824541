import { job } from '../../../shared/edge/job.ts';
import type { PublishDeps } from '../../../shared/usecases/outbox/publish.ts';

/** Those of whom nobody knew when to look: restored, or stored by a release that archived nobody. */
export const makeHandler = ({ workflows }: Pick<PublishDeps, 'workflows'>) =>
  job(async ({ now }) => {
    const execution = `everyone-${now.replace(/\D/g, '')}`;
    await workflows.start('archive-rebuild', execution, { now });
    return { execution, nextDueAt: null };
  });
