/** Background jobs: each row is an EventBridge schedule, its handler is `jobs/<key>.ts`. */
import type { Jobs } from '../../shared/edge/catalogue.ts';

export const insightsJobs = {
  'insights-rebuild': {
    schedule: 'rate(1 minute)',
    summary: 'Renew the percentile summaries where their error grew, and once a day in any case',
    timeoutSeconds: 900,
  },
  'churn-fit': {
    schedule: 'cron(30 3 ? * MON *)',
    summary: "Fit the churn model to the organization's own order history",
    timeoutSeconds: 900,
  },
  'loyalty-decay': {
    schedule: 'rate(1 minute)',
    summary: 'Announce the loyalty band changes that decay has made due',
    timeoutSeconds: 300,
  },
  'archive-inactive': {
    schedule: 'rate(1 minute)',
    summary: 'Archive the consumers who have done nothing for as long as the settings say',
    timeoutSeconds: 300,
  },
} as const satisfies Jobs;
