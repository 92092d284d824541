/** Error messages may quote personal data, and errors thrown at Lambda end up in logs, dead letters and workflow histories. */
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { Refusal } from '../../shared/domain/refusal.ts';
import { job } from '../../shared/edge/job.ts';
import { step } from '../../shared/edge/step.ts';
import { streamConsumer } from '../../shared/edge/stream.ts';
import type { StoredRecord } from '../../shared/usecases/ports/records.ts';
import { metricsOf } from '../support/records.ts';

const ADA = 'ada@example.com';
const failing = async () => {
  throw new RangeError(`no such contact: ${ADA}`, { cause: new Refusal('contact_taken', ADA) });
};
const images = { recordOf: (): StoredRecord => metricsOf('c1') };
const records = [{ dynamodb: { SequenceNumber: '1', ApproximateCreationDateTime: 1_767_225_600, NewImage: {} } }];

describe('an error thrown at Lambda', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a job', () => job(failing)({ job: 'j', scheduledAt: '2026-01-01T00:00:00.000Z', trigger: 'schedule' })],
    [
      'a consumer of the stream',
      () => streamConsumer('s', images, failing)({ Records: records } as DynamoDBStreamEvent),
    ],
    ['a step', () => step('s', z.object({}), failing)({})],
  ])('by %s contains the name of the original error only', async (_, run) => {
    const error: unknown = await run().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'RangeError' });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(ADA);
  });

  it('by a step does not contain the input', async () => {
    const run = step('s', z.strictObject({}), async () => null);
    const error: unknown = await run({ [ADA]: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'Refusal' });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(ADA);
  });
});
