/** What every background job has in common: its instant comes from its schedule, its result is a line of the log. */
import type { Instant } from '../domain/facts.ts';
import { parseInstant } from '../domain/instants.ts';
import type { JobEvent, JobResult } from './catalogue.ts';
import { anonymous, logError, logInfo } from './log.ts';

export interface JobRequest {
  /** The instant that the job is for. */
  now: Instant;
  /** Asked for by somebody, so do it even where nothing seems to need it. */
  isManual: boolean;
}

/** A job throws where it fails: the schedule tries it again, and in the end keeps it as a dead letter. */
export const job =
  (run: (request: JobRequest) => Promise<JobResult>) =>
  async ({ job: name, scheduledAt, trigger }: JobEvent): Promise<JobResult> => {
    try {
      const now = parseInstant(scheduledAt);
      if (now === null) throw new TypeError('a job without an instant');
      const result = await run({ now, isManual: trigger === 'manual' });
      logInfo('job done', { job: name, result: JSON.stringify(result) });
      return result;
    } catch (error) {
      logError('job failed', error, { job: name });
      throw anonymous(error);
    }
  };

/** What working through those who are due came to; whom it failed with, and why. */
interface Worked {
  failed: { consumerId: string; error: unknown }[];
  nextDueAt: Instant | null;
  [count: string]: unknown;
}

/**
 * A job that looks at everyone who is due. It throws an error of this name where it failed with anybody, after all others
 * were looked at, so that somebody is told.
 */
export const dueJob = (errorName: string, run: (request: JobRequest) => Promise<Worked>) =>
  job(async (request) => {
    const { failed, ...counts } = await run(request);
    for (const { consumerId, error } of failed) logError('consumer failed', error, { consumerId });
    if (failed.length === 0) return counts;
    logInfo('all were looked at, but not with all it went well', {
      result: JSON.stringify({ ...counts, failed: failed.length }),
    });
    // Only its name reaches the log, where all else was said already.
    throw Object.assign(new Error(), { name: errorName });
  });
