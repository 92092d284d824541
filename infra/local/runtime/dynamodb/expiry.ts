/**
 * Time to live: deletes the items whose time is over by the stack's clock, as DynamoDB does in the background.
 *
 * DynamoDB Local's own sweeper lives by the machine's clock and jams on items without index keys; and it scans so slowly
 * that a table of some 100,000 items must not be searched. So the times are noted as items pass by in the stream.
 */

import type { TableModel } from '../assembly/model.ts';
import type { Clock } from '../base/clock.ts';
import type { Gate } from '../base/gate.ts';
import type { StreamRecord } from '../base/stream-records.ts';
import { type Keys, type Note, openExpiryNotes } from './expiry-notes.ts';
import { openWire, TABLES, type Wire, WireError } from './wire.ts';

export interface ExpirySettings {
  endpoint: string;
  gate?: Pick<Gate, 'through'>;
  table: TableModel;
  clock: Clock;
  /** Keeps what was noted; null forgets. */
  file: string | null;
  /** Resolves when the stream's functions have seen all that was written. */
  settle: () => Promise<void>;
  log: (line: string) => void;
}
export interface Expiry {
  /** Notes until when the item of this record lives. Records may come again; each must come once at least. */
  observe(record: StreamRecord): void;
  /** Whether the item with these keys was deleted because its time was over. */
  hasExpired(keys: Keys): boolean;
  /** Deletes what is over by now, at most a thousand items, the rest soon after; answers how many it deleted. */
  sweep(): Promise<number>;
  /** Keeps nothing any more of items that are gone. */
  forget(): void;
  stop(): Promise<void>;
}

const SWEEP_EVERY_MS = 60_000;
const SWEEP_ON_AFTER_MS = 1_000;
const MOST_PER_SWEEP = 1_000;
const DELETES_AT_ONCE = 16;

export function startExpiry(settings: ExpirySettings): Expiry {
  const { table, clock, file, log } = settings;
  const attribute = table.ttlAttribute;
  if (attribute === null) return neverExpiring;
  const wire = openWire(settings.endpoint, settings.gate);
  const notes = openExpiryNotes(file);
  const remove = remover(wire, table, attribute);

  const sweepNow = async (): Promise<number> => {
    if (notes.areSomeOver()) {
      // Once the functions have seen who deleted the last ones, that is of no more use.
      await settings.settle();
      notes.dropOver();
    }
    const over = notes.overBy(clock.nowMs() / 1000, MOST_PER_SWEEP);
    for (const note of over) notes.take({ ...note, isOver: true });
    let count = 0;
    for (let index = 0; index < over.length; index += DELETES_AT_ONCE) {
      const removals = over.slice(index, index + DELETES_AT_ONCE).map(async (note) => {
        const wasRemoved = await remove(note).catch((error: unknown) => log(`expiry: ${String(error)}`));
        if (wasRemoved === undefined) notes.take(note);
        return wasRemoved;
      });
      count += (await Promise.all(removals)).filter(Boolean).length;
    }
    return count;
  };
  const sweeps = inTurns(sweepNow);
  return {
    observe: ({ dynamodb: { Keys: keys, NewImage: image } }) => {
      const text = (image?.[attribute] as { N?: string } | undefined)?.N;
      // Our own deletion. Its note stays until the next sweep, so that the stream's functions see an expiry.
      if (text === undefined && notes.isOver(keys)) return;
      notes.take({ keys, endsAtSeconds: text === undefined ? null : Number(text) });
    },
    hasExpired: notes.isOver,
    sweep: sweeps.next,
    forget: notes.compact,
    stop: async () => {
      await sweeps.stop();
      wire.close();
    },
  };
}

/** Sweeps one after the other: each minute, sooner after one that found all that it may take, and when asked. */
function inTurns(sweep: () => Promise<number>) {
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<number> = Promise.resolve(0);
  let isStopped = false;
  const next = () => {
    last = last.catch(() => 0).then(() => (isStopped ? 0 : sweep()));
    last.then((count) => schedule(count === MOST_PER_SWEEP ? SWEEP_ON_AFTER_MS : SWEEP_EVERY_MS), schedule);
    return last;
  };
  const schedule = (afterMs: unknown) => {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => void next().catch(() => 0), typeof afterMs === 'number' ? afterMs : SWEEP_EVERY_MS);
    timer.unref();
  };
  schedule(SWEEP_EVERY_MS);
  return {
    next,
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await last.catch(() => 0);
    },
  };
}

/** Deletes an item unless it was renewed meanwhile; answers whether it did. */
const remover =
  (wire: Wire, table: TableModel, attribute: string) =>
  ({ keys, endsAtSeconds }: Note): Promise<boolean> => {
    const input = {
      ...{ TableName: table.name, Key: keys, ConditionExpression: '#ttl = :noted' },
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':noted': { N: String(endsAtSeconds) } },
    };
    return wire.send(`${TABLES}.DeleteItem`, input).then(
      () => true,
      (error: unknown) => {
        if (error instanceof WireError && error.name === 'ConditionalCheckFailedException') return false;
        throw error;
      },
    );
  };

const neverExpiring: Expiry = {
  observe: () => {},
  hasExpired: () => false,
  sweep: async () => 0,
  forget: () => {},
  stop: async () => {},
};
