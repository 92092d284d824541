/** Delivers a batch of stream records as Lambda's event source does: retries, bisecting, partial failures, dead letters. */
import { randomUUID } from 'node:crypto';
import type { StreamMappingModel } from '../assembly/model.ts';
import type { Clock } from '../base/clock.ts';
import type { DeadLetters } from '../base/dead-letters.ts';
import type { Invoke } from '../base/invoke.ts';
import { Stopped } from '../base/stopped.ts';
import type { StreamRecord } from '../base/stream-records.ts';

export interface DeliverySettings {
  mapping: StreamMappingModel;
  invoke: Invoke;
  queues: DeadLetters;
  clock: Clock;
  streamArn: string;
  /** ARN of the function, for the dead letter. */
  functionArn: string;
  log: (line: string) => void;
  stopping: AbortSignal;
}

export interface Batch {
  shardId: string;
  records: StreamRecord[];
  /** Called as soon as every record up to and including this one needs no further delivery. */
  done: (record: StreamRecord) => void;
}
export type Deliver = (batch: Batch) => Promise<void>;

const FIRST_PAUSE_MS = 50;
/** Lambda waits up to a minute between retries; here that would only delay work. */
const LONGEST_PAUSE_MS = 2_000;

/** Resolves when each record has been taken by the function or by the dead letter queue; throws `Stopped` on the way. */
export function createDelivery(settings: DeliverySettings): Deliver {
  const { mapping, stopping } = settings;
  const deliver = async (batch: Batch, retries: number): Promise<void> => {
    const { records, done } = batch;
    if (stopping.aborted) throw new Stopped();
    const failure = await attempt(settings, records);
    const last = records.at(-1);
    if (last === undefined) return;
    if (failure === null) return done(last);

    const succeeded = records[failure.at - 1];
    if (succeeded) done(succeeded);
    const rest = records.slice(failure.at);
    const halves = splits(mapping.bisectOnError, rest, failure.at > 0);
    if (halves !== null) {
      // A split is no retry: each part has all that are left.
      for (const half of halves) await deliver({ ...batch, records: half }, retries);
      return;
    }
    if (mapping.maximumRetries >= 0 && retries >= mapping.maximumRetries) {
      bury(settings, batch.shardId, rest, retries + 1, failure.why);
      return done(last);
    }
    await pause(retries, stopping);
    return deliver({ ...batch, records: rest }, retries + 1);
  };
  return (batch) => deliver(batch, 0);
}

/** The parts to go on with: at the failed record where others came before it, else in the middle; null for none. */
function splits(bisect: boolean, rest: StreamRecord[], hasProgressed: boolean): StreamRecord[][] | null {
  if (!bisect) return null;
  if (hasProgressed) return [rest];
  const middle = Math.ceil(rest.length / 2);
  return rest.length > 1 ? [rest.slice(0, middle), rest.slice(middle)] : null;
}

interface Failure {
  /** Index of the first record that failed. */
  at: number;
  why: string;
}

async function attempt({ mapping, invoke, log }: DeliverySettings, records: StreamRecord[]): Promise<Failure | null> {
  try {
    const answer = await invoke(mapping.functionId, { Records: records });
    const at = mapping.reportBatchItemFailures ? firstFailed(answer, records) : records.length;
    return at === records.length ? null : { at, why: 'ReportedByFunction' };
  } catch (error) {
    if (error instanceof Stopped) throw error;
    log(`streams: ${mapping.logicalId}: ${error instanceof Error ? error.message : String(error)}`);
    return { at: 0, why: 'Unhandled' };
  }
}

/** Index of the first record that the function names as failed; an answer that can't be read fails the whole batch. */
function firstFailed(answer: unknown, records: StreamRecord[]): number {
  const failures = (answer as { batchItemFailures?: unknown } | null | undefined)?.batchItemFailures;
  if (failures === undefined || failures === null) return records.length;
  if (!Array.isArray(failures)) return 0;
  const named = failures.map((failure: { itemIdentifier?: unknown } | null) =>
    records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === failure?.itemIdentifier),
  );
  return Math.max(0, Math.min(records.length, ...named));
}

function bury(settings: DeliverySettings, shardId: string, records: StreamRecord[], invocations: number, why: string) {
  const { mapping, queues, clock, streamArn, functionArn, log } = settings;
  const [first, last] = [records[0], records.at(-1)];
  log(`streams: ${mapping.logicalId}: gave up on ${records.length} records after ${invocations} attempts`);
  if (mapping.onFailureQueueArn === null || first === undefined || last === undefined) return;
  const arrival = ({ dynamodb }: StreamRecord) => new Date(dynamodb.ApproximateCreationDateTime * 1000).toISOString();
  // A letter holds the position of the records in the stream, not their content, as on AWS.
  queues.send(mapping.onFailureQueueArn, {
    requestContext: {
      requestId: randomUUID(),
      functionArn,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: invocations,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: why },
    version: '1.0',
    timestamp: clock.now(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first.dynamodb.SequenceNumber,
      endSequenceNumber: last.dynamodb.SequenceNumber,
      approximateArrivalOfFirstRecord: arrival(first),
      approximateArrivalOfLastRecord: arrival(last),
      batchSize: records.length,
      streamArn,
    },
  });
}

function pause(retries: number, stopping: AbortSignal): Promise<void> {
  const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(retries, 10));
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stopping.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
