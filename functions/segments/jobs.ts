/** Background jobs: each row is an EventBridge schedule, its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const segmentsJobs = {
  'segment-refresh': {
    schedule: 'rate(1 minute)',
    summary: 'Refresh the segments of those about whom time alone has changed an answer',
    timeoutSeconds: 300,
  },
  'segment-reconcile': {
    schedule: 'cron(40 3 * * ? *)',
    summary: 'Recompute every membership, and report those that had drifted: 0 is the promise',
    timeoutSeconds: 900,
  },
} as const satisfies Jobs;
