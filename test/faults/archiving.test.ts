import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { plusDays } from '../../shared/domain/instants.ts';
import { decodedSummary, populationOf } from '../../shared/domain/summary.ts';
import { recordEvents } from '../../shared/usecases/events/record.ts';
import { archiveDue } from '../../shared/usecases/insights/archive.ts';
import { settleArchival } from '../../shared/usecases/insights/archiving.ts';
import { countPopulation } from '../../shared/usecases/insights/population.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { depsOn, NOW } from '../support/events.ts';
import { casesOf, failing } from '../support/failing-world.ts';
import { expectTruth, flipsOf } from '../support/segment-truth.ts';
import { keptUp, type World, world } from '../support/segments.ts';
import { shop } from '../support/shop.ts';
import { FAULTS, interleavedAnywhere, turns, untilAnswered } from '../support/wrapped-stores.ts';

const VIP = { attribute: 'tags', operator: 'contains', value: 'vip' };
const EVER = { event: 'order_placed', measure: 'count', operator: 'gte', value: 1 };
const PEOPLE = ['c1', 'c2', 'c3'];
const later = (days: number) => plusDays(NOW, days);
const visit = { type: 'visit', eventId: 'e1', attributes: {} };

/** Failures are logged. */
beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});

/** The stream's consumer as it is at its worst: each batch comes twice. */
const keep: typeof keptUp = async (deps, batch) => {
  for (let times = 0; times < 2; times++) {
    await keptUp(deps, batch);
    await countPopulation(deps, batch);
  }
};

/** Three who ordered, one of them later than the others; the third is not active. */
const peopled = async (w: World) => {
  await w.born(...PEOPLE);
  await w.tagged('c1', 'vip');
  for (const consumerId of PEOPLE) await w.ordered(consumerId, 'o1', 10);
  await w.patched('c3', { status: 'inactive' });
  await w.create('vip', VIP);
  await w.create('ever', EVER);
  await w.settled();
  w.clock.now = later(100);
  await w.ordered('c2', 'o2', 10);
  await w.settled();
};

const setImmediately = () => new Promise((resolve) => setImmediate(resolve));

const standingOf = async (store: Store, consumerId: string) => {
  const [profile, metrics] = await store.get(
    [
      { kind: 'profile', consumerId },
      { kind: 'metrics', consumerId },
    ],
    true,
  );
  return {
    ...{ tags: profile?.tags, archived: profile?.archived, archivedAt: profile?.archivedAt, dueAt: profile?.dueAt },
    ...{ eligible: metrics?.eligible, flips: await flipsOf(store, consumerId) },
  };
};
const populationIn = async (store: Store) => {
  const [summary] = await store.get([{ kind: 'summary' }], true);
  return summary ? populationOf(decodedSummary(summary.content)) : 0;
};
const resultOf = async ({ store }: World) => ({
  population: await populationIn(store),
  people: await Promise.all(PEOPLE.map((consumerId) => standingOf(store, consumerId))),
});

const archiveAfter = async (w: World, archiveAfterDays: number) => {
  const { call } = shop(w.stream);
  await call('writeSettings', {
    method: 'PUT',
    params: { document: 'profile' },
    body: { archiveAfterDays },
    now: w.clock.now,
  });
};

type Happening = [name: string, prepare: (w: World) => Promise<unknown>, happen: (w: World) => Promise<unknown>];
const HAPPENINGS: Happening[] = [
  [
    'consumers are archived',
    async (w) => {
      w.clock.now = later(731);
    },
    (w) => w.jobs(),
  ],
  [
    'one comes back',
    async (w) => {
      w.clock.now = later(731);
      await w.jobs();
    },
    (w) => untilAnswered(() => w.record('c1', visit)).then(() => w.delivered()),
  ],
  [
    'a lower number of days is set',
    async (w) => {
      w.clock.now = later(110);
      await archiveAfter(w, 30);
    },
    (w) => w.settled(),
  ],
  [
    'a higher number of days is set',
    async (w) => {
      w.clock.now = later(731);
      await w.jobs();
      await archiveAfter(w, 1_000);
    },
    (w) => w.settled(),
  ],
];

