/** Erasures in which each call to DynamoDB fails in turn, through the API of the served stack. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';
import { type Person, unmistakable } from '../support/unmistakable.ts';

const stack = servedForAll({ now: '2027-03-01T09:00:00.000Z' });

const { call } = stack;
const { person, record, residueOf, receiptOf, erase } = unmistakable(stack);

/** The SDK's number of attempts. */
const MOST_ATTEMPTS = 4;
const plan = async (skip: number, how: string) => {
  const { status } = await call('PUT', '/_local/faults', { function: 'privacy', skip, count: MOST_ATTEMPTS, how });
  expect(status).toBe(200);
};
/** Whether a call was there to fail. */
const calledOff = async (): Promise<boolean> => {
  const { body } = await call('GET', '/_local/faults');
  await call('DELETE', '/_local/faults');
  return body.plan.failed > 0;
};

/** A consumer with a few records of every kind that a step processes. */
const somebody = async (): Promise<Person> => {
  const one = await person();
  const path = `/v1/consumers/${one.consumerId}`;
  const n = one.contacts.phone.slice(-3);
  const attributes = { orderId: `quillorder${n}`, totalMinor: 5_000 };
  await record(one.consumerId, { type: 'order_placed', eventId: `quillevent${n}`, attributes });
  await record(one.consumerId, { type: 'review_written', attributes: { note: `quilltext${n}` } });
  await call('POST', `${path}/points`, { type: 'add', points: 5, reason: `quilltext${n}` });
  await call('POST', `${path}/consents`, { channel: 'sms', state: 'granted', source: 'shop', method: 'form' });
  expect((await call('PUT', `/v1/lists/friends/members/${one.consumerId}`)).status).toBe(204);
  expect((await call('POST', `${path}/exports`, { format: 'csv' })).status).toBe(202);
  return one;
};
/** Settles streams and workflows without compacting the disk, which takes seconds. */
const settled = async () => expect((await call('PUT', '/_local/clock', { advance: 'PT1M' })).status).toBe(200);

/** Settled together. */
const TOGETHER = 20;

/** Repeats the request until it returns `running`, as a caller does after a failed request. */
const begun = async (one: Person): Promise<string> => {
  for (;;) {
    const { status, body } = await erase(one);
    if (status === 202) return body.erasureId;
    expect([status, body.code]).toEqual([500, 'internal_error']);
  }
};

describe('an erasure in which a call to DynamoDB fails', () => {
  beforeAll(async () => {
    await call('POST', '/v1/lists', { listId: 'friends', name: 'Friends' });
    const rule = { attribute: 'customerValue.orders', operator: 'gte', value: 1 };
    await call('POST', '/v1/segments', { segmentId: 'buyers', name: 'Buyers', rule });
    await call('POST', '/_local/settle');
  }, 60_000);
  const standing: Person[] = [];

  it.each([
    ['refused', 40],
    ['answer_lost', 10],
  ])(
    'permanently, at any call, completes as without the fault: %s',
    async (how, fewest) => {
      const erased: Person[] = [];
      const receipts: Record<string, unknown>[] = [];
      for (let hasFailed = true; hasFailed; ) {
        if (standing.length < 2) {
          for (let n = 0; n < TOGETHER; n++) standing.push(await somebody());
          await settled();
        }
        const one = standing.pop() as Person;
        await plan(erased.length, how);
        const erasureId = await begun(one);
        await settled();
        hasFailed = await calledOff();
        const receipt = await receiptOf(erasureId);
        expect([erased.length, receipt.status]).toEqual([erased.length, 'completed']);
        erased.push(one);
        receipts.push(receipt.itemsRemoved);
      }
      expect(erased.length).toBeGreaterThan(fewest);
      // The last erasure had no call left to fail.
      const whole = receipts.at(-1);
      for (const [nth, counts] of receipts.entries()) expect([nth, counts]).toEqual([nth, whole]);
      await call('POST', '/_local/settle');
      expect(await residueOf({ marks: erased.flatMap(({ marks }) => marks) })).toEqual([]);
      expect((await call('GET', '/v1/segments/buyers')).body.memberCount).toBe(standing.length);
      expect((await call('GET', '/v1/lists/friends')).body.memberCount).toBe(standing.length);
      const { rfm } = (await call('GET', `/v1/consumers/${standing[0]?.consumerId}`)).body;
      expect(rfm.population).toBe(standing.length);
    },
    600_000,
  );
});
