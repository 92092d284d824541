import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeHandler as reconcile } from '../../../functions/segments/jobs/segment-reconcile.ts';
import { makeHandler as claimBackfill } from '../../../functions/segments/steps/claim-backfill.ts';
import { makeHandler as fillSlice } from '../../../functions/segments/steps/fill-slice.ts';
import { makeHandler as goLive } from '../../../functions/segments/steps/go-live.ts';
import { makeHandler as letGo } from '../../../functions/segments/steps/let-go.ts';
import { DAY_MS, instantOf, MINUTE_MS, msOf } from '../../../shared/domain/instants.ts';
import { evaluate } from '../../../shared/domain/segments/evaluator.ts';
import { type Store, WriteConflict } from '../../../shared/usecases/ports/store.ts';
import { announceEdits } from '../../../shared/usecases/segments/backfill/announce.ts';
import { goLive as goLiveOnly } from '../../../shared/usecases/segments/backfill/backfill.ts';
import { asOf, pictureFor, readCompiledSegments } from '../../../shared/usecases/segments/flips/compiled.ts';
import { refreshEveryone } from '../../../shared/usecases/segments/refresh/everyone.ts';
import { followChanges } from '../../../shared/usecases/segments/refresh/follow-changes.ts';
import { depsOn, NOW } from '../../support/events.ts';
import { expectTruth, flipsOf, membershipsOf, membersOf } from '../../support/segment-truth.ts';
import { keptUp, stepsOn, type World, world } from '../../support/segments.ts';
import { outputOf } from '../../support/workflow.ts';
import { interleavedAnywhere, turns, withEach } from '../../support/wrapped-stores.ts';

const tagged = (value: string) => ({ attribute: 'tags', operator: 'contains', value });
const VIP = tagged('vip');
const OLD = tagged('old');
const PEOPLE = Array.from({ length: 12 }, (_, nth) => `c${String(nth).padStart(2, '0')}`);
const later = (ms: number) => instantOf(msOf(NOW) + ms);

/** Who is even is tagged `vip`, who is divisible by three is tagged `old`. */
const peopled = async (w: World): Promise<World> => {
  await w.born(...PEOPLE);
  for (const [nth, consumerId] of PEOPLE.entries()) {
    await w.tagged(consumerId, ...(nth % 2 === 0 ? ['vip'] : []), ...(nth % 3 === 0 ? ['old'] : []));
  }
  await w.settled();
  return w;
};
const VIPS = PEOPLE.filter((_, nth) => nth % 2 === 0);
const OLDS = PEOPLE.filter((_, nth) => nth % 3 === 0);

/** After each call of a store, whatever is asked. */
const seenAfterEach = (see: () => Promise<void>) => (store: Store) =>
  withEach(store, async (call) => {
    const answer = await call();
    await see();
    return answer;
  });

