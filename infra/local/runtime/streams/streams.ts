/** Feeds the table's stream to its functions as Lambda does: each mapping at its own pace, each shard in order. */

import type { StreamMappingModel } from '../assembly/model.ts';
import type { Clock } from '../base/clock.ts';
import type { DeadLetters } from '../base/dead-letters.ts';
import type { Gate } from '../base/gate.ts';
import type { Invoke } from '../base/invoke.ts';
import { Stopped } from '../base/stopped.ts';
import { dressed, type StreamRecord } from '../base/stream-records.ts';
import { openWire, STREAMS, type Wire } from '../dynamodb/wire.ts';
import { compileFilters } from '../events/filter.ts';
import { createDelivery } from './batch-delivery.ts';
import { openPositions } from './positions.ts';
import { readShard } from './shard-reader.ts';

export interface StreamSettings {
  endpoint: string;
  gate?: Pick<Gate, 'through'>;
  /** ARN of the stream in DynamoDB Local, from `createTable`. */
  streamArn: string;
  /** ARN of the stream in the template: the one that functions see. */
  eventSourceArn: string;
  mappings: StreamMappingModel[];
  invoke: Invoke;
  clock: Clock;
  positionsFile: string | null;
  queues: DeadLetters;
  /** Told of every record once at least, before anybody's position is beyond it. */
  observe?: (record: StreamRecord) => void;
  /** Whether the item with these keys was deleted because its time to live was over. */
  hasExpired?: (keys: Record<string, unknown>) => boolean;
  functionArn?: (functionId: string) => string;
  log: (line: string) => void;
}
export interface Streams {
  /** Resolves when every mapping has finished with everything written before the call. */
  idle(): Promise<void>;
  /** Something was written: look now. */
  nudge(): void;
  /** Lets batches that are under way end; what is not delivered then is delivered after the next start. */
  stop(): Promise<void>;
}

interface Shard {
  ShardId: string;
  ParentShardId?: string;
}
interface Reader {
  mapping: StreamMappingModel;
  shardId: string;
  /** The last round of waiting in which the shard was found empty. */
  emptyIn: number;
  ended: Promise<void>;
}

