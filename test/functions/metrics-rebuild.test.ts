import { describe, expect, it } from '@jest/globals';
import { makeHandler as foldSlice } from '../../functions/insights/fold-slice.ts';
import { makeHandler as listSlices } from '../../functions/insights/list-slices.ts';
import { makeHandler as metricsRebuild } from '../../functions/outbox/metrics-rebuild.ts';
import type { Store } from '../../shared/usecases/ports.ts';
import { depsOn, NOW, storeWith } from '../support/events.ts';
import { outputOf } from '../support/workflow.ts';

/** The output of the workflow on these consumers. */
const ran = (store: Store, input: unknown): Promise<unknown> =>
  outputOf('metrics-rebuild', { 'list-slices': listSlices({ store }), 'fold-slice': foldSlice(depsOn(store)) }, input);

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

  it('always, where it is told so, and says for how many history and sums did not agree', async () => {
    const store = await world();
    expect(await ran(store, { now: NOW, always: true })).toEqual({ consumers: 12, differed: 2 });
    expect(await ran(store, { now: NOW, always: true })).toEqual({ consumers: 12, differed: 0 });
  });

  it('counts on from step to step', async () => {
    const so = { slice: 0, now: NOW, always: false, consumers: 20_000, differed: 7 };
    const { consumers, differed } = await foldSlice(depsOn(await storeWith('c1')))(so);
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
