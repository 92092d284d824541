import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryStore } from '../../../shared/data/memory-store.ts';
import type { Tallied } from '../../../shared/domain/segments/tally.ts';
import type { Ranked } from '../../../shared/domain/summary.ts';
import { decodedSummary, percentileIn, populationOf } from '../../../shared/domain/summary.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import type { EventInput } from '../../../shared/usecases/events/recording.ts';
import { announceBands } from '../../../shared/usecases/insights/bands.ts';
import { fitChurn } from '../../../shared/usecases/insights/churn.ts';
import { countPopulation } from '../../../shared/usecases/insights/population.ts';
import { rebuildMetrics } from '../../../shared/usecases/insights/rebuild-metrics.ts';
import { rebuildSlice } from '../../../shared/usecases/insights/rebuild-slice.ts';
import { rebuildSummary } from '../../../shared/usecases/insights/rebuild-summary.ts';
import type { Change, Store } from '../../../shared/usecases/ports/store.ts';
import { depsOn, histories, NOW, storeWith, streaming, sumsOf } from '../../support/events.ts';
import { metricsOf, settingsAsking } from '../../support/records.ts';
import { written } from '../../support/standing.ts';

const order = (orderId: string, totalMinor: number, occurredAt?: string): EventInput => ({
  type: 'order_placed',
  occurredAt,
  attributes: { orderId, totalMinor },
});
const metricsIn = async (store: Store, consumerId: string) => {
  const [metrics] = await store.get([{ kind: 'metrics', consumerId }], true);
  if (!metrics) throw new Error('there are no metrics');
  return metrics;
};
const summaryIn = async (store: Store) => {
  const [summary] = await store.get([{ kind: 'summary' }], true);
  if (!summary) throw new Error('there is no summary');
  return { ...summary, content: decodedSummary(summary.content) };
};
/** Everyone's percentiles in small numbers, which are exact. */
const percentilesIn = async (store: Store) => {
  const { content } = await summaryIn(store);
  const at = (monetary: number): Ranked => ({ activity: -1, frequency: monetary / 100, monetary });
  const values = [0, 100, 200, 300, 400, 900];
  return [populationOf(content), ...values.map((value) => percentileIn(content, 'monetary', at(value)))];
};
const IDS = ['c1', 'c2', 'c3', 'c4', 'c5'];
const later = '2026-06-01T00:00:00.000Z';

