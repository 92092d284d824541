/** Background jobs. A row becomes an EventBridge schedule; its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const privacyJobs = {
  'erasure-audit': {
    schedule: 'cron(20 4 ? * SUN *)',
    summary: 'Start the workflow that detects erased consumers who reappeared and erases them again',
  },
  'erasure-resume': {
    schedule: 'rate(1 hour)',
    summary: 'Restart erasures that failed or are stuck',
  },
} as const satisfies Jobs;
