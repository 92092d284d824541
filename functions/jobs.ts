/** Every background job: one row, one EventBridge schedule. The file is the row's key inside its capability. */
import type { Job } from '../shared/edge/catalogue.ts';

export const jobs = {
  'insights-rebuild': {
    capability: 'insights',
    schedule: 'rate(1 minute)',
    summary: 'Renew the percentile summaries where their error grew, and once a day in any case',
    timeoutSeconds: 900,
  },
  'churn-fit': {
    capability: 'insights',
    schedule: 'cron(30 3 ? * MON *)',
    summary: "Fit the churn model to the organization's own order history",
    timeoutSeconds: 900,
  },
  'loyalty-decay': {
    capability: 'insights',
    schedule: 'rate(1 minute)',
    summary: 'Announce the loyalty band changes that decay has made due',
    timeoutSeconds: 300,
  },
  'archive-inactive': {
    capability: 'insights',
    schedule: 'rate(1 minute)',
    summary: 'Archive the consumers who have done nothing for as long as the settings say',
    timeoutSeconds: 300,
  },
  'points-expiry': {
    capability: 'points',
    schedule: 'rate(1 minute)',
    summary: 'Book the expiries, ends of reservations and pending points that time has made due',
    timeoutSeconds: 300,
  },
  'segment-refresh': {
    capability: 'segments',
    schedule: 'rate(1 minute)',
    summary: 'Refresh the segments of those about whom time alone has changed an answer',
    timeoutSeconds: 300,
  },
  'segment-reconcile': {
    capability: 'segments',
    schedule: 'cron(40 3 * * ? *)',
    summary: 'Recompute every membership, and report those that had drifted: 0 is the promise',
    timeoutSeconds: 900,
  },
  'influencer-scoring': {
    capability: 'advocates',
    schedule: 'cron(0 5 ? * MON *)',
    summary: 'Rank the brand advocates anew',
    timeoutSeconds: 900,
  },
  'erasure-audit': {
    capability: 'privacy',
    schedule: 'cron(20 4 ? * SUN *)',
    summary: 'Start the workflow that looks whether anybody is there who was erased, and erases them again',
  },
  'erasure-resume': {
    capability: 'privacy',
    schedule: 'rate(1 hour)',
    summary: 'Begin erasures again that failed or stand still',
  },
  'metrics-rebuild': {
    capability: 'outbox',
    schedule: 'cron(0 4 1 * ? *)',
    summary: "Start the workflow that folds every consumer's metrics again, to see that history and sums agree",
  },
  'archive-rebuild': {
    capability: 'outbox',
    schedule: 'cron(20 4 1 * ? *)',
    summary: 'Start the workflow that sees that everyone is archived in time',
  },
} as const satisfies Record<string, Job>;
