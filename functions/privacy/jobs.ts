/** Background jobs: each row is an EventBridge schedule, its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const privacyJobs = {
  'erasure-audit': {
    schedule: 'cron(20 4 ? * SUN *)',
    summary: 'Start the workflow that looks whether anybody is there who was erased, and erases them again',
  },
  'erasure-resume': {
    schedule: 'rate(1 hour)',
    summary: 'Begin erasures again that failed or stand still',
  },
} as const satisfies Jobs;
