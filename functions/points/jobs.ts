/** Background jobs. A row becomes an EventBridge schedule; its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const pointsJobs = {
  'points-expiry': {
    schedule: 'rate(1 minute)',
    summary: 'Post due expiries, expired reservations and due pending points',
    timeoutSeconds: 300,
  },
} as const satisfies Jobs;
