/** The background jobs, by capability. Each becomes an EventBridge schedule. */
import type { Jobs } from '../shared/edge/catalogue.ts';
import { advocatesJobs } from './advocates/jobs.ts';
import { insightsJobs } from './insights/jobs.ts';
import { outboxJobs } from './outbox/jobs.ts';
import { pointsJobs } from './points/jobs.ts';
import { privacyJobs } from './privacy/jobs.ts';
import { segmentsJobs } from './segments/jobs.ts';

export const jobs = {
  insights: insightsJobs,
  points: pointsJobs,
  segments: segmentsJobs,
  advocates: advocatesJobs,
  privacy: privacyJobs,
  outbox: outboxJobs,
} as const satisfies Record<string, Jobs>;
