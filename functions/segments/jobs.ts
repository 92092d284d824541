/** Background jobs. A row becomes an EventBridge schedule; its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const segmentsJobs = {
  'segment-refresh': {
    schedule: 'rate(1 minute)',
    summary: 'Refresh segments that change by the passage of time alone',
    timeoutSeconds: 300,
  },
  'segment-reconcile': {
    schedule: 'cron(40 3 * * ? *)',
    summary: 'Recompute every membership and report those that had drifted. The expected number is 0',
    timeoutSeconds: 900,
  },
} as const satisfies Jobs;