describe('the summaries', () => {
  it('kept by the stream are those that a rebuild makes, in any portions, each delivered twice', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...IDS), histories), { maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (acts, size) => {
          const { store, changes } = streaming(await storeWith(...IDS));
          for (const [n, [consumerId, history]] of acts.entries()) {
            const inputs = history.map(({ eventId: _, ...input }) => ({
              ...input,
              attributes: {
                ...input.attributes,
                ...(input.attributes['orderId'] && { orderId: `${n} ${input.attributes['orderId']}` }),
              },
            }));
            await recordEvents(depsOn(store), { consumerId, now: NOW }, inputs);
          }
          for (let start = 0; start < changes.length; start += size) {
            const batch = changes.slice(start, start + size);
            await countPopulation(depsOn(store), batch);
            await countPopulation(depsOn(store), batch);
          }
          await countPopulation(depsOn(store), []);
          const [summary] = await store.get([{ kind: 'summary' }], true);
          const kept = summary ? await percentilesIn(store) : null;
          await rebuildSummary(depsOn(store), { now: NOW, always: true });
          if (kept) expect(await percentilesIn(store)).toEqual(kept);
        },
      ),
      { numRuns: 30 },
    ));

  it('leave out who is not active, and who did nothing', async () => {
    const store = await storeWith(...IDS);
    await recordEvents(depsOn(store), { consumerId: 'c1', now: NOW }, [order('o1', 100)]);
    await recordEvents(depsOn(store), { consumerId: 'c2', now: NOW }, [order('o1', 100)]);
    const metrics = await metricsIn(store, 'c2');
    await store.commit([{ put: { ...metrics, version: 9, eligible: false }, expect: 'present' }]);
    await rebuildSummary(depsOn(store), { now: NOW, always: true });
    expect(await percentilesIn(store)).toEqual([1, 0, 50, 100, 100, 100, 100]);
  });

  it('are rebuilt again where changes were counted meanwhile, and lose none', async () => {
    const { store, changes } = streaming(await storeWith(...IDS));
    await recordEvents(depsOn(store), { consumerId: 'c1', now: NOW }, [order('o1', 100)]);
    await countPopulation(depsOn(store), changes.splice(0));
    let readings = 0;
    const busy: Store = {
      ...store,
      populationSlice: async function* (slice) {
        yield* store.populationSlice(slice);
        readings += 1;
        if (readings !== 3) return;
        // Too late for the slices that were read, just in time for the summary that is to be replaced.
        await recordEvents(depsOn(store), { consumerId: 'c2', now: NOW }, [order('o1', 200)]);
        await countPopulation(depsOn(store), changes.splice(0));
      },
    };
    expect(await rebuildSummary(depsOn(busy), { now: NOW, always: true })).toMatchObject({ population: 2 });
    expect(readings).toBe(2 * store.slices);
    expect(await percentilesIn(store)).toEqual([2, 0, 25, 75, 100, 100, 100]);
  });

  it('are rebuilt by the next run where a change may have been counted twice', async () => {
    const { store, changes } = streaming(await storeWith(...IDS));
    await recordEvents(depsOn(store), { consumerId: 'c1', now: NOW }, [order('o1', 100)]);
    await rebuildSummary(depsOn(store), { now: NOW, always: true });
    await countPopulation(depsOn(store), changes); // the rebuild has seen this order already
    expect((await percentilesIn(store))[0]).toBe(2);
    const next = await rebuildSummary(depsOn(store), { now: '2026-03-01T12:05:00.000Z', always: false });
    expect(next).toEqual({ rebuilt: true, population: 1, nextDueAt: null });
    expect(await rebuildSummary(depsOn(store), { now: later, always: false })).toMatchObject({ rebuilt: false });
  });
});

describe('a rebuild', () => {
  const minute = (n: number) => new Date(Date.parse(NOW) + n * 60_000).toISOString();
  const change = (consumerId: string, version: number, at: string, orders: [number, number]): Change => {
    const [before, after] = orders.map((count) => metricsOf(consumerId, { version, orders: count }));
    return { at, before, after };
  };
  /** Everyone bought once, and has just been read. */
  const read = async (population: number) => {
    const store = memoryStore();
    for (let n = 0; n < population; n++) {
      await written(store, metricsOf(`c${n}`, { orders: 1 }));
    }
    await rebuildSummary(depsOn(store), { now: NOW, always: true });
    return store;
  };
  /** How often the job rebuilt within the hour, where this was changed in each minute of it. */
  const rebuildsAmid = async (store: Store, changesOf: (n: number) => Change[]) => {
    let rebuilds = 0;
    for (let n = 1; n <= 60; n++) {
      await countPopulation(depsOn(store), changesOf(n));
      const { rebuilt } = await rebuildSummary(depsOn(store), { now: minute(n), always: false });
      if (rebuilt) rebuilds += 1;
    }
    return rebuilds;
  };

  it('is not called for by changes that move nobody, or are told again', async () => {
    const store = await read(200);
    const moved = change('c1', 2, NOW, [1, 2]);
    await countPopulation(depsOn(store), [{ ...moved, at: minute(-10) }]);
    await rebuildSummary(depsOn(store), { now: NOW, always: true });
    expect(await rebuildsAmid(store, (n) => [change('c2', n, minute(n), [1, 1]), moved])).toBe(0);
  });

  it('for the sake of unsettled changes comes four times an hour at most, whatever the traffic', async () => {
    const store = await read(2_000);
    const rebuilds = await rebuildsAmid(store, (n) => [change('c1', n, minute(n - 0.1), [n, n + 1])]);
    expect(rebuilds).toBeGreaterThan(0);
    expect(rebuilds).toBeLessThanOrEqual(4);
  });

  it('mends what an import left as soon as it is quiet, and says when', async () => {
    const store = await read(20);
    await countPopulation(depsOn(store), [change('c1', 2, minute(1), [1, 2])]);
    const atOnce = await rebuildSummary(depsOn(store), { now: minute(1.5), always: false });
    expect(atOnce).toMatchObject({ rebuilt: false, nextDueAt: minute(2) });
    expect(await rebuildSummary(depsOn(store), { now: minute(2), always: false })).toMatchObject({ rebuilt: true });
  });

  it.each([
    ['that came late: its schedule says nothing about when it read', [40], 1],
    ['in a batch that has later ones too: each change is judged by its own instant', [1, 20], 1],
    ['once later ones are known to be', [1, 5, 7, 8], 2],
  ])('leaves changes unsettled that it may have seen %s', async (_, minutes, unsettled) => {
    const store = await read(20);
    const changes = minutes.map((n) => change('c1', n, minute(n), [n, n + 1]));
    await countPopulation(depsOn(store), changes);
    expect(await summaryIn(store)).toMatchObject({ unsettled, content: { changesSinceRebuild: minutes.length } });
  });
});

