/** Background jobs. A row becomes an EventBridge schedule; its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const outboxJobs = {
  'metrics-rebuild': {
    schedule: 'cron(0 4 1 * ? *)',
    summary: "Start the workflow that rebuilds every consumer's metrics from the history, to verify that both agree",
  },
  'archive-rebuild': {
    schedule: 'cron(20 4 1 * ? *)',
    summary: 'Start the workflow that archives consumers that the archive-inactive job missed',
  },
} as const satisfies Jobs;
