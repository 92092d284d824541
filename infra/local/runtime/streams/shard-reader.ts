/** Reads one shard for one mapping: gathers records into batches and delivers them in order. */

import type { StreamMappingModel } from '../assembly/model.ts';
import { Stopped } from '../base/stopped.ts';
import type { StreamRecord } from '../base/stream-records.ts';
import { STREAMS, type Wire, WireError } from '../dynamodb/wire.ts';
import type { Matches } from '../events/filter.ts';
import type { Deliver } from './batch-delivery.ts';

export interface ShardSettings {
  wire: Wire;
  /** ARN of the stream in DynamoDB Local. */
  streamArn: string;
  shardId: string;
  mapping: StreamMappingModel;
  matches: Matches;
  dress: (record: StreamRecord) => StreamRecord;
  deliver: Deliver;
  /** The last record that was handled. Undefined reads from the oldest record that is left. */
  startAfter: string | undefined;
  /** Keeps how far the shard needs no further delivery. */
  advance: (sequenceNumber: string) => void;
  /** Whether a caller waits for everything to be delivered: batch windows then end early. */
  isHurried: () => boolean;
  /** Called before a look at the stream. Its result is called when the look found nothing and nothing is left. */
  looking: () => () => void;
  /** Waits until it is time to look again. */
  rest: (idleReads: number) => Promise<void>;
  stopping: AbortSignal;
  log: (line: string) => void;
}

interface Reading {
  records: StreamRecord[];
  isFinished: boolean;
}

/** Resolves at the end of a closed shard, all of it delivered; throws `Stopped` when the stack stops. */
export async function readShard(settings: ShardSettings): Promise<void> {
  const { mapping, matches, dress, looking, rest, stopping } = settings;
  const read = openShard(settings);
  const gathered: StreamRecord[] = [];
  let idleReads = 0;
  let windowEndsMs = 0;
  let lastRead: string | undefined;
  for (;;) {
    if (stopping.aborted) throw new Stopped();
    const foundNothing = looking();
    const { records, isFinished } = await read();
    const wasEmpty = gathered.length === 0;
    lastRead = records.at(-1)?.dynamodb.SequenceNumber ?? lastRead;
    gathered.push(...records.map(dress).filter(matches));
    if (wasEmpty) windowEndsMs = performance.now() + mapping.batchWindowSeconds * 1000;

    const isDue = () => isFinished || settings.isHurried() || performance.now() >= windowEndsMs;
    while (gathered.length >= mapping.batchSize || (gathered.length > 0 && isDue())) {
      await deliverFirst(settings, gathered);
    }
    if (isFinished) return;
    idleReads = records.length === 0 ? idleReads + 1 : 0;
    if (records.length === 0 && gathered.length === 0) {
      // Records that match no filter are passed without a delivery.
      if (lastRead !== undefined) settings.advance(lastRead);
      lastRead = undefined;
      foundNothing();
    }
    if (records.length === 0 || gathered.length > 0) await rest(idleReads);
  }
}

async function deliverFirst({ mapping, deliver, shardId, advance }: ShardSettings, gathered: StreamRecord[]) {
  await deliver({
    shardId,
    records: gathered.slice(0, mapping.batchSize),
    done: ({ dynamodb }) => advance(dynamodb.SequenceNumber),
  });
  gathered.splice(0, mapping.batchSize);
}

const READ_LIMIT = 1_000;
const PAUSE_AFTER_FAULT_MS = 250;

/** Answers the next records at each call; finds its place again where an iterator has expired or was trimmed. */
function openShard({ wire, streamArn, shardId, startAfter, log, stopping }: ShardSettings): () => Promise<Reading> {
  let after = startAfter;
  let iterator: string | undefined;
  const place = async () => {
    const from =
      after === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after };
    const input = { StreamArn: streamArn, ShardId: shardId, ...from };
    const answer = await wire.send<{ ShardIterator?: string }>(`${STREAMS}.GetShardIterator`, input);
    return answer.ShardIterator;
  };
  const next = async (): Promise<Reading> => {
    iterator ??= await place();
    const input = { ShardIterator: iterator, Limit: READ_LIMIT };
    const answer = await wire.send<{ Records: StreamRecord[]; NextShardIterator?: string }>(
      `${STREAMS}.GetRecords`,
      input,
    );
    iterator = answer.NextShardIterator;
    after = answer.Records.at(-1)?.dynamodb.SequenceNumber ?? after;
    return { records: answer.Records, isFinished: iterator === undefined };
  };
  return async () => {
    for (;;) {
      if (stopping.aborted) throw new Stopped();
      try {
        return await next();
      } catch (error) {
        iterator = undefined;
        const name = error instanceof WireError ? error.name : 'unreachable';
        if (name === 'ResourceNotFoundException') return { records: [], isFinished: true };
        if (name === 'TrimmedDataAccessException') after = undefined;
        if (name === 'ExpiredIteratorException') continue;
        if (stopping.aborted) throw new Stopped();
        log(`streams: ${shardId}: ${name}: ${error instanceof Error ? error.message : String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_AFTER_FAULT_MS));
      }
    }
  };
}
