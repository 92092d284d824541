import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { makeHandler as influencerScoring } from '../../../functions/advocates/jobs/influencer-scoring.ts';
import { makeHandler as keepSummaries } from '../../../functions/insights/streams/keep-summaries.ts';
import { itemOf, recordOf } from '../../../shared/data/items.ts';
import type { Activity } from '../../../shared/domain/advocates/settings.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import type { Deps } from '../../../shared/usecases/ports/deps.ts';
import type { StoredRecord } from '../../../shared/usecases/ports/records.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { type Body, clientOf } from '../../support/client.ts';
import { depsOn } from '../../support/events.ts';
import { shop } from '../../support/shop.ts';
import { FAULTS, failingAt } from '../../support/wrapped-stores.ts';

const MONDAY = '2026-06-15T05:00:00.000Z';
let world = shop();
beforeEach(() => {
  world = shop();
});

const shown = async (store: Store = world.store): Promise<Body> => {
  const { status, body } = await clientOf(depsOn(store))('advocates.list');
  expect(status).toBe(200);
  return body;
};
const ranked = async () => (await shown()).items.map(({ fullName }: Body) => fullName);
const score = (scheduledAt = MONDAY, deps: Deps = world.deps) =>
  influencerScoring(deps)({ job: 'influencer-scoring', scheduledAt, trigger: 'schedule' });
const did = (consumerId: string, type: string, ...at: string[]) =>
  recordEvents(
    world.deps,
    { consumerId, now: '2026-06-15T05:00:00.000Z' },
    at.map((day) => ({ type, occurredAt: day.length === 10 ? `${day}T09:30:00.000Z` : day, attributes: {} })),
  );
/** A consumer with this name and these activities; by default, one review today. */
const born = async (
  fullName: string,
  activities: Partial<Record<Activity, string[]>> = { review_written: ['2026-06-14'] },
) => {
  const { consumerId } = await world.born({ fullName, email: `${fullName.toLowerCase()}@example.com` });
  for (const [type, days] of Object.entries(activities)) await did(consumerId, type, ...days);
  return consumerId as string;
};
const settings = async (document: string, body: object) =>
  expect(await world.call('writeSettings', { method: 'PUT', params: { document }, body })).toMatchObject({
    status: 200,
  });

/** The record of the table's stream for this change. */
const followChange = (before: StoredRecord | undefined, after: StoredRecord | undefined) => {
  const images = { ...(before && { OldImage: itemOf(before) }), ...(after && { NewImage: itemOf(after) }) };
  const dynamodb = { SequenceNumber: '1', ApproximateCreationDateTime: 1_781_000_000, ...images };
  return keepSummaries({ ...world.deps, recordOf: (image) => recordOf(image as never) })({
    Records: [{ dynamodb }],
  } as DynamoDBStreamEvent);
};
const profileIn = async (consumerId: string) => (await world.store.get([{ kind: 'profile', consumerId }], true))[0];
const gone = async (consumerId: string) => {
  const before = await profileIn(consumerId);
  await world.store.commit([{ remove: { kind: 'profile', consumerId } }]);
  return followChange(before, undefined);
};