describe('loyalty bands', () => {
  /** Five orders of 40 points each: 200 at once, vip. */
  const vip = async () => {
    const world = streaming(await storeWith('c1'));
    const orders = [1, 2, 3, 4, 5].map((n) => order(`o${n}`, 30_000));
    await recordEvents(depsOn(world.store), { consumerId: 'c1', now: NOW }, orders);
    return world;
  };
  const MOST = 1_000;
  const daysAfter = (at: string) => (Date.parse(at) - Date.parse(NOW)) / 86_400_000;

  it('rise with what a consumer does, at once', async () => {
    const { store } = await vip();
    expect(await metricsIn(store, 'c1')).toMatchObject({ band: 'vip', bandSince: NOW, bandCause: 'change' });
  });

  const asked: Tallied = { event: 'order_placed', where: [], measure: 'count', within: null };

  it.each([
    ['', []],
    [', while what a new segment rule asks of events is still being counted', [asked]],
  ])('fall by decay alone, each at its own instant, however late the job runs%s', async (_, tallied) => {
    const { store, changes } = await vip();
    if (tallied.length > 0) await store.commit([{ put: settingsAsking(1, ...tallied), expect: 'absent' }]);
    changes.splice(0);
    const result = await announceBands(depsOn(store), { now: '2028-01-01T00:00:00.000Z', most: MOST });
    const falls = changes.flatMap(({ before, after }) =>
      before?.kind === 'metrics' && after?.kind === 'metrics' && before.band !== after.band
        ? [[after.band, after.bandCause, daysAfter(after.bandSince)] as const]
        : [],
    );
    expect(falls.map(([band, cause]) => [band, cause])).toEqual([
      ['loyal', 'time'],
      ['regular', 'time'],
      ['returning', 'time'],
      ['new', 'time'],
    ]);
    // 200 · 2^(−t/90) falls to the threshold after 90 · log2(200 / threshold) days.
    for (const [index, threshold] of [150, 100, 50, 25].entries()) {
      expect(falls[index]?.[2]).toBeCloseTo(90 * Math.log2(200 / threshold), 5);
    }
    expect(result).toMatchObject({ changed: 4, nextDueAt: null });
    expect(await announceBands(depsOn(store), { now: '2029-01-01T00:00:00.000Z', most: MOST })).toMatchObject({
      examined: 0,
      changed: 0,
    });
  });

  it('are looked at when they are due, not before', async () => {
    const { store } = await vip();
    const { nextDueAt } = await announceBands(depsOn(store), { now: NOW, most: MOST });
    expect(daysAfter(nextDueAt ?? '')).toBeCloseTo(90 * Math.log2(200 / 150), 5);
    expect(await announceBands(depsOn(store), { now: nextDueAt ?? '', most: MOST })).toMatchObject({ changed: 1 });
  });

  const visited = (store: Store, now: string) =>
    recordEvents(depsOn(store), { consumerId: 'c1', now }, [{ type: 'visit', attributes: {} }]);
  const foldedFor = async (store: Store, now: string) => {
    await store.commit([{ put: settingsAsking(1, asked), expect: 'absent' }]);
    await rebuildMetrics(depsOn(store), 'c1', { now, always: false });
  };

  it.each([
    ['an event', visited],
    ['a fold for a new segment rule', foldedFor],
  ])('that time has changed are dated to that instant, where %s finds out first', async (_, happens) => {
    const { store } = await vip();
    await happens(store, '2026-06-01T00:00:00.000Z');
    const { band, bandCause, bandSince } = await metricsIn(store, 'c1');
    expect([band, bandCause]).toEqual(['regular', 'time']);
    expect(daysAfter(bandSince)).toBeCloseTo(90, 5);
  });

  it.each([
    ['another half-life', { halfLifeDays: 30 }],
    [
      'other bands',
      {
        bands: [
          { band: 'new', from: 0 },
          { band: 'gold', from: 120 },
        ],
      },
    ],
  ])('that other rules have changed are dated to the moment they are known: %s', async (_, value) => {
    const { store } = await vip();
    const loyalty = { version: 1, updatedAt: NOW, updatedBy: 'staff', value };
    await store.commit([{ put: { kind: 'settings', version: 1, documents: { loyalty } }, expect: 'absent' }]);
    await announceBands(depsOn(store), { now: later, most: MOST });
    expect(await metricsIn(store, 'c1')).toMatchObject({ band: 'new', bandSince: later, bandCause: 'change' });
  });

  it('never flip back and forth where an event came before the job did', async () => {
    const { store, changes } = await vip();
    const now = '2026-06-01T00:00:00.000Z';
    await recordEvents(depsOn(store), { consumerId: 'c1', now }, [order('o9', 30_000)]);
    changes.splice(0);
    await announceBands(depsOn(store), { now, most: MOST });
    expect(changes).toEqual([]);
  });
});

