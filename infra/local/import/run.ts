/** The import as a whole: batches in flight side by side, progress, checkpoint, tally. */
import type { Client } from '../client/client.ts';
import type { Batch } from './batches.ts';
import { batchesOf } from './batches.ts';
import type { Checkpoint, Checkpoints, Tally } from './checkpoint.ts';
import { emptyTally } from './checkpoint.ts';
import type { Deliver, Delivery } from './deliver.ts';
import { createDeliver } from './deliver.ts';
import { linesOf } from './lines.ts';
import type { Progress } from './progress.ts';
import type { Format, RefusedRow } from './rows.ts';
import { nameOf } from './rows.ts';

export interface Import {
  file: string;
  format: Format;
  client: Client;
  checkpoints: Checkpoints;
  progress: Progress;
  /** Batches in flight. */
  parallel: number;
  /** Ends the import after what is in flight. */
  signal?: AbortSignal;
}
export interface Imported extends Tally {
  /** Rows of the file, without empty lines and the names of columns. */
  rows: number;
  /** Consumers that the file's orders name. */
  consumers: number;
  currency: string;
  /** Whether the file came to its end. */
  finished: boolean;
}

const CHECKPOINT_EVERY_MS = 1_000;

/** Imports a file, going on where an import of it was stopped. Throws `Unreachable` when the API stays away. */
export const importFile = async (job: Import): Promise<Imported> => {
  const currency = await currencyOf(job.client);
  const deliver = createDeliver(job.client);
  const batches = () => batchesOf(job.format(linesOf(job.file), { currency }));
  const start = await startOf(await job.checkpoints.load(), batches(), deliver);
  if (start.batches > 0) job.progress.say('Going on where the last import of this file stopped.');
  return carriedOut(job, batches(), deliver, start, currency);
};

/** Where an import begins; `probed` is what became of a batch that was sent to find that out. */
interface Start extends Checkpoint {
  probed?: { index: number; delivery: Delivery };
}

/**
 * The checkpoint, if the API still holds what it says: of its last batch every order must be there. Otherwise the data
 * was emptied or restored meanwhile, and everything is sent again.
 */
const startOf = async (
  checkpoint: Checkpoint | null,
  batches: AsyncIterable<Batch>,
  deliver: Deliver,
): Promise<Start> => {
  const beginning = { batches: 0, tally: emptyTally() };
  if (!checkpoint || checkpoint.batches === 0) return beginning;
  for await (const { index, orders } of batches) {
    if (index < checkpoint.batches - 1) continue;
    const delivery = await deliver(orders);
    const isKept = delivery.created.length === 0 && delivery.consumersCreated === 0;
    return isKept ? checkpoint : { ...beginning, probed: { index, delivery } };
  }
  return beginning;
};

const carriedOut = async (
  job: Import,
  batches: AsyncGenerator<Batch>,
  deliver: Deliver,
  start: Start,
  currency: string,
): Promise<Imported> => {
  const startedMs = Date.now();
  const seen = { rows: 0, consumers: new Set<string>() };
  const { acknowledge, checkpoint } = ledgerOf(start);
  let handledRows = 0;
  let savedMs = startedMs;

  const next = oneAtATime(async (): Promise<Batch | undefined> => {
    while (!job.signal?.aborted) {
      const { value: batch } = await batches.next();
      if (!batch) return undefined;
      seen.rows += batch.orders.length + batch.refused.length;
      for (const order of batch.orders) seen.consumers.add(nameOf(order.consumer));
      if (batch.index >= start.batches) return batch;
      handledRows += batch.orders.length + batch.refused.length;
    }
    return undefined;
  });
  const save = oneAtATime(() => job.checkpoints.save(checkpoint(secondsSince(startedMs))));
  const work = async (): Promise<void> => {
    for (let batch = await next(); batch; batch = await next()) {
      const probed = batch.index === start.probed?.index ? start.probed.delivery : undefined;
      acknowledge(batch, probed ?? (await deliver(batch.orders)));
      handledRows += batch.orders.length + batch.refused.length;
      job.progress.show(handledRows);
      if (Date.now() - savedMs < CHECKPOINT_EVERY_MS) continue;
      savedMs = Date.now();
      await save();
    }
  };
  try {
    await Promise.all(Array.from({ length: job.parallel }, work));
  } finally {
    await save();
    job.progress.end();
  }
  const finished = !job.signal?.aborted;
  if (finished) await job.checkpoints.clear();
  const { tally } = checkpoint(secondsSince(startedMs));
  return { ...tally, rows: seen.rows, consumers: seen.consumers.size, currency, finished };
};

/** Keeps what was acknowledged: tallies count once the batches before them are complete, as the checkpoint says. */
const ledgerOf = (start: Checkpoint) => {
  const waiting = new Map<number, (tally: Tally) => void>();
  const tally: Tally = { ...start.tally, refused: [...start.tally.refused] };
  let batches = start.batches;
  return {
    acknowledge: (batch: Batch, delivery: Delivery): void => {
      waiting.set(batch.index, (sum) => count(sum, delivery, batch.refused));
      for (let add = waiting.get(batches); add; add = waiting.get(batches)) {
        add(tally);
        waiting.delete(batches);
        batches += 1;
      }
    },
    checkpoint: (seconds: number): Checkpoint => ({
      batches,
      tally: { ...tally, seconds: start.tally.seconds + seconds },
    }),
  };
};

const count = (sum: Tally, delivery: Delivery, refused: RefusedRow[]): void => {
  sum.consumersCreated += delivery.consumersCreated;
  sum.created += delivery.created.length;
  sum.duplicates += delivery.duplicates.length;
  for (const { totalMinor } of delivery.created) sum.createdMinor += totalMinor;
  for (const { totalMinor } of delivery.duplicates) sum.duplicatesMinor += totalMinor;
  sum.refused.push(...refused, ...delivery.refused);
};

const currencyOf = async (client: Client): Promise<string> => {
  const { status, body } = await client.call('GET', '/v1/settings/organization');
  if (status !== 200) throw new Error(`The organization's settings can't be read (status ${status}).`);
  return String((body as { currency: unknown }).currency);
};

const secondsSince = (ms: number): number => (Date.now() - ms) / 1000;

/** Calls wait for the one before them. */
const oneAtATime = <T>(call: () => Promise<T>): (() => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const own = last.then(call, call);
    last = own;
    return own;
  };
};
