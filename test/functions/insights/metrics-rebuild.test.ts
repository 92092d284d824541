import { describe, expect, it } from '@jest/globals';
import { makeHandler as rebuildSlice } from '../../../functions/insights/steps/fold-slice.ts';
import { makeHandler as listSlices } from '../../../functions/insights/steps/list-slices.ts';
import { makeHandler as metricsRebuild } from '../../../functions/outbox/jobs/metrics-rebuild.ts';
import { msOf } from '../../../shared/domain/instants.ts';
import { type Tallied, tallyKeyOf, tallyValueAt } from '../../../shared/domain/segments/tally.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { depsOn, NOW, storeWith, sumsOf } from '../../support/events.ts';
import { settingsAsking } from '../../support/records.ts';
import { outputOf } from '../../support/workflow.ts';

/** The output of the workflow on these consumers. */
const ran = (store: Store, input: unknown): Promise<unknown> =>
  outputOf(
    'metrics-rebuild',
    { 'list-slices': listSlices({ store }), 'fold-slice': rebuildSlice(depsOn(store)) },
    input,
  );

/** One has other sums than its history gives, another one those of older rules. */
const world = async (): Promise<Store> => {
  const ids = Array.from({ length: 12 }, (_, n) => `c${n}`);
  const store = await storeWith(...ids);
  const [one, other] = await store.get([
    { kind: 'metrics', consumerId: 'c3' },
    { kind: 'metrics', consumerId: 'c5' },
  ]);
  if (one) await store.commit([{ put: { ...one, paidMinor: 1 }, expect: 'present' }]);
  if (other) await store.commit([{ put: { ...other, scoringVersion: 1 }, expect: 'present' }]);
  return store;
};

describe('the workflow that folds everyone again', () => {
  it('after new rules folds those who were made by others', async () => {
    expect(await ran(await world(), { now: NOW })).toEqual({ consumers: 12, differed: 1 });
  });

  it('gives everyone what a new segment rule asks of their events, once', async () => {
    const store = await storeWith('c1', 'c2', 'c3');
    const orders = (...placed: string[]) =>
      placed.map((orderId) => ({ type: 'order_placed', attributes: { orderId, totalMinor: 250 } }));
    await recordEvents(depsOn(store), { consumerId: 'c1', now: NOW }, orders('o1', 'o2'));
    await recordEvents(depsOn(store), { consumerId: 'c2', now: NOW }, [{ type: 'visit', attributes: {} }]);
    await recordEvents(depsOn(store), { consumerId: 'c3', now: NOW }, orders('o1'));
    const spent: Tallied = { event: 'order_placed', where: [], measure: { sum: 'totalMinor' }, within: { days: 30 } };
    const spentBy = async (consumerId: string) =>
      tallyValueAt((await sumsOf(store, consumerId)).tallies[tallyKeyOf(spent)], spent, msOf(NOW));
    await store.commit([{ put: settingsAsking(1, spent), expect: 'absent' }]);
    await recordEvents(depsOn(store), { consumerId: 'c3', now: NOW }, orders('o2'));
    expect(await ran(store, { now: NOW })).toEqual({ consumers: 3, differed: 2 });
    expect(await Promise.all(['c1', 'c2', 'c3'].map(spentBy))).toEqual([500, 0, 500]);
    expect(await ran(store, { now: NOW, always: true })).toEqual({ consumers: 3, differed: 0 });
    await store.commit([{ put: settingsAsking(2), expect: 'present' }]);
    expect(await ran(store, { now: NOW })).toEqual({ consumers: 3, differed: 3 });
    expect((await sumsOf(store, 'c1')).tallies).toEqual({});
  });

  it('always, where it is told so, and says for how many history and sums did not agree', async () => {
    const store = await world();
    expect(await ran(store, { now: NOW, always: true })).toEqual({ consumers: 12, differed: 2 });
    expect(await ran(store, { now: NOW, always: true })).toEqual({ consumers: 12, differed: 0 });
  });

  it('counts on from step to step', async () => {
    const so = { slice: 0, now: NOW, always: false, consumers: 20_000, differed: 7 };
    const { consumers, differed } = await rebuildSlice(depsOn(await storeWith('c1')))(so);
    expect([consumers >= 20_000, differed]).toEqual([true, 7]);
  });

  it('is started by the job of its name, for everyone, once for each instant', async () => {
    const started: unknown[][] = [];
    const start = async (...asked: unknown[]) => void started.push(asked);
    const handler = metricsRebuild({ workflows: { start } });
    await handler({ job: 'metrics-rebuild', scheduledAt: NOW, trigger: 'schedule' });
    expect(started).toEqual([['metrics-rebuild', 'everyone-20260301120000000', { now: NOW, always: true }]]);
  });
});
