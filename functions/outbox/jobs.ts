/** Background jobs: each row is an EventBridge schedule, its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const outboxJobs = {
  'metrics-rebuild': {
    schedule: 'cron(0 4 1 * ? *)',
    summary: "Start the workflow that folds every consumer's metrics again, to see that history and sums agree",
  },
  'archive-rebuild': {
    schedule: 'cron(20 4 1 * ? *)',
    summary: 'Start the workflow that sees that everyone is archived in time',
  },
} as const satisfies Jobs;