describe('a segment that is filled', () => {
  /** A world that tells after each call who is in the segment, by its page and by each detail. */
  const watched = async (rule: object | null) => {
    const seen: string[][] = [];
    const w: World = world({ wrap: seenAfterEach(async () => void (isWatching && seen.push(await look()))) });
    let isWatching = false;
    const look = async () => {
      const page = await membersOf(w.plain, 's');
      const [segment] = await w.plain.get([{ kind: 'segment', segmentId: 's' }], true);
      const units = await Promise.all(PEOPLE.map(async (id) => (await membershipsOf(w.plain, id))?.ruleVersions ?? {}));
      const unit = segment?.live?.number;
      expect(PEOPLE.filter((_, nth) => unit !== undefined && units[nth]?.[unit] !== undefined)).toEqual(page);
      return page;
    };
    await peopled(w);
    if (rule) await w.create('s', rule);
    await w.settled();
    isWatching = true;
    return { w, seen };
  };

  it.each<[string, object | null, object, string[], string[]]>([
    ['for the first time has nobody', null, VIP, [], VIPS],
    ['again has all its old members', VIP, OLD, VIPS, OLDS],
    ['again with nearly the same', VIP, { any: [VIP, { all: [OLD, VIP] }] }, VIPS, VIPS],
    ['with nobody', VIP, tagged('nobody'), VIPS, []],
  ])('%s, after every single call, until all at once it has the new ones', async (_, before, after, olds, news) => {
    const { w, seen } = await watched(before);
    await (before ? w.edit('s', after) : w.create('s', after));
    await w.settled();
    const turn = seen.findIndex((members) => JSON.stringify(members) !== JSON.stringify(olds));
    const until = turn === -1 ? seen.length : turn;
    expect(seen.length).toBeGreaterThan(50);
    for (const members of seen.slice(0, until)) expect(members).toEqual(olds);
    for (const members of seen.slice(until)) expect(members).toEqual(news);
    await expectTruth(w, PEOPLE);
  });

  it('tells of everyone by the rule that is told, also while consumers change between any two calls', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(250), fc.constantFrom(...PEOPLE), fc.subarray(['vip', 'old'])), { maxLength: 12 }),
        fc.boolean(),
        async (changes, isNew) => {
          let calls = 0;
          let last = Promise.resolve();
          const w: World = world({
            wrap: seenAfterEach(async () => {
              const call = ++calls;
              for (const [, consumerId, tags] of changes.filter(([at]) => at === call)) {
                last = last.then(() => change(consumerId, tags));
              }
              await last;
            }),
          });
          let isChanging = false;
          /** By others, between two calls of ours. */
          const change = async (consumerId: string, tags: string[]) => {
            if (!isChanging) return;
            const [profile] = await w.plain.get([{ kind: 'profile', consumerId }], true);
            if (!profile) throw new Error('nobody is there');
            const put = {
              ...profile,
              version: profile.version + 1,
              tags: tags.map((name) => ({ name, type: null })),
            };
            await w.stream.commit([{ put, expect: { version: profile.version } }]);
            await keptUp(depsOn(w.stream), [{ at: w.clock.now, before: profile, after: put }]);
            await expectAnswer(w, consumerId);
          };
          await peopled(w);
          if (!isNew) await w.create('s', VIP);
          await w.settled();
          [isChanging, calls] = [true, 0];
          await (isNew ? w.create('s', OLD) : w.edit('s', OLD));
          await w.settled();
          isChanging = false;
          await expectTruth(w, PEOPLE);
        },
      ),
      { numRuns: 60 },
    ));

  /** The consumer is told to be in what the rule says that is told. */
  const expectAnswer = async ({ plain, clock }: World, consumerId: string) => {
    const { evaluator, segments, context } = await readCompiledSegments(plain);
    const picture = await plain.stateOf(consumerId);
    const live = segments[0]?.live;
    if (!picture || !live) return;
    const { members } = evaluate(evaluator, pictureFor(picture), context, asOf(picture, clock.now));
    expect((await membersOf(plain, 's')).includes(consumerId)).toBe(members.has(live.index));
  };
});

