import { job } from '../../../shared/edge/job.ts';
import type { PublishDeps } from '../../../shared/usecases/outbox/publish.ts';

/** Covers consumers without a due instant: restored ones, and those stored by a release without archiving. */
export const makeHandler = ({ workflows }: Pick<PublishDeps, 'workflows'>) =>
  job(async ({ now }) => {
    const execution = `everyone-${now.replace(/\D/g, '')}`;
    await workflows.start('archive-rebuild', execution, { now });
    return { execution, nextDueAt: null };
  });
