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
import { createDelivery, type Deliver } from './batch-delivery.ts';
import { openPositions, type Positions } from './positions.ts';
import { readShard, type ShardSettings } from './shard-reader.ts';

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
  /** Receives every record at least once, before any mapping's position is beyond it. */
  observe?: (record: StreamRecord) => void;
  /** Whether the item with these keys was deleted because its time to live was over. */
  hasExpired?: (keys: Record<string, unknown>) => boolean;
  functionArn?: (functionId: string) => string;
  log: (line: string) => void;
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

interface Waiter {
  round: number;
  resolve: () => void;
}

/** Throws where the stream can't be read at all or a filter isn't understood. */
export async function startStreams(settings: StreamSettings): Promise<Streams> {
  const streams = new Streams(settings);
  await streams.open();
  return streams;
}

export class Streams {
  readonly #settings: StreamSettings;
  readonly #wire: Wire;
  readonly #positions: Positions;
  readonly #stopping = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #readers = new Set<Reader>();
  readonly #pace: Pace;
  #round = 0;

  constructor(settings: StreamSettings) {
    this.#settings = settings;
    this.#wire = openWire(settings.endpoint, settings.gate);
    this.#positions = openPositions(settings.positionsFile, settings.streamArn);
    this.#pace = new Pace(() => this.#waiters.size > 0 || this.#stopping.signal.aborted);
  }

  /** Starts a reader for every mapping and shard whose parent shard was read to its end. */
  async open(): Promise<void> {
    const shards = await shardsOf(this.#wire, this.#settings.streamArn);
    const ids = new Set(shards.map(({ ShardId }) => ShardId));
    this.#positions.keepOnly(ids);
    for (const mapping of this.#settings.mappings) {
      for (const { ShardId, ParentShardId } of shards) {
        const isBlocked =
          ParentShardId !== undefined && ids.has(ParentShardId) && !this.#isFinished(mapping, ParentShardId);
        if (!isBlocked && !this.#isFinished(mapping, ShardId) && !this.#isRead(mapping, ShardId))
          this.#startReader(mapping, ShardId);
      }
    }
  }

  /** Resolves when every mapping has finished with everything that was written before the call. */
  idle(): Promise<void> {
    if (this.#readers.size === 0 || this.#stopping.signal.aborted) return Promise.resolve();
    this.#round += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.add({ round: this.#round, resolve });
    this.#pace.nudge();
    return promise;
  }

  /** Lets readers look now, because something was written. */
  nudge(): void {
    this.#pace.nudge();
  }

  /** Waits for batches that are under way. The next start delivers the others. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pace.nudge();
    await Promise.all([...this.#readers].map(({ ended }) => ended));
    this.#resolveWaiters();
    this.#wire.close();
  }

  #isFinished({ logicalId }: StreamMappingModel, shardId: string): boolean {
    return this.#positions.get(logicalId, shardId) === 'finished';
  }

  #isRead(mapping: StreamMappingModel, shardId: string): boolean {
    return this.#readers.values().some((reader) => reader.mapping === mapping && reader.shardId === shardId);
  }

  #startReader(mapping: StreamMappingModel, shardId: string): void {
    const reader: Reader = { mapping, shardId, emptyIn: 0, ended: Promise.resolve() };
    this.#readers.add(reader);
    reader.ended = readShard(this.#shardSettings(reader))
      .then(() => this.#finish(reader))
      .catch((error: unknown) => this.#restart(reader, error));
  }

  #shardSettings(reader: Reader): ShardSettings {
    const { mapping, shardId } = reader;
    const { streamArn, log } = this.#settings;
    const position = this.#positions.get(mapping.logicalId, shardId);
    return {
      wire: this.#wire,
      streamArn,
      shardId,
      mapping,
      log,
      stopping: this.#stopping.signal,
      matches: compileFilters(mapping.filters),
      dress: this.#dresserOf(mapping),
      deliver: this.#deliveryOf(mapping),
      startAfter: typeof position === 'object' ? position.after : undefined,
      advance: (after) => this.#positions.set(mapping.logicalId, shardId, { after }),
      isHurried: () => this.#waiters.size > 0,
      looking: () => this.#noteLook(reader),
      rest: (idleReads) => this.#pace.rest(idleReads),
    };
  }

  #dresserOf(mapping: StreamMappingModel): (record: StreamRecord) => StreamRecord {
    const { hasExpired = () => false, clock, eventSourceArn, mappings } = this.#settings;
    // One mapping reads for the observer too.
    const observe = mapping === mappings[0] ? this.#settings.observe : undefined;
    return (record) => {
      observe?.(record);
      return dressed(record, { eventSourceArn, nowMs: clock.nowMs(), hasExpired });
    };
  }

  #deliveryOf(mapping: StreamMappingModel): Deliver {
    const { functionArn = (id: string) => id, eventSourceArn } = this.#settings;
    return createDelivery({
      ...this.#settings,
      mapping,
      stopping: this.#stopping.signal,
      streamArn: eventSourceArn,
      functionArn: functionArn(mapping.functionId),
    });
  }

  /** Notes the round in which a look begins. The returned function records that this look found the shard empty. */
  #noteLook(reader: Reader): () => void {
    const round = this.#round;
    return () => {
      reader.emptyIn = round;
      this.#resolveWaiters();
    };
  }

  async #finish(reader: Reader): Promise<void> {
    this.#positions.set(reader.mapping.logicalId, reader.shardId, 'finished');
    await this.open();
    this.#readers.delete(reader);
    this.#resolveWaiters();
  }

  #restart(reader: Reader, error: unknown): void {
    if (error instanceof Stopped) return;
    const { mapping, shardId } = reader;
    this.#settings.log(`streams: ${mapping.logicalId}: ${error instanceof Error ? error.stack : String(error)}`);
    this.#readers.delete(reader);
    setTimeout(() => this.#stopping.signal.aborted || this.#startReader(mapping, shardId), PAUSE_AFTER_FAULT_MS);
  }

  #resolveWaiters(): void {
    const emptyIn = Math.min(...[...this.#readers].map((reader) => reader.emptyIn));
    for (const waiter of this.#waiters) {
      if (emptyIn < waiter.round && !this.#stopping.signal.aborted) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
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

/** Decides how long readers rest between looks: longer while nothing comes, shorter after a nudge or in a hurry. */
class Pace {
  readonly #isHurried: () => boolean;
  readonly #resting = new Set<() => void>();

  constructor(isHurried: () => boolean) {
    this.#isHurried = isHurried;
  }

  nudge(): void {
    for (const wake of [...this.#resting]) wake();
  }

  rest(idleReads: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake(0), this.#restMs(idleReads));
      const wake = (lingerMs: number) => {
        clearTimeout(timer);
        this.#resting.delete(nudged);
        setTimeout(resolve, lingerMs);
      };
      // A nudge waits a moment, so that items written together arrive together.
      const nudged = () => wake(this.#isHurried() ? 0 : SHORTEST_REST_MS);
      this.#resting.add(nudged);
    });
  }

  #restMs(idleReads: number): number {
    if (this.#isHurried()) return 1;
    return Math.min(LONGEST_REST_MS, SHORTEST_REST_MS * 2 ** Math.min(idleReads, 4));
  }
}
