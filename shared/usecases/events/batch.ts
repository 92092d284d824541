/** Recording events of many consumers: each consumer's in one go and in their order, a few consumers at a time. */
import { sha256 } from '../../domain/canonical.ts';
import type { Instant } from '../../domain/facts.ts';
import { inParallel } from '../common/in-parallel.ts';
import type { RecordingDeps } from './record.ts';
import { recordEvents } from './record.ts';
import type { EventInput, Outcome } from './recording.ts';

/** An event of a batch whose consumer is known. */
export interface BatchItem {
  /** Its place in the batch. */
  index: number;
  consumerId: string;
  input: EventInput;
}
export interface Batch {
  now: Instant;
  /** Identifies the request among its caller's, where it carries an Idempotency-Key. */
  keyHash: string | undefined;
}

const CONSUMERS_AT_ONCE = 8;

/**
 * What became of each event, by its place in the batch. Events without an id of their own are given one that a
 * repetition of the request gives them again, so that a batch that broke off can be sent again without counting twice.
 */
export const recordBatch = async (
  deps: RecordingDeps,
  { now, keyHash }: Batch,
  items: readonly BatchItem[],
): Promise<Map<number, Outcome>> => {
  const byConsumer = Map.groupBy(items, ({ consumerId }) => consumerId);
  const outcomes = new Map<number, Outcome>();
  await inParallel([...byConsumer], CONSUMERS_AT_ONCE, async ([consumerId, own]) => {
    const inputs = own.map((item) => withId(item, keyHash));
    const ownOutcomes = await recordEvents(deps, { consumerId, now }, inputs);
    own.forEach(({ index }, place) => {
      const outcome = ownOutcomes[place];
      if (outcome) outcomes.set(index, outcome);
    });
  });
  return outcomes;
};

const withId = ({ index, input }: BatchItem, keyHash: string | undefined): EventInput =>
  input.eventId !== undefined || keyHash === undefined ? input : { ...input, eventId: idMadeFor(keyHash, index) };

/** The id of an event that the caller gave none: the same in each repetition of the request. */
export const idMadeFor = (keyHash: string, index: number): string => `request-${sha256(`${keyHash}\n${index}`)}`;