describe('two at once', () => {
  it('of one consumer and its lists leave what is true, whoever is in between', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const w = world({ wrap: (store) => interleavedAnywhere(store, turns(seed)) });
        await w.born('c1', 'c2');
        for (const listId of ['l1', 'l2']) await w.listed(listId);
        await w.create('s', VIP);
        await w.create('t', { attribute: 'lists', operator: 'contains', value: 'l1' });
        await w.create('u', { any: [OLD, { event: 'visit', measure: 'count', operator: 'gte', value: 1 }] });
        await w.settled();
        const busy = depsOn(interleavedAnywhere(w.stream, turns(seed)));
        const streamed = async () => {
          for (let round = 0; round < 6; round++) {
            // Batches of two shards, and one that comes again.
            const batch = w.changes.splice(0);
            await Promise.all([keptUp(busy, batch), keptUp(busy, batch.slice(-2))]);
            repeated.push(...batch);
          }
        };
        const repeated: typeof w.changes = [];
        await Promise.all([
          w.tagged('c1', 'vip').then(() => w.tagged('c1', 'old')),
          w.added('l1', 'c1').then(() => w.added('l2', 'c1')),
          w.record('c2', { type: 'visit', attributes: {} }),
          w.edit('u', OLD).then(() => w.steps.backfill('run')),
          streamed(),
          streamed(),
        ]);
        w.changes.unshift(...repeated);
        await w.settled();
        await expectTruth(w, ['c1', 'c2'], true);
        expect((await membershipsOf(w.store, 'c1'))?.lists.map(({ listId }) => listId)).toEqual(['l1', 'l2']);
      }),
      { numRuns: 40 },
    ));

  it('runs of the backfill share nothing: the second finds it taken, and the first does the work of both', async () => {
    const w = await peopled(world());
    await w.create('s', VIP);
    const first = await w.steps.claim('one');
    await w.create('t', OLD);
    expect(await w.steps.claim('two')).toEqual({ units: [], hasWork: false, slices: [] });
    expect(await w.steps.claim('one')).toMatchObject({ units: [1, 2], hasWork: true });
    for (const slice of first.slices) await w.steps.fill(slice);
    await w.steps.live([1, 2]);
    expect(await w.steps.claim('one')).toEqual({ units: [], hasWork: false, slices: [] });
    expect(await w.steps.claim('two')).toEqual({ units: [], hasWork: false, slices: [] });
    await w.settled();
    await expectTruth(w, PEOPLE);
  });

  it('runs of the backfill leave no rule to nobody: what comes as the first one ends, one of them does', async () => {
    const w = await peopled(world());
    const segments = w.store.segments;
    let isComing = true;
    // The rule comes when the first run has just found that there is none.
    w.deps.store.segments = async () => {
      const found = await segments();
      if (isComing) {
        isComing = false;
        await w.create('s', VIP);
        expect((await stepsOn(w.deps, w.clock).claim('two')).hasWork).toBe(false);
      }
      return found;
    };
    const lease = {
      kind: 'backfillLease',
      version: 1,
      runId: 'one',
      expiresAt: later(MINUTE_MS),
      slicesDone: 8,
    } as const;
    await w.store.commit([{ put: lease, expect: 'absent' }]);
    expect(await w.steps.claim('one')).toMatchObject({ units: [1], hasWork: true });
  });

  it('runs of the backfill, where a lease ended too early, do no harm', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const w = await peopled(world());
        await w.create('s', VIP);
        await w.create('t', { not: { attribute: 'segments', operator: 'contains', value: 's' } });
        await w.settled();
        await w.edit('s', OLD);
        const early = { now: later(MINUTE_MS) };
        const late = { now: later(30 * MINUTE_MS) };
        const turn = turns(seed);
        const runs = [early, late].map((clock) => stepsOn(depsOn(interleavedAnywhere(w.stream, turn)), clock));
        await Promise.all(runs.map((run, nth) => run.backfill(`run-${nth}`)));
        w.clock.now = later(60 * MINUTE_MS);
        await w.settled();
        await w.minute();
        await w.settled();
        await expectTruth(w, PEOPLE);
      }),
      { numRuns: 20 },
    ));

  /** A batch of the stream that has read the segments, and then waits while others do what they do. */
  const behind = async (w: World, others: () => Promise<void>) => {
    const batch = w.changes.splice(0);
    let isFirst = true;
    const slow = withEach(w.stream, async (call, name) => {
      const answer = await call();
      // The settings, and behind them the segments, were read.
      if (name === 'segments' && isFirst) {
        isFirst = false;
        await others();
      }
      return answer;
    });
    await keptUp(depsOn(slow), batch);
    expect(isFirst).toBe(false);
  };

  it.each<[string, (w: World) => Promise<void>]>([
    ['creates a segment', async (w) => void (await w.create('new', OLD))],
    ['edits one', async (w) => void (await w.edit('s', OLD))],
    [
      'edits one there and back',
      async (w) => {
        await w.edit('s', OLD);
        await w.settled();
        await w.edit('s', VIP);
      },
    ],
    ['deletes one', async (w) => void (await w.remove('s'))],
    [
      'deletes one and creates it anew',
      async (w) => {
        await w.remove('s');
        await w.create('s', OLD);
      },
    ],
  ])(
    'a batch that has read the segments before somebody %s leaves nobody out, and tells nothing twice',
    async (_, edit) => {
      const w = await peopled(world());
      await w.create('s', VIP);
      await w.settled();
      for (const [nth, consumerId] of PEOPLE.entries()) {
        await w.tagged(consumerId, ...(nth % 2 === 1 ? ['vip'] : []), ...(nth % 4 === 1 ? ['old'] : []));
      }
      await behind(w, async () => {
        await edit(w);
        await w.settled();
      });
      await w.settled();
      await expectTruth(w, PEOPLE);
    },
  );

  it('a batch that sees a rule being filled that is told meanwhile tells of those who enter by it', async () => {
    const w = await peopled(world());
    await w.create('s', VIP);
    await w.settled();
    await w.edit('s', OLD);
    const { units, slices } = await w.steps.claim('run');
    for (const slice of slices) await w.steps.fill(slice);
    await w.delivered();
    await w.tagged('c01', 'old');
    await w.tagged('c00');
    await behind(w, async () => void (await w.steps.live(units)));
    await w.settled();
    expect(await flipsOf(w.store, 'c01')).toMatchObject([{ entered: true }]);
    await expectTruth(w, PEOPLE);
  });
});