describe('the brand advocates', () => {
  it('are empty before the first ranking', async () => {
    await born('Ann');
    expect(await shown()).toEqual({ computedAt: null, items: [] });
  });

  it('are ranked by their scores as of the ranking, with the activities that add up to each score', async () => {
    const ann = await born('Ann', { review_written: ['2026-06-14', '2026-05-14'], content_shared: ['2026-03-01'] });
    const ben = await born('Ben', { friend_referred: ['2026-01-31T05:00:00.001Z'], share_impression: ['2024-02-29'] });
    await born('Cyd', {});
    expect(await score()).toEqual({ consumers: 3, advocates: 2 });
    // Ben: 20 × 0.95⁴ (four whole months) + 5 × 0.95²⁷; Ann: 5 + 5 × 0.95 + 3 × 0.95³.
    expect(await shown()).toEqual({
      computedAt: MONDAY,
      items: [
        {
          ...{ rank: 1, consumerId: ben, fullName: 'Ben', score: 17.5418 },
          activities: [
            { type: 'friend_referred', count: 1, points: 16.2901 },
            { type: 'share_impression', count: 1, points: 1.2517 },
          ],
        },
        {
          ...{ rank: 2, consumerId: ann, fullName: 'Ann', score: 12.3221 },
          activities: [
            { type: 'review_written', count: 2, points: 9.75 },
            { type: 'content_shared', count: 1, points: 2.5721 },
          ],
        },
      ],
    });
  });

  it('keep their order until the next ranking', async () => {
    const ann = await born('Ann');
    await score();
    const before = await shown();
    await did(ann, 'friend_referred', '2026-06-14');
    await settings('influence', { top: 1 });
    expect(await shown()).toEqual(before);
    await score('2026-06-22T05:00:00.000Z');
    expect(await shown()).toMatchObject({ computedAt: '2026-06-22T05:00:00.000Z', items: [{ score: 25 }] });
  });

  it('with equal scores are ranked by their latest activity that counts, then by id', async () => {
    await born('Old', { review_written: ['2026-06-01'] });
    const one = await born('Two', { share_impression: ['2026-06-02'] });
    const other = await born('Also', { share_impression: ['2026-06-02'] });
    await born('New', { review_written: ['2026-06-03'] });
    await born('Off', { review_written: ['2026-06-02T09:29:59.999Z'], content_shared: ['2026-06-14'] });
    await settings('modules', { social_share: false });
    await score();
    expect(await ranked()).toEqual(['New', ...(one < other ? ['Two', 'Also'] : ['Also', 'Two']), 'Off', 'Old']);
  });

  it('are 25, or the number in the settings', async () => {
    for (let n = 0; n < 30; n++) await born(`A${n}`, { review_written: Array(n + 1).fill('2026-06-01') });
    expect(await score()).toEqual({ consumers: 30, advocates: 25 });
    expect(await ranked()).toEqual(Array.from({ length: 25 }, (_, n) => `A${29 - n}`));
    expect((await shown()).items.map(({ rank }: Body) => rank)).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
    await settings('influence', { top: 3 });
    await score();
    expect(await ranked()).toEqual(['A29', 'A28', 'A27']);
  });

  it.each([
    ['friend_referral', 'Ann'],
    ['gamified_review', 'Ben'],
    ['social_share', 'Cyd'],
  ])('leave out what belongs to the module %s where it is off', async (module, name) => {
    await born('Ann', { friend_referred: ['2026-06-01'] });
    await born('Ben', { review_written: ['2026-06-02'] });
    await born('Cyd', { content_shared: ['2026-06-01'] });
    await born('Dee', { share_impression: ['2026-06-01'] });
    await settings('modules', { [module]: false });
    await score();
    expect(await ranked()).toEqual(['Ann', 'Ben', 'Dee', 'Cyd'].filter((one) => one !== name));
  });

  it('are ranked by the current weights', async () => {
    await born('Ann', { content_shared: ['2026-04-15T05:00:00.000Z'] });
    await born('Ben', { friend_referred: ['2026-06-01'] });
    await settings('influence', { weights: { friend_referred: 1, content_shared: 8 }, keptPerMonth: 0.5 });
    await score();
    expect((await shown()).items.map((item: Body) => [item.fullName, item.score])).toEqual([
      ['Ann', 2],
      ['Ben', 1],
    ]);
  });

  it('exclude inactive consumers', async () => {
    const ann = await born('Ann');
    await born('Ben');
    await world.patch(ann, { status: 'inactive' });
    expect(await score()).toEqual({ consumers: 2, advocates: 1 });
    expect(await ranked()).toEqual(['Ben']);
  });

  it('are listed by one eventually consistent read of the table', async () => {
    await born('Ann');
    await score();
    const reads: unknown[] = [];
    const get = ((keys: never, fresh: boolean) => {
      reads.push([keys, fresh]);
      return world.store.get(keys, fresh);
    }) as Store['get'];
    await shown({ ...world.store, get });
    expect(reads).toEqual([[[{ kind: 'advocates' }], undefined]]);
  });
});