describe('when the database fails at any call in turn', () => {
  it.each(HAPPENINGS)('as %s, all is right in the end, and every flip told once', async (_, prepare, happen) => {
    const ready = (w: World) => peopled(w).then(() => prepare(w));
    const { w: expected } = failing(0, 'before', false, { keep });
    await ready(expected);
    await happen(expected);
    await expected.settled();
    const result = await resultOf(expected);
    const cases = await casesOf(ready, happen);
    expect(cases.length).toBeGreaterThan(10);
    for (const [call, fault] of cases) {
      const { w, state } = failing(call, fault, false, { keep });
      await ready(w);
      state.isFailing = true;
      await happen(w);
      state.isFailing = false;
      await w.settled();
      await expectTruth(w, PEOPLE, true);
      expect({ call, fault, ...(await resultOf(w)) }).toEqual({ call, fault, ...result });
    }
  });

  it('and the job dies of it, the next minute goes on', async () => {
    const ready = async (w: World) => {
      await peopled(w);
      w.clock.now = later(731);
    };
    const archive = (w: World) => archiveDue(w.deps, { now: w.clock.now, most: 1_000 });
    for (const [call, fault] of await casesOf(ready, archive)) {
      if (!FAULTS.slice(0, 2).includes(fault)) continue;
      const { w, state } = failing(call, fault, true, { keep });
      await ready(w);
      state.isFailing = true;
      const failed = await archive(w).then(
        ({ failed: all }) => all.length > 0,
        () => true,
      );
      expect(failed).toBe(true);
      state.isFailing = false;
      await w.jobs();
      expect(await standingOf(w.store, 'c1')).toMatchObject({ archived: true, eligible: false, dueAt: null });
      expect(await standingOf(w.store, 'c3')).toMatchObject({ archived: true, eligible: false, dueAt: null });
      expect(await standingOf(w.store, 'c2')).toMatchObject({ archived: false, eligible: true, dueAt: later(830) });
      expect(await populationIn(w.store)).toBe(1);
    }
  });
});

describe('at the very moment of the archiving', () => {
  const SEEDS = Array.from({ length: 60 }, (_, n) => n + 1);
  /** Both begin at the same moment, and their calls come in an order of their own. */
  const raced = async (seed: number, status: 'active' | 'inactive', race: (store: Store) => Promise<unknown>[]) => {
    const w = world();
    await w.born('c1');
    if (status === 'inactive') await w.patched('c1', { status });
    await Promise.all(race(interleavedAnywhere(w.plain, turns(seed))));
    return standingOf(w.plain, 'c1');
  };
  const archive = (store: Store) => settleArchival(depsOn(store), 'c1', later(730));
  const recorded = (store: Store, at = later(730)) =>
    recordEvents(depsOn(store), { consumerId: 'c1', now: at }, [visit]);

  it.each(['active', 'inactive'] as const)('an event wins, whichever is first, of who is %s', async (status) => {
    let wereBoth = 0;
    for (const seed of SEEDS) {
      const dues = new Set<unknown>();
      const after = await raced(seed, status, (store) => [archive(store).then((is) => dues.add(is)), recorded(store)]);
      expect({ seed, ...after }).toMatchObject({ seed, archived: false, eligible: status === 'active' });
      expect(after.dueAt === later(730) || after.dueAt === later(1460)).toBe(true);
      if (dues.has(true)) wereBoth += 1;
    }
    // Some were archived first and came back, others never were.
    expect(wereBoth).toBeGreaterThan(0);
    expect(wereBoth).toBeLessThan(SEEDS.length);
  });

  const at = { now: later(730) };
  it.each<[string, (store: Store) => Promise<unknown>]>([
    [
      'of a tag',
      (store) => shop(store).call('addTag', { method: 'PUT', params: { consumerId: 'c1', tag: 'vip' }, ...at }),
    ],
    ['of the status', (store) => shop(store).patch('c1', { status: 'inactive', tags: ['vip'] }, at)],
  ])('an edit %s loses nothing, and nor does the archiving', async (_, edit) => {
    for (const seed of SEEDS) {
      // An edit takes a few calls until it writes: the archiving comes at any time of it.
      const waited = Array.from({ length: seed % 20 });
      const after = await raced(seed, 'active', (store) => [
        waited
          .reduce<Promise<unknown>>((before) => before.then(setImmediately), Promise.resolve())
          .then(() => archive(store)),
        edit(store),
      ]);
      const tags = [{ name: 'vip', type: null }];
      expect({ seed, ...after }).toMatchObject({ seed, archived: true, dueAt: null, eligible: false, tags });
    }
  });

  it('who became inactive and did something is not archived, and does not count', async () => {
    for (const seed of SEEDS) {
      const after = await raced(seed, 'active', (store) => [
        archive(store),
        shop(store).patch('c1', { status: 'inactive' }, { now: later(730) }),
        recorded(store),
      ]);
      expect({ seed, ...after }).toMatchObject({ seed, archived: false, eligible: false });
    }
  });

  it('two archivings are one', async () => {
    for (const seed of SEEDS) {
      const results: boolean[] = [];
      const two = (store: Store) => [archive, archive].map((one) => one(store).then((is) => results.push(is)));
      const after = await raced(seed, 'active', two);
      expect({ seed, results: results.filter(Boolean).length, ...after }).toMatchObject({ results: 1, archived: true });
    }
  });

  it('two events that come at once bring the consumer back once', async () => {
    for (const seed of SEEDS) {
      const w = world();
      await w.born('c1');
      await archive(w.plain);
      const store = interleavedAnywhere(w.plain, turns(seed));
      const again = { ...visit, eventId: 'e2' };
      const other = recordEvents(depsOn(store), { consumerId: 'c1', now: later(731) }, [again]);
      await Promise.all([recorded(store, later(731)), other]);
      const [profile] = await w.plain.get([{ kind: 'profile', consumerId: 'c1' }], true);
      expect({ seed, ...profile }).toMatchObject({ seed, version: 3, archived: false, dueAt: later(1461) });
    }
  });
});
