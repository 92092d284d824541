/** Background jobs: each row is an EventBridge schedule, its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const pointsJobs = {
  'points-expiry': {
    schedule: 'rate(1 minute)',
    summary: 'Book the expiries, ends of reservations and pending points that time has made due',
    timeoutSeconds: 300,
  },
} as const satisfies Jobs;