describe('the weekly ranking', () => {
  it('reports that no run is due while no consumer has activities', async () => {
    await born('Ann', {});
    expect(await score()).toEqual({ consumers: 1, advocates: 0, nextDueAt: null });
    expect(await shown()).toEqual({ computedAt: MONDAY, items: [] });
    const ben = await born('Ben', {});
    await did(ben, 'content_shared', '2026-06-15T05:00:00.001Z');
    expect(await score()).toEqual({ consumers: 2, advocates: 0 });
  });

  it('can be repeated and never overwrites a later one', async () => {
    await born('Ann');
    const first = await score();
    const before = await shown();
    expect(await score()).toEqual(first);
    expect(await shown()).toEqual(before);
    expect(await score('2026-06-08T05:00:00.000Z')).toMatchObject({ advocates: 1 });
    expect(await shown()).toEqual(before);
  });

  it.each(FAULTS)('that fails (%s) at any of its calls completes on the next attempt', async (fault) => {
    const ids = [await born('Ann'), await born('Ben', { friend_referred: ['2026-06-01'] })];
    await score();
    const expected = await shown();
    for (let call = 1; call <= 12; call++) {
      await world.store.commit([{ remove: { kind: 'advocates' } }]);
      const faulty = { ...world.deps, store: failingAt(world.store, call, fault) };
      await score(MONDAY, faulty).catch(() => undefined);
      await score();
      expect(await shown()).toEqual(expected);
    }
    expect(expected.items.map(({ consumerId }: Body) => consumerId)).toEqual(ids.toReversed());
  });

  it('rebuilds metrics without activities, or of another scoring version', async () => {
    const ids = [await born('Ann'), await born('Ben', { friend_referred: ['2026-06-01'] })];
    for (const consumerId of ids) {
      const [metrics] = await world.store.get([{ kind: 'metrics', consumerId }], true);
      if (metrics)
        await world.store.commit([{ put: { ...metrics, advocacy: {}, scoringVersion: 1 }, expect: 'present' }]);
    }
    expect(await score()).toEqual({ consumers: 2, advocates: 2 });
    expect(await ranked()).toEqual(['Ben', 'Ann']);
  });

  it('omits consumers erased during the run and applies concurrent renames', async () => {
    const [ann, ben] = [await born('Ann'), await born('Ben')];
    await born('Cyd');
    let commits = 0;
    const commit: Store['commit'] = async (writes) => {
      commits += 1;
      // Between reading the names and writing the list: the stream has already delivered both changes.
      if (commits === 1) {
        const profile = await profileIn(ben);
        if (profile) await world.store.commit([{ put: { ...profile, fullName: 'Benny' }, expect: 'present' }]);
        await followChange(profile, await profileIn(ben));
        await gone(ann);
      }
      return world.store.commit(writes);
    };
    await score(MONDAY, { ...world.deps, store: { ...world.store, commit } });
    expect((await ranked()).sort()).toEqual(['Benny', 'Cyd']);
    expect(commits).toBe(2);
  });
});

describe('the list between two rankings', () => {
  it('drops an erased consumer immediately, and the entries below move up', async () => {
    const ann = await born('Ann', { friend_referred: ['2026-06-01'] });
    await born('Ben', { review_written: ['2026-06-01'] });
    await born('Cyd', { content_shared: ['2026-06-01'] });
    await score();
    expect(await gone(ann)).toEqual({ batchItemFailures: [] });
    const { computedAt, items } = await shown();
    expect([computedAt, items.map(({ rank, fullName }: Body) => [rank, fullName])]).toEqual([
      MONDAY,
      [
        [1, 'Ben'],
        [2, 'Cyd'],
      ],
    ]);
    expect(JSON.stringify(await world.store.get([{ kind: 'advocates' }], true))).not.toMatch(/Ann|ann/);
    await score();
    expect(await ranked()).toEqual(['Ben', 'Cyd']);
  });

  it('shows the current name, even if the change is delivered late or repeatedly', async () => {
    const ann = await born('Ann');
    await score();
    const first = await profileIn(ann);
    await world.patch(ann, { fullName: 'Anna' });
    const second = await profileIn(ann);
    await world.patch(ann, { fullName: 'Annabel' });
    const third = await profileIn(ann);
    await followChange(first, second);
    expect(await ranked()).toEqual(['Annabel']);
    await followChange(second, third);
    await followChange(first, second);
    expect(await ranked()).toEqual(['Annabel']);
    await world.patch(ann, { fullName: null });
    await followChange(third, await profileIn(ann));
    expect(await ranked()).toEqual([null]);
  });

  it('is written only for advocates, and read only for renames and removals', async () => {
    const [ann, ben] = [await born('Ann'), await born('Ben', {})];
    await score();
    const [before] = await world.store.get([{ kind: 'advocates' }], true);
    const profile = await profileIn(ann);
    if (profile) await followChange(profile, { ...profile, handler: 'h' });
    await followChange(undefined, profile);
    const other = await profileIn(ben);
    if (other) await followChange(other, { ...other, fullName: 'Benny' });
    await gone(ben);
    expect((await world.store.get([{ kind: 'advocates' }], true))[0]).toEqual(before);
  });
});
