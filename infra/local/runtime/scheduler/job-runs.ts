/** One run of a schedule's function: the input that Scheduler sends, its retries, its dead letter. */
import { randomUUID } from 'node:crypto';
import type { ScheduleModel } from '../assembly/model.ts';
import type { DeadLetters } from '../base/dead-letters.ts';
import { type Invoke, LambdaFailure } from '../base/invoke.ts';
import { Stopped } from '../base/stopped.ts';

export interface RunSettings {
  invoke: Invoke;
  queues: DeadLetters;
  log: (line: string) => void;
  stopping: AbortSignal;
}

const FIRST_PAUSE_MS = 50;
/** Scheduler waits minutes between attempts; here that would only delay work. */
const LONGEST_PAUSE_MS = 1_000;

/**
 * A run that fell due: answers the function's result, or undefined after the last attempt failed. Throws `Stopped`
 * where the stack stops before that.
 */
export async function runDue(schedule: ScheduleModel, dueMs: number, settings: RunSettings): Promise<unknown> {
  const { invoke, queues, log, stopping } = settings;
  for (let attempt = 1; ; attempt += 1) {
    // Scheduler knows whole seconds.
    const input = inputOf(schedule, `${new Date(dueMs).toISOString().slice(0, 19)}Z`, attempt);
    try {
      return await invoke(schedule.functionId, input);
    } catch (error) {
      if (stopping.aborted) throw new Stopped();
      const message = error instanceof Error ? error.message : String(error);
      log(`schedules: ${schedule.name}: ${message}`);
      if (attempt > schedule.maximumRetries) {
        if (schedule.deadLetterQueueArn !== null) {
          queues.send(schedule.deadLetterQueueArn, input, attributesOf(error, message, attempt));
        }
        return undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs(attempt)));
    }
  }
}

/** A run on request: one attempt, whose failure is returned to the caller. */
export function runNow(schedule: ScheduleModel, now: string, invoke: Invoke): Promise<unknown> {
  const input = inputOf(schedule, now, 1);
  const manual = isObject(input) && 'trigger' in input ? { ...input, trigger: 'manual' } : input;
  return invoke(schedule.functionId, manual);
}

function inputOf(schedule: ScheduleModel, scheduledTime: string, attempt: number): unknown {
  const text = schedule.input
    .replaceAll('<aws.scheduler.scheduled-time>', scheduledTime)
    .replaceAll('<aws.scheduler.schedule-arn>', schedule.logicalId)
    .replaceAll('<aws.scheduler.execution-id>', randomUUID())
    .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
  return JSON.parse(text);
}

const attributesOf = (error: unknown, message: string, attempts: number): Record<string, string> => ({
  ERROR_CODE: error instanceof LambdaFailure ? error.errorType : 'Unknown',
  ERROR_MESSAGE: message,
  RETRY_ATTEMPTS: String(attempts - 1),
});

const pauseMs = (attempt: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, 10));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