describe('a consumer who is being looked at', () => {
  /** Others do what they do when its facts were read, before anything is written. */
  const betweenReadAndWrite = async (w: World, others: () => Promise<unknown>) => {
    const batch = w.changes.splice(0);
    let isFirst = true;
    const slow = withEach(w.stream, async (call, name) => {
      const answer = await call();
      if (name === 'stateOf' && isFirst) {
        isFirst = false;
        await others();
      }
      return answer;
    });
    await keptUp(depsOn(slow), batch);
    expect(isFirst).toBe(false);
  };

  it('enters under the name that it has by then', async () => {
    const w = world();
    await w.born('c1');
    await w.create('s', VIP);
    await w.settled();
    await w.tagged('c1', 'vip');
    await betweenReadAndWrite(w, async () => {
      await w.patched('c1', { fullName: 'Cleo' });
      await w.delivered();
    });
    await w.settled();
    const { items } = await w.store.membersOfRuleVersion(1, { limit: 2 });
    expect(items).toMatchObject([{ consumerId: 'c1', fullName: 'Cleo' }]);
  });

  it('and is gone by then leaves nothing behind', async () => {
    const w = world();
    await w.born('c1');
    await w.create('s', { any: [VIP, { event: 'visit', measure: 'count', operator: 'gte', value: 1 }] });
    await w.settled();
    await w.tagged('c1', 'vip');
    const kinds = ['profile', 'metrics'] as const;
    await betweenReadAndWrite(w, () => w.store.commit(kinds.map((kind) => ({ remove: { kind, consumerId: 'c1' } }))));
    expect(await membershipsOf(w.store, 'c1')).toBeUndefined();
    expect((await w.store.membersOfRuleVersion(1, { limit: 2 })).items).toEqual([]);
  });

  const IDS = Array.from({ length: 60 }, (_, nth) => `s${nth}`);
  /** One transaction does not take all that flips. */
  const manySegments = async () => {
    const w = world();
    await w.born('c1');
    for (const id of IDS) await w.create(id, { any: [VIP, tagged(id)] });
    await w.settled();
    w.clock.now = later(500);
    await w.tagged('c1', 'vip');
    return w;
  };
  const secondCommit = (w: World, error: Error) => {
    let commits = 0;
    return withEach(w.stream, async (call, name) => {
      if (name === 'commit' && ++commits === 2) throw error;
      return call();
    });
  };
  const causes = async (w: World) => (await flipsOf(w.store, 'c1')).map(({ at, cause }) => `${at} ${cause}`);

  it('has all its flips by their own cause, where others come between two transactions', async () => {
    const w = await manySegments();
    const deps = depsOn(secondCommit(w, new WriteConflict([])));
    await followChanges(deps, w.changes.splice(0));
    expect(await causes(w)).toEqual(Array(60).fill(`${later(500)} change`));
    await w.settled();
    await expectTruth(w, ['c1']);
  });

  it('is looked at again by the next minute, where it was left between two transactions', async () => {
    const w = await manySegments();
    await expect(followChanges(depsOn(secondCommit(w, new Error('died'))), w.changes.splice(0))).rejects.toThrow();
    expect(await causes(w)).toHaveLength(49);
    w.clock.now = later(MINUTE_MS);
    await w.jobs();
    expect(await causes(w)).toHaveLength(60);
    await expectTruth(w, ['c1']);
  });
});

