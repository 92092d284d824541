/** Background jobs. A row becomes an EventBridge schedule; its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const advocatesJobs = {
  'influencer-scoring': {
    schedule: 'cron(0 5 ? * MON *)',
    summary: 'Rank the brand advocates',
    timeoutSeconds: 900,
  },
} as const satisfies Jobs;
