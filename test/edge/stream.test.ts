import { describe, expect, it } from '@jest/globals';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { itemOf, recordOf } from '../../shared/data/items.ts';
import { streamConsumer } from '../../shared/edge/stream.ts';
import type { Change } from '../../shared/usecases/ports/store.ts';
import { metricsOf } from '../support/records.ts';

const images = { recordOf: (image: object) => recordOf(image as never) };
const record = (n: number, other: object = {}) => ({
  dynamodb: {
    SequenceNumber: `s${n}`,
    ApproximateCreationDateTime: 1_767_225_600,
    NewImage: itemOf(metricsOf(`c${n}`, { engagedMinutes: [1, 2 ** 31], version: n })),
    ...other,
  },
});
const deliver = (handle: (changes: Change[]) => Promise<number>, ...records: object[]) =>
  streamConsumer('test', images, handle)({ Records: records } as DynamoDBStreamEvent);

describe('a consumer of the stream', () => {
  it('receives the records before and after the change, and its time', async () => {
    const seen: Change[] = [];
    const OldImage = itemOf(metricsOf('c1'));
    await deliver(async (changes) => seen.push(...changes), record(1, { OldImage }), record(2));
    expect(seen).toMatchObject([
      {
        at: '2026-01-01T00:00:00.000Z',
        before: metricsOf('c1'),
        after: { consumerId: 'c1', engagedMinutes: [1, 2 ** 31] },
      },
      { before: undefined, after: { consumerId: 'c2' } },
    ]);
  });

  it.each([
    [0, [{ itemIdentifier: 's1' }]],
    [2, [{ itemIdentifier: 's3' }]],
    [3, []],
  ])('that handled %i of three changes receives the rest again', async (succeeded, batchItemFailures) => {
    const answer = await deliver(async () => succeeded, record(1), record(2), record(3));
    expect(answer).toEqual({ batchItemFailures });
  });

  it('receives the changes before an unreadable record, which is delivered again', async () => {
    const seen: unknown[] = [];
    const unreadable = record(2, { NewImage: { kind: { S: 'riddle' } } });
    const answer = await deliver(async (changes) => seen.push(...changes), record(1), unreadable, record(3));
    expect(seen).toHaveLength(1);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 's2' }] });
  });

  it('that throws receives the whole batch again', async () => {
    const failing = deliver(async () => Promise.reject(new RangeError('no')), record(1));
    await expect(failing).rejects.toMatchObject({ name: 'RangeError' });
  });
});