describe('what rules go by besides consumers', () => {
  const set = (w: World, document: string, body: object) =>
    w.shopping.call('writeSettings', { method: 'PUT', params: { document }, body, now: w.clock.now });
  const tier = (tierId: string, threshold: number, name = tierId) => ({ tierId, name, threshold });
  const inTier = (value: string) => ({ attribute: 'tier.tierId', operator: 'eq', value });

  it.each<[string, object, (w: World) => Promise<unknown>, string[]]>([
    ['a ladder of tiers', inTier('all'), (w) => set(w, 'tiers', { tiers: [tier('all', 0)] }), ['c1', 'c2']],
    [
      "a tier's name",
      { attribute: 'tier.name', operator: 'eq', value: 'New' },
      (w) => set(w, 'tiers', { tiers: [tier('silver', 50, 'New')] }),
      ['c1'],
    ],
    ['the module of tiers', { not: inTier('silver') }, (w) => set(w, 'modules', { tiers: false }), ['c1', 'c2']],
    [
      'what makes a profile complete',
      { attribute: 'profileCompleteness.filled', operator: 'eq', value: 1 },
      (w) => set(w, 'profile', { completenessFields: ['tags'] }),
      ['c2'],
    ],
    [
      'the model of churn',
      { attribute: 'accountHealth.churnRisk.probability', operator: 'gt', value: 0.99 },
      (w) => {
        const model = { version: 1, r: 0.01, alpha: 900, a: 1, b: 1, consumers: 2, logLikelihood: -1, fittedAt: NOW };
        return w.store.commit([{ put: { kind: 'churnModel', ...model }, expect: 'absent' }]);
      },
      ['c1'],
    ],
  ])('%s: where it changes everyone is gone over, within a minute and once', async (_, rule, change, expected) => {
    const w = world();
    await w.born('c1', 'c2');
    await w.tagged('c2', 'vip');
    await w.ordered('c1', 'o1');
    await set(w, 'tiers', { tiers: [tier('silver', 50)] });
    await w.posted('c1', { type: 'add', points: 60 });
    await w.create('s', rule);
    await w.create('plain', VIP);
    await w.settled();
    const before = await membersOf(w.store, 's');
    w.clock.now = later(MINUTE_MS);
    await w.minute();
    const started = w.started.length;
    expect(w.started.filter(({ execution }) => execution.startsWith('resumed'))).toEqual([]);
    await change(w);
    // Points that are counted anew would be a change of their own.
    w.changes.splice(0);
    await w.minute();
    await w.settled();
    expect(await membersOf(w.store, 's')).toEqual(expected);
    expect(before).not.toEqual(expected);
    await expectTruth(w, ['c1', 'c2']);
    for (const id of ['c1', 'c2']) {
      const own = (await flipsOf(w.store, id)).filter(
        ({ segmentId, cause }) => segmentId === 's' && cause === 'summary',
      );
      expect(own).toHaveLength(before.includes(id) === expected.includes(id) ? 0 : 1);
    }
    w.clock.now = later(2 * MINUTE_MS);
    await w.minute();
    expect(w.started.length).toBe(started + 1);
  });

  it('is no matter to rules that do not look at it', async () => {
    const w = world();
    await w.born('c1');
    await w.create('s', VIP);
    await w.settled();
    const started = w.started.length;
    await set(w, 'profile', { completenessFields: ['tags'] });
    w.changes.splice(0);
    await w.minute();
    expect(w.started).toHaveLength(started);
  });
});

describe('what drifted', () => {
  it('is found by night: who is in, who is out, and when to look again', async () => {
    const w = world();
    await w.born('c1', 'c2', 'c3');
    await w.create('s', { event: 'order_placed', measure: 'count', operator: 'gte', value: 1, within: { days: 1 } });
    for (const id of ['c1', 'c2']) await w.ordered(id, 'o1');
    await w.settled();
    const [one, two] = [await membershipsOf(w.store, 'c1'), await membershipsOf(w.store, 'c2')];
    if (!one || !two) throw new Error('nobody is in');
    await w.store.commit([
      { put: { ...one, dueAt: null }, expect: 'anything' },
      { put: { ...two, ruleVersions: {}, dueAt: later(1) }, expect: 'anything' },
      { put: { ...two, consumerId: 'c3' }, expect: 'anything' },
    ]);
    expect(await refreshEveryone(w.deps, { now: NOW, cause: 'change' })).toMatchObject({ consumers: 3, flips: 2 });
    expect((await membershipsOf(w.store, 'c1'))?.dueAt).toBe(one.dueAt);
    for (const [id, units] of [
      ['c1', one.ruleVersions],
      ['c2', { 1: NOW }],
      ['c3', {}],
    ] as const) {
      expect((await membershipsOf(w.store, id))?.ruleVersions).toEqual(units);
    }
    expect((await refreshEveryone(w.deps, { now: NOW, cause: 'change' })).flips).toBe(0);
  });

  it('is what was missed: what the stream or the next minute would have told is told, and counted as none', async () => {
    const w = world();
    await w.born('c1', 'c2', 'c3', 'c4');
    await w.create('s', { event: 'order_placed', measure: 'count', operator: 'gte', value: 1, within: { days: 1 } });
    await w.ordered('c1', 'o1');
    await w.ordered('c2', 'o1', 1, later(3 * MINUTE_MS));
    await w.settled();
    w.clock.now = later(DAY_MS + 4 * MINUTE_MS);
    await w.ordered('c3', 'o1', 1, later(DAY_MS));
    await w.tagged('c4', 'vip');
    const reconciled = reconcile(w.deps);
    const run = async () =>
      reconciled({ job: 'segment-reconcile', scheduledAt: w.clock.now, trigger: 'schedule' }) as Promise<unknown>;
    const before = w.changes.length;
    expect(await run()).toEqual({ consumers: 4, drift: 1 });
    expect(w.changes.length).toBeGreaterThan(before);
    expect(await membersOf(w.store, 's')).toEqual(['c3']);
    expect(await run()).toEqual({ consumers: 4, drift: 0 });
    await w.settled();
    await expectTruth(w, ['c1', 'c2', 'c3', 'c4'], true);
  });
});

