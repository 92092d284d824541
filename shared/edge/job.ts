/** The frame of every background job: its instant comes from its schedule, its result is logged. */
import type { Instant } from '../domain/facts.ts';
import { parseInstant } from '../domain/instants.ts';
import type { JobEvent, JobResult } from './catalogue.ts';
import { anonymous, logError, logInfo } from './log.ts';

export interface JobRequest {
  /** The instant that the job was scheduled for. */
  now: Instant;
  /** Started by an operator: the job does its work even if nothing seems to need it. */
  isManual: boolean;
}

/** A job throws if it fails: the schedule retries it and finally keeps it as a dead letter. */
export const job =
  (run: (request: JobRequest) => Promise<JobResult>) =>
  async ({ job: name, scheduledAt, trigger }: JobEvent): Promise<JobResult> => {
    try {
      const now = parseInstant(scheduledAt);
      if (now === null) throw new TypeError('the job event has no instant');
      const result = await run({ now, isManual: trigger === 'manual' });
      logInfo('job done', { job: name, result: JSON.stringify(result) });
      return result;
    } catch (error) {
      logError('job failed', error, { job: name });
      throw anonymous(error);
    }
  };

/** The result of processing the due consumers. `failed` lists the consumers whose work failed, with the error. */
interface DueResult {
  failed: { consumerId: string; error: unknown }[];
  nextDueAt: Instant | null;
  [count: string]: unknown;
}

/**
 * A job that processes all due consumers. If any of them failed it throws an error with this name after processing the
 * others, so that the alarm goes off.
 */
export const dueJob = (errorName: string, run: (request: JobRequest) => Promise<DueResult>) =>
  job(async (request) => {
    const { failed, ...counts } = await run(request);
    for (const { consumerId, error } of failed) logError('consumer failed', error, { consumerId });
    if (failed.length === 0) return counts;
    logInfo('job finished with failures', {
      result: JSON.stringify({ ...counts, failed: failed.length }),
    });
    // Only the name reaches the log. Details were logged above.
    throw Object.assign(new Error(), { name: errorName });
  });
