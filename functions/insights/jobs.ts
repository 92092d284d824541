/** Background jobs. A row becomes an EventBridge schedule; its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const insightsJobs = {
  'insights-rebuild': {
    schedule: 'rate(1 minute)',
    summary: 'Rebuild percentile summaries whose error has grown, and all of them once a day',
    timeoutSeconds: 900,
  },
  'churn-fit': {
    schedule: 'cron(30 3 ? * MON *)',
    summary: "Fit the churn model to the organization's own order history",
    timeoutSeconds: 900,
  },
  'loyalty-decay': {
    schedule: 'rate(1 minute)',
    summary: 'Publish loyalty band changes that decay causes',
    timeoutSeconds: 300,
  },
  'archive-inactive': {
    schedule: 'rate(1 minute)',
    summary: 'Archive consumers who have been inactive for the configured time',
    timeoutSeconds: 300,
  },
} as const satisfies Jobs;