describe('the workflows', () => {
  it('fill a rule once, also where the edit ahead of it is still to be told', async () => {
    const w = await peopled(world());
    await w.create('s', VIP);
    await w.steps.claim('run');
    await goLiveOnly(w.deps, [1], NOW);
    await w.edit('s', OLD);
    let filled = 0;
    const steps = stepsOn(w.deps, w.clock, (name, done) => {
      if (name === 'fill') filled += 1;
      return done();
    });
    await steps.backfill('run');
    expect(filled).toBe(w.store.slices);
    await w.delivered();
    await expectTruth(w, PEOPLE);
  });

  it('let no rule go live before the edit ahead of it was told, and tell nobody twice', async () => {
    const w = await peopled(world());
    await w.create('s', VIP);
    await goLiveOnly(w.deps, [1], NOW);
    await w.edit('s', OLD);
    await goLiveOnly(w.deps, [2], NOW);
    expect((await w.store.segments())[0]).toMatchObject({
      live: { number: 1 },
      filling: { number: 2 },
      retiring: { number: 0 },
    });
    await announceEdits(w.deps, NOW);
    await goLiveOnly(w.deps, [2], NOW);
    expect((await w.store.segments())[0]).toMatchObject({
      live: { number: 2 },
      filling: null,
      retiring: { number: 1 },
    });
  });

  it('fill, tell and let go as they are deployed', async () => {
    const w = await peopled(world());
    const handlers = {
      'claim-backfill': claimBackfill(w.deps),
      'fill-slice': fillSlice(w.deps),
      'go-live': goLive(w.deps),
      'let-go': letGo(w.deps),
    };
    await w.create('s', VIP);
    await outputOf('segments-backfill', handlers, {});
    expect(await membersOf(w.store, 's')).toEqual(VIPS);
    await w.edit('s', OLD);
    await outputOf('segments-backfill', handlers, {});
    expect(await membersOf(w.store, 's')).toEqual(OLDS);
    await w.delivered();
    await expectTruth(w, PEOPLE);
    await w.remove('s');
    await outputOf('segments-cleanup', handlers, { units: [2, 1, 0], now: NOW });
    for (const id of PEOPLE) expect((await membershipsOf(w.store, id))?.ruleVersions ?? {}).toEqual({});
    expect((await w.store.membersOfRuleVersion(2, { limit: 1 })).items).toEqual([]);
  });

  it('tell of an edit that a run left untold, without filling anything again', async () => {
    const w = await peopled(world());
    await w.create('s', VIP);
    const { units, slices } = await w.steps.claim('run');
    for (const slice of slices) await w.steps.fill(slice);
    await goLiveOnly(w.deps, units, NOW);
    expect(await flipsOf(w.store, 'c00')).toEqual([]);
    const filled: unknown[] = [];
    const handlers = {
      'claim-backfill': claimBackfill(w.deps),
      'fill-slice': async (input: unknown) => filled.push(input),
      'go-live': goLive(w.deps),
    };
    const [lease] = await w.store.get([{ kind: 'backfillLease' }], true);
    if (lease) await w.store.commit([{ put: { ...lease, expiresAt: NOW }, expect: 'present' }]);
    await outputOf('segments-backfill', handlers, {});
    expect(filled).toEqual([]);
    const told = w.changes.length;
    await goLiveOnly(w.deps, units, NOW);
    await announceEdits(w.deps, NOW);
    expect(w.changes).toHaveLength(told);
    await w.delivered();
    await expectTruth(w, PEOPLE);
  });
});
