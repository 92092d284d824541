import { describe, expect, it } from '@jest/globals';
import { makeHandler as insightsRebuild } from '../../../functions/insights/jobs/insights-rebuild.ts';
import { makeHandler as loyaltyDecay } from '../../../functions/insights/jobs/loyalty-decay.ts';
import { makeHandler as rebuildSlice } from '../../../functions/insights/steps/fold-slice.ts';
import { makeHandler as listSlices } from '../../../functions/insights/steps/list-slices.ts';
import type { JobEvent } from '../../../shared/edge/catalogue.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import { rebuildSummary } from '../../../shared/usecases/insights/rebuild-summary.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { depsOn, NOW, storeWith, sumsOf } from '../../support/events.ts';

const visit = { type: 'visit', attributes: {} };

describe('a job', () => {
  const rebuild = async (trigger: 'manual' | 'schedule', scheduledAt = NOW) => {
    const store = await storeWith('c1');
    await rebuildSummary(depsOn(store), { now: NOW, always: true });
    return insightsRebuild(depsOn(store))({ job: 'insights-rebuild', scheduledAt, trigger });
  };

  it('that somebody asks for does its work even where nothing needs it', async () => {
    expect(await rebuild('manual')).toMatchObject({ rebuilt: true });
    expect(await rebuild('schedule')).toMatchObject({ rebuilt: false });
  });

  it('throws where its schedule does not say for when it is', async () => {
    await expect(rebuild('schedule', 'tomorrow')).rejects.toMatchObject({ name: 'TypeError' });
  });
});

describe('the job that announces bands', () => {
  it('fails where anybody did, so that somebody is told', async () => {
    const store = await storeWith('c1');
    const [metrics] = await store.get([{ kind: 'metrics', consumerId: 'c1' }], true);
    if (metrics) await store.commit([{ put: { ...metrics, dueAt: NOW }, expect: 'present' }]);
    const handler = (get: Store['get']) => loyaltyDecay(depsOn({ ...store, get }));
    const event: JobEvent = { job: 'loyalty-decay', scheduledAt: NOW, trigger: 'schedule' };
    const down = () => Promise.reject(new TypeError('down'));
    await expect(handler(down)(event)).rejects.toMatchObject({ name: 'BandsNotAnnounced' });
    expect(await handler(store.get)(event)).toEqual({ examined: 1, changed: 0, nextDueAt: null });
  });
});

describe('the steps of a rebuild of all metrics', () => {
  it('list the slices, and fold each one until it is done', async () => {
    const ids = Array.from({ length: 12 }, (_, n) => `c${n}`);
    const store = await storeWith(...ids);
    for (const consumerId of ids) await recordEvents(depsOn(store), { consumerId, now: NOW }, [visit]);
    const right = await sumsOf(store, 'c7');
    for (const consumerId of ids) {
      const [metrics] = await store.get([{ kind: 'metrics', consumerId }], true);
      if (metrics)
        await store.commit([{ put: { ...metrics, activitySum: '0', scoringVersion: 1 }, expect: 'present' }]);
    }
    const { slices } = await listSlices({ store })({ now: NOW });
    expect(slices).toHaveLength(store.slices);
    let folded = 0;
    for (const slice of slices) {
      const answer = await rebuildSlice(depsOn(store))(JSON.parse(JSON.stringify(slice)));
      expect(answer).toMatchObject({ done: true, now: NOW });
      folded += answer.differed;
    }
    expect(folded).toBe(ids.length);
    expect(await sumsOf(store, 'c7')).toEqual(right);
  });
});
