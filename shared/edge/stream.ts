/**
 * The frame of every consumer of the table's stream. The changes of a consumer arrive in order, at least once. If one fails,
 * it and all later ones of the batch are delivered again; one that never succeeds ends up alone as a dead letter.
 */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { Instant } from '../domain/facts.ts';
import { instantOf } from '../domain/instants.ts';
import type { Change, Images } from '../usecases/ports/store.ts';
import { anonymous, logError } from './log.ts';

/** Handles changes in order and returns the number of successes before the first failure. */
export type HandleChanges = (changes: Change[]) => Promise<number>;

export const streamConsumer =
  (name: string, images: Images, handle: HandleChanges) =>
  async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    try {
      const changes = readable(name, images, records);
      const succeeded = changes.length === 0 ? 0 : await handle(changes);
      const failed = records[succeeded]?.dynamodb?.SequenceNumber;
      return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
    } catch (error) {
      logError('stream batch failed', error, { consumer: name, records: records.length });
      throw anonymous(error);
    }
  };

/** The changes before the first unreadable one. */
const readable = (name: string, images: Images, records: DynamoDBRecord[]): Change[] => {
  const changes: Change[] = [];
  try {
    for (const record of records) changes.push(changeIn(record, images));
  } catch (error) {
    logError('stream record is unreadable', error, { consumer: name });
  }
  return changes;
};

const changeIn = ({ dynamodb }: DynamoDBRecord, images: Images): Change => {
  const { OldImage, NewImage, ApproximateCreationDateTime } = dynamodb ?? {};
  return {
    at: secondsToInstant(ApproximateCreationDateTime),
    before: OldImage && images.recordOf(OldImage),
    after: NewImage && images.recordOf(NewImage),
  };
};

const secondsToInstant = (seconds: number | undefined): Instant => {
  if (seconds === undefined) throw new TypeError('the stream record has no creation time');
  return instantOf(Math.round(seconds * 1000));
};