describe('a run that announces bands', () => {
  const dueAt = '2026-02-01T00:00:00.000Z';
  const allDue = async (...consumerIds: string[]) => {
    const store = memoryStore();
    for (const id of consumerIds) await written(store, metricsOf(id, { dueAt }));
    return store;
  };

  it('goes on past whoever fails, and names them', async () => {
    const ids = Array.from({ length: 205 }, (_, n) => `c${n}`);
    const store = await allDue(...ids);
    const failing: Store = {
      ...store,
      get: (keys, fresh) => {
        if (keys.some((key) => 'consumerId' in key && key.consumerId === 'c0')) throw new TypeError('unreadable');
        return store.get(keys, fresh);
      },
    };
    const { examined, failed, nextDueAt } = await announceBands(depsOn(failing), { now: NOW, most: 1_000 });
    expect([examined, failed.map(({ consumerId }) => consumerId), nextDueAt]).toEqual([205, ['c0'], dueAt]);
    expect(await store.dueConsumers('metrics', NOW, 10)).toEqual([{ consumerId: 'c0', dueAt }]);
  });

  it('leaves off when it did its share, and says that there is more', async () => {
    const store = await allDue(...Array.from({ length: 450 }, (_, n) => `c${n}`));
    const first = await announceBands(depsOn(store), { now: NOW, most: 300 });
    expect(first).toMatchObject({ examined: 400, nextDueAt: dueAt });
    expect(await announceBands(depsOn(store), { now: NOW, most: 300 })).toMatchObject({
      examined: 50,
      nextDueAt: null,
    });
  });
});