/** Throws where the stream can't be read at all or a filter isn't understood. */
export async function startStreams(settings: StreamSettings): Promise<Streams> {
  const wire = openWire(settings.endpoint, settings.gate);
  const positions = openPositions(settings.positionsFile, settings.streamArn);
  const stopping = new AbortController();
  const waiting = new Set<{ round: number; resolve: () => void }>();
  const pace = createPace(() => waiting.size > 0 || stopping.signal.aborted);
  const readers = new Set<Reader>();
  let round = 0;

  const settle = () => {
    const emptyIn = Math.min(...[...readers].map((reader) => reader.emptyIn));
    for (const waiter of waiting) {
      if (emptyIn < waiter.round && !stopping.signal.aborted) continue;
      waiting.delete(waiter);
      waiter.resolve();
    }
  };
  const begin = (mapping: StreamMappingModel, shardId: string) => {
    const { functionArn = (id: string) => id, hasExpired = () => false, clock, eventSourceArn } = settings;
    // One mapping reads for the observer too.
    const observe = mapping === settings.mappings[0] ? settings.observe : undefined;
    const position = positions.get(mapping.logicalId, shardId);
    const reader: Reader = { mapping, shardId, emptyIn: 0, ended: Promise.resolve() };
    readers.add(reader);
    const reading = readShard({
      ...{ wire, streamArn: settings.streamArn, shardId, mapping, log: settings.log, stopping: stopping.signal },
      matches: compileFilters(mapping.filters),
      dress: (record) => {
        observe?.(record);
        return dressed(record, { eventSourceArn, nowMs: clock.nowMs(), hasExpired });
      },
      deliver: createDelivery({
        ...{ ...settings, mapping, stopping: stopping.signal },
        streamArn: eventSourceArn,
        functionArn: functionArn(mapping.functionId),
      }),
      startAfter: typeof position === 'object' ? position.after : undefined,
      advance: (after) => positions.set(mapping.logicalId, shardId, { after }),
      isHurried: () => waiting.size > 0,
      looking: () => {
        const lookedIn = round;
        return () => {
          reader.emptyIn = lookedIn;
          settle();
        };
      },
      rest: pace.rest,
    });
    reader.ended = reading
      .then(() => finish(reader))
      .catch((error: unknown) => {
        if (error instanceof Stopped) return;
        settings.log(`streams: ${mapping.logicalId}: ${error instanceof Error ? error.stack : String(error)}`);
        readers.delete(reader);
        setTimeout(() => stopping.signal.aborted || begin(mapping, shardId), PAUSE_AFTER_FAULT_MS);
      });
  };
  /** Starts every shard whose parent has been read to its end. */
  const open = async () => {
    const shards = await shardsOf(wire, settings.streamArn);
    const ids = new Set(shards.map(({ ShardId }) => ShardId));
    positions.keepOnly(ids);
    for (const mapping of settings.mappings) {
      const isFinished = (shardId: string) => positions.get(mapping.logicalId, shardId) === 'finished';
      const isRead = (shardId: string) =>
        [...readers].some((reader) => reader.mapping === mapping && reader.shardId === shardId);
      for (const { ShardId, ParentShardId } of shards) {
        const isAfter = ParentShardId !== undefined && ids.has(ParentShardId) && !isFinished(ParentShardId);
        if (!isFinished(ShardId) && !isRead(ShardId) && !isAfter) begin(mapping, ShardId);
      }
    }
  };
  const finish = async (reader: Reader) => {
    positions.set(reader.mapping.logicalId, reader.shardId, 'finished');
    await open();
    readers.delete(reader);
    settle();
  };
  await open();
  return {
    idle: () => {
      if (readers.size === 0 || stopping.signal.aborted) return Promise.resolve();
      round += 1;
      const idle = new Promise<void>((resolve) => waiting.add({ round, resolve }));
      pace.nudge();
      return idle;
    },
    nudge: pace.nudge,
    stop: async () => {
      stopping.abort();
      pace.nudge();
      await Promise.all([...readers].map(({ ended }) => ended));
      settle();
      wire.close();
    },
  };
}

async function shardsOf(wire: Wire, streamArn: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let last: string | undefined;
  do {
    const input = { StreamArn: streamArn, ...(last !== undefined && { ExclusiveStartShardId: last }) };
    const answer = await wire.send<{ StreamDescription: { Shards: Shard[]; LastEvaluatedShardId?: string } }>(
      `${STREAMS}.DescribeStream`,
      input,
    );
    shards.push(...answer.StreamDescription.Shards);
    last = answer.StreamDescription.LastEvaluatedShardId;
  } while (last !== undefined);
  return shards;
}

const SHORTEST_REST_MS = 10;
const LONGEST_REST_MS = 100;
const PAUSE_AFTER_FAULT_MS = 1_000;

/** How long readers rest between looks: longer the longer nothing comes, cut short by a nudge or when in a hurry. */
function createPace(isHurried: () => boolean) {
  const resting = new Set<() => void>();
  const restMs = (idleReads: number) =>
    isHurried() ? 1 : Math.min(LONGEST_REST_MS, SHORTEST_REST_MS * 2 ** Math.min(idleReads, 4));
  return {
    nudge: () => {
      for (const wake of [...resting]) wake();
    },
    rest: (idleReads: number): Promise<void> =>
      new Promise((resolve) => {
        const timer = setTimeout(() => wake(0), restMs(idleReads));
        const wake = (lingerMs: number) => {
          clearTimeout(timer);
          resting.delete(nudged);
          setTimeout(resolve, lingerMs);
        };
        // A nudge leaves a moment, so that what is written together arrives together.
        const nudged = () => wake(isHurried() ? 0 : SHORTEST_REST_MS);
        resting.add(nudged);
      }),
  };
}
