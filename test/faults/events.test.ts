import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { recordBatch } from '../../shared/usecases/events/batch.ts';
import { recordEvents } from '../../shared/usecases/events/record.ts';
import type { EventInput } from '../../shared/usecases/events/recording.ts';
import { rebuildMetrics } from '../../shared/usecases/insights/rebuild-metrics.ts';
import type { Deps } from '../../shared/usecases/ports/deps.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { WriteConflict } from '../../shared/usecases/ports/store.ts';
import { depsOn, histories, NOW, storeWith, sumsOf } from '../support/events.ts';
import { FAULTS, failingAt, untilAnswered } from '../support/wrapped-stores.ts';

const HISTORY: EventInput[] = [
  { type: 'order_placed', eventId: 'e1', attributes: { orderId: 'o1', totalMinor: 5_000 } },
  { type: 'order_placed', attributes: { orderId: 'o2', totalMinor: 700 } },
  { type: 'order_refunded', attributes: { orderId: 'o1', refundId: 'r1', amountMinor: 1_000, returned: true } },
  { type: 'message_engaged', eventId: 'e2', attributes: { messageId: 'm1', channel: 'email' } },
  { type: 'order_rejected', eventId: 'e3', attributes: { orderId: 'o2' } },
  { type: 'visit', eventId: 'e4', attributes: { geo: { city: 'Leeds' } } },
];

/** A store whose commit of this number takes effect, and is answered by a conflict with others. */
const takingEffectUnnoticed = (store: Store, nth: number): Store => {
  let commits = 0;
  const commit: Store['commit'] = async (writes) => {
    commits += 1;
    await store.commit(writes);
    if (commits === nth) throw new WriteConflict([]);
  };
  return { ...store, commit };
};

/** New ids are numbers, so that what two stores hold can be compared. */
const numbering = (store: Store): Deps => {
  let made = 0;
  return { ...depsOn(store), newId: () => String(++made) };
};

/** Nothing in it tells a repetition from the first. */
const NAMELESS: EventInput[] = [
  { type: 'visit', attributes: {} },
  { type: 'order_placed', attributes: { orderId: 'o1', totalMinor: 700 } },
  { type: 'visit', attributes: { geo: { city: 'Leeds' } } },
  { type: 'order_refunded', attributes: { orderId: 'o1', refundId: 'r1', amountMinor: 100 } },
  { type: 'review_written', attributes: {} },
  { type: 'message_sent', attributes: { messageId: 'm1', channel: 'email' } },
];

describe('when the database fails at any call in turn', () => {
  const calls = Array.from({ length: 2 * HISTORY.length + 4 }, (_, n) => n + 1);
  const cases = calls.flatMap((call) => FAULTS.map((fault) => [call, fault] as const));

  it.each(cases)('call %i, %s: sent again, every event is counted once', async (call, fault) => {
    const expected = await storeWith('c1');
    for (const input of HISTORY) await recordEvents(depsOn(expected), { consumerId: 'c1', now: NOW }, [input]);
    const plain = await storeWith('c1');
    const store = failingAt(plain, call, fault);
    for (const input of HISTORY) {
      const send = () => recordEvents(depsOn(store), { consumerId: 'c1', now: NOW }, [input]);
      expect(await untilAnswered(send)).toMatchObject([{ status: expect.stringMatching(/created|duplicate/) }]);
    }
    expect(await sumsOf(plain, 'c1')).toEqual(await sumsOf(expected, 'c1'));
    expect(await rebuildMetrics(depsOn(plain), 'c1', { now: NOW, always: true })).toBe(false);
  });

  it.each(Array.from({ length: 3 }, (_, n) => n + 1))(
    'commit %i takes effect and is answered by a conflict: every event is counted once, and accepted',
    async (nth) => {
      const expected = await storeWith('c1');
      await recordEvents(numbering(expected), { consumerId: 'c1', now: NOW }, NAMELESS);
      const plain = await storeWith('c1');
      const deps = numbering(takingEffectUnnoticed(plain, nth));
      for (const inputs of [NAMELESS.slice(0, 2), NAMELESS.slice(2, 4), NAMELESS.slice(4)]) {
        const outcomes = await recordEvents(deps, { consumerId: 'c1', now: NOW }, inputs);
        expect(outcomes.map(({ status }) => status)).toEqual(inputs.map(() => 'created'));
      }
      expect(await sumsOf(plain, 'c1')).toEqual(await sumsOf(expected, 'c1'));
      expect((await plain.eventsOf('c1', { limit: 20 })).items).toHaveLength(NAMELESS.length);
      expect(await rebuildMetrics(depsOn(plain), 'c1', { now: NOW, always: true })).toBe(false);
    },
  );

  it('a batch without ids of its own, under one key, counts once what was done before it broke off', () =>
    fc.assert(
      fc.asyncProperty(
        histories,
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(...FAULTS),
        async (history, call, fault) => {
          const items = history.map(({ eventId: _, ...input }, index) => {
            const consumerId = input.attributes['orderId'] === undefined && index % 2 === 0 ? 'c2' : 'c1';
            return { index, consumerId, input };
          });
          const expected = await storeWith('c1', 'c2');
          await recordBatch(depsOn(expected), { now: NOW, keyHash: 'key' }, items);
          const plain = await storeWith('c1', 'c2');
          const store = failingAt(plain, call, fault);
          await untilAnswered(() => recordBatch(depsOn(store), { now: NOW, keyHash: 'key' }, items));
          for (const consumerId of ['c1', 'c2']) {
            expect(await sumsOf(plain, consumerId)).toEqual(await sumsOf(expected, consumerId));
          }
        },
      ),
      { numRuns: 80 },
    ));
});