describe('folding everyone again', () => {
  const withRules = async (store: Store, halfLifeDays: number) => {
    const value = { halfLifeDays };
    const loyalty = { version: 1, updatedAt: NOW, updatedBy: 'staff', value };
    await store.commit([{ put: { kind: 'settings', version: 1, documents: { loyalty } }, expect: 'anything' }]);
  };
  /** Whatever the rules. */
  const foldEveryone = async (store: Store) => {
    const total = { consumers: 0, differed: 0 };
    for (let slice = 0; slice < store.slices; slice++) {
      const folded = await rebuildSlice(depsOn(store), { slice }, { now: NOW, most: 100, always: true });
      total.consumers += folded.consumers;
      total.differed += folded.differed;
    }
    return total;
  };
  const doing = async (store: Store) => {
    for (const [n, consumerId] of IDS.entries()) {
      await recordEvents(depsOn(store), { consumerId, now: NOW }, [order('o1', 100 * n, '2025-11-01T00:00:00.000Z')]);
    }
  };

  it('finds nothing that differs from what was kept', async () => {
    const store = await storeWith(...IDS);
    await doing(store);
    expect(await foldEveryone(store)).toEqual({ consumers: IDS.length, differed: 0 });
  });

  it('finds and mends what differs', async () => {
    const store = await storeWith(...IDS);
    await doing(store);
    const right = await sumsOf(store, 'c3');
    const metrics = await metricsIn(store, 'c3');
    await store.commit([{ put: { ...metrics, paidMinor: 1, version: metrics.version + 1 }, expect: 'present' }]);
    expect(await foldEveryone(store)).toMatchObject({ differed: 1 });
    expect(await sumsOf(store, 'c3')).toEqual(right);
  });

  it('after new rules gives what recording under them would have given, in steps that may be repeated', async () => {
    const store = await storeWith(...IDS);
    await doing(store);
    await withRules(store, 30);
    for (let slice = 0; slice < store.slices; slice++) {
      let progress = { slice, done: false, cursor: undefined as string | undefined };
      while (!progress.done) {
        await rebuildSlice(depsOn(store), progress, { now: NOW, most: 1, always: false });
        progress = {
          cursor: undefined,
          ...(await rebuildSlice(depsOn(store), progress, { now: NOW, most: 1, always: false })),
        };
      }
    }
    const expected = await storeWith(...IDS);
    await withRules(expected, 30);
    await doing(expected);
    for (const consumerId of IDS) expect(await sumsOf(store, consumerId)).toEqual(await sumsOf(expected, consumerId));
    expect(await foldEveryone(store)).toMatchObject({ differed: 0 });
  });

  it('is done by the next event of a consumer whom it has not reached', async () => {
    const store = await storeWith('c1');
    await recordEvents(depsOn(store), { consumerId: 'c1', now: NOW }, [order('o1', 100, '2025-11-01T00:00:00.000Z')]);
    await withRules(store, 30);
    await recordEvents(depsOn(store), { consumerId: 'c1', now: NOW }, [order('o2', 100)]);
    expect(await foldEveryone(store)).toEqual({ consumers: 1, differed: 0 });
  });
});

describe('the churn fit', () => {
  it('keeps the prior where there is too little history, and says so', async () => {
    const store = await storeWith('c1');
    await recordEvents(depsOn(store), { consumerId: 'c1', now: NOW }, [order('o1', 100)]);
    expect(await fitChurn(depsOn(store), NOW)).toEqual({ fitted: false, consumers: 1, parameters: 'prior' });
    expect(await store.get([{ kind: 'churnModel' }])).toEqual([undefined]);
  });

  it('fits those who bought, as of its instant', async () => {
    const ids = Array.from({ length: 150 }, (_, n) => `c${n}`);
    const store = await storeWith(...ids, 'nobody');
    for (const [n, consumerId] of ids.entries()) {
      const bought = Array.from({ length: 1 + (n % 5) }, (_, k) => 3 + ((n * 37) % 200) + k * (5 + ((n * 13) % 40)));
      const days = bought.filter((day) => day < 400);
      const orders = days.map((day, k) => order(`o${k}`, 100, new Date(Date.UTC(2025, 0, 1 + day)).toISOString()));
      await recordEvents(depsOn(store), { consumerId, now: NOW }, orders);
    }
    expect(await fitChurn(depsOn(store), NOW)).toEqual({ fitted: true, consumers: 150, parameters: 'fitted' });
    const [model] = await store.get([{ kind: 'churnModel' }]);
    expect(model).toMatchObject({ consumers: 150, fittedAt: NOW, version: 1 });
  });
});
