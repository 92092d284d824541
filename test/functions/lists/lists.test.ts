import { beforeEach, describe, expect, it } from '@jest/globals';
import { listAnswer, listsPage, membersPage } from '../../../functions/lists/schemas.ts';
import { makeHandler as cleanUp } from '../../../functions/lists/steps/clean-up.ts';
import { bookmarksIn, withRevision } from '../../../shared/usecases/organization/catalogue.ts';
import type { Store, Write } from '../../../shared/usecases/ports/store.ts';
import type { ApiResponse, Body } from '../../support/client.ts';
import { NOW } from '../../support/events.ts';
import { groups, segmentOf } from '../../support/groups.ts';
import { loyaltyProgram } from '../../support/loyalty-program.ts';
import { profileOf } from '../../support/records.ts';
import { shop } from '../../support/shop.ts';
import { outputOf } from '../../support/workflow.ts';
import { FAULTS, failingAt, interleaved, turns, untilAnswered } from '../../support/wrapped-stores.ts';

const LATER = '2026-03-01T12:00:01.000Z';
let world = groups();
beforeEach(() => {
  world = groups();
});
const create = (body: object, headers = {}) => world.call('createList', { body, headers });
const replace = (listId: string, body: object, headers = {}) =>
  world.call('replaceList', { method: 'PUT', params: { listId }, body, headers, now: LATER });
const read = (listId: string) => world.get('readList', { listId });
const lists = async (query = ''): Promise<Body[]> => (await world.get('listLists', {}, query)).body.items;
const detail = async (consumerId: string): Promise<Body> => (await world.get('readConsumer', { consumerId })).body;
const membershipsOf = async (consumerId: string, store: Store = world.store) =>
  (await store.get([{ kind: 'memberships', consumerId }], true))[0];
const codeOf = ({ body }: ApiResponse) => body?.code;

describe('a list', () => {
  it('is created, answered whole, and found again', async () => {
    const told = await create({ listId: 'friends', name: 'Friends & family' });
    expect(told).toMatchObject({ status: 201, headers: { etag: '"1"' } });
    expect(told.body).toEqual({
      ...{ listId: 'friends', name: 'Friends & family', memberCount: 0, version: 1, createdAt: NOW, updatedAt: NOW },
    });
    expect(listAnswer.safeParse(told.body).error).toBeUndefined();
    expect((await read('friends')).body).toEqual(told.body);
    expect(await lists()).toEqual([told.body]);
  });

  it('is given an id where it has none', async () => {
    expect((await create({ name: 'Friends' })).body.listId).toMatch(/^[0-9A-Z]{26}$/);
  });

  it('of an id that is there is refused; under the same key it is the first answer again', async () => {
    const key = { 'idempotency-key': 'k1' };
    const first = await create({ listId: 'friends', name: 'Friends' }, key);
    expect(await create({ listId: 'friends', name: 'Friends' })).toMatchObject({
      status: 409,
      body: { code: 'id_taken' },
    });
    expect(await create({ listId: 'friends', name: 'Friends' }, key)).toMatchObject({
      ...{ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } },
    });
  });

  it.each([
    ['no name', {}, 'name', 'required'],
    ['an empty name', { name: '' }, 'name', 'too_short'],
    ['a blank name', { name: ' \u00a0 ' }, 'name', 'invalid_format'],
    ['a name of a novel', { name: 'x'.repeat(201) }, 'name', 'too_long'],
    ['an id with blanks', { listId: 'my friends', name: 'x' }, 'listId', 'invalid_format'],
    ['a field that there is not', { name: 'x', members: [] }, 'members', 'unknown_field'],
  ])('with %s is refused', async (_, body, path, code) => {
    expect(await create(body)).toMatchObject({ status: 422, body: { errors: [{ path, code }] } });
  });

  it('is renamed by whoever has seen it last', async () => {
    await world.made('friends');
    const renamed = await replace('friends', { name: 'Family' }, { 'if-match': '"1"' });
    expect(renamed).toMatchObject({
      status: 200,
      headers: { etag: '"2"' },
      body: { name: 'Family', updatedAt: LATER },
    });
    expect(codeOf(await replace('friends', { name: 'Foes' }, { 'if-match': '"1"' }))).toBe('version_conflict');
    expect(codeOf(await replace('friends', { listId: 'foes', name: 'Foes' }))).toBe('invalid_request');
    expect(codeOf(await replace('nobody', { name: 'Foes' }))).toBe('not_found');
    expect((await read('friends')).body).toEqual(renamed.body);
  });

  it('is deleted by whoever has seen it last', async () => {
    await world.made('friends');
    expect(codeOf(await world.remove('friends', { headers: { 'if-match': '"2"' } }))).toBe('version_conflict');
    expect((await world.remove('friends', { headers: { 'if-match': '"1"' } })).status).toBe(204);
    expect([codeOf(await read('friends')), codeOf(await world.remove('friends'))]).toEqual(['not_found', 'not_found']);
    expect(await lists()).toEqual([]);
  });

  it('is one of a thousand at most, those that are still being taken apart included', async () => {
    const many = Array.from({ length: 999 }, (_, n): Write => {
      const stamps = { version: 1, createdAt: NOW, updatedAt: NOW };
      return {
        put: { kind: 'list', listId: `l${String(n).padStart(3, '0')}`, name: `${n}`, ...stamps },
        expect: 'absent',
      };
    });
    await Promise.all(Array.from({ length: 10 }, (_, n) => world.store.commit(many.slice(n * 100, (n + 1) * 100))));
    await world.made('last');
    expect(codeOf(await create({ name: 'one more' }))).toBe('limit_reached');
    await world.remove('l000');
    expect(codeOf(await create({ name: 'one more' }))).toBe('limit_reached');
    await world.cleanedUp('l000');
    expect((await create({ name: 'one more' })).status).toBe(201);
  });

  it('stands among the others in the order of their ids, page by page', async () => {
    for (const listId of ['b', 'a', 'c']) await world.made(listId);
    const first = (await world.get('listLists', {}, 'limit=2')).body;
    expect(listsPage.safeParse(first).error).toBeUndefined();
    const rest = (await world.get('listLists', {}, `limit=2&cursor=${first.nextCursor}`)).body;
    expect([first, rest].map(({ items }) => items.map(({ listId }: Body) => listId))).toEqual([['a', 'b'], ['c']]);
    expect(rest.nextCursor).toBeNull();
    expect(await world.get('listLists', {}, 'cursor=x')).toMatchObject({
      status: 400,
      body: { code: 'invalid_cursor' },
    });
  });
});

describe('a consumer', () => {
  beforeEach(async () => {
    await world.made('friends', 'Friends');
    await world.store.commit([
      { put: profileOf('c0', { fullName: 'Ada Example', email: 'ada@example.com' }), expect: 'absent' },
    ]);
    await world.born('c1', 'c2');
  });

  it('is put on a list, with the name of now, as often as anyone likes', async () => {
    expect((await world.added('friends', 'c0')).status).toBe(204);
    expect((await world.added('friends', 'c0', { now: LATER })).status).toBe(204);
    await world.added('friends', 'c1');
    const told = await world.get('listMembers', { listId: 'friends' });
    expect(told.body).toEqual({
      items: [
        { consumerId: 'c0', fullName: 'Ada Example', email: 'ada@example.com', addedAt: NOW },
        { consumerId: 'c1', fullName: null, email: null, addedAt: NOW },
      ],
      nextCursor: null,
    });
    expect(membersPage.safeParse(told.body).error).toBeUndefined();
    expect(await membershipsOf('c0')).toMatchObject({ version: 1, lists: [{ listId: 'friends', addedAt: NOW }] });
  });

  it('is taken off it, and it is no matter whether it was on it, or is there at all', async () => {
    await world.added('friends', 'c1');
    for (const consumerId of ['c1', 'c1', 'c2', 'nobody']) {
      expect((await world.takenOff('friends', consumerId)).status).toBe(204);
    }
    expect(await world.membersOf('friends')).toEqual([]);
    expect(await membershipsOf('c1')).toMatchObject({ version: 2, lists: [] });
    expect(await membershipsOf('c2')).toBeUndefined();
  });

  it.each([
    ['addMember', 'PUT', 'nobody', 'friends', 'consumer_not_found'],
    ['addMember', 'PUT', 'c1', 'foes', 'not_found'],
    ['addMember', 'PUT', 'nobody', 'foes', 'not_found'],
    ['removeMember', 'DELETE', 'c1', 'foes', 'not_found'],
  ] as const)('%s (%s) of %s and %s: %s', async (endpoint, method, consumerId, listId, code) => {
    const told = await world.call(endpoint, { method, params: { listId, consumerId } });
    expect(told).toMatchObject({ status: 404, body: { code } });
  });

  it('is on 200 lists at most', async () => {
    const stamps = { version: 1, createdAt: NOW, updatedAt: NOW };
    const ids = Array.from({ length: 201 }, (_, n) => `l${n}`);
    for (const listId of ids) {
      await world.store.commit([{ put: { kind: 'list', listId, name: listId, ...stamps }, expect: 'absent' }]);
    }
    for (const listId of ids.slice(0, 200)) expect((await world.added(listId, 'c1')).status).toBe(204);
    expect(await world.added('l200', 'c1')).toMatchObject({ status: 409, body: { code: 'limit_reached' } });
    expect((await world.added('l7', 'c1')).status).toBe(204);
    await world.takenOff('l0', 'c1');
    expect((await world.added('l200', 'c1')).status).toBe(204);
    expect((await membershipsOf('c1'))?.lists).toHaveLength(200);
  });

  it('is shown on its lists, by the names that they have now', async () => {
    await world.made('foes', 'Foes');
    await world.added('friends', 'c1');
    await world.added('foes', 'c1', { now: LATER });
    await replace('foes', { name: 'Former foes' });
    expect((await detail('c1')).lists).toEqual([
      { listId: 'friends', name: 'Friends', addedAt: NOW },
      { listId: 'foes', name: 'Former foes', addedAt: LATER },
    ]);
    await world.takenOff('friends', 'c1');
    await world.remove('foes');
    expect((await detail('c1')).lists).toEqual([]);
  });

  it('is shown in the segments that are told, and in no rule that is still being filled', async () => {
    await segmentOf(world.store, 'vip', { number: 3, name: 'VIP' }, 'c1');
    await segmentOf(
      world.store,
      'new',
      { number: 4, live: null, filling: { number: 4, rule: null, since: NOW } },
      'c1',
    );
    expect((await detail('c1')).segments).toEqual([{ segmentId: 'vip', name: 'VIP', enteredAt: NOW }]);
    expect((await detail('c2')).segments).toEqual([]);
  });

  it('costs no request beyond the detail while no list is edited', async () => {
    await world.added('friends', 'c1');
    await detail('c1');
    let reads = 0;
    const { lists: all } = world.store;
    world.store.lists = () => {
      reads += 1;
      return all();
    };
    await detail('c1');
    await world.added('friends', 'c2');
    await detail('c2');
    expect(reads).toBe(0);
    await replace('friends', { name: 'Family' });
    expect((await detail('c2')).lists).toMatchObject([{ name: 'Family' }]);
    expect(reads).toBe(1);
  });
});

describe('the members of a list', () => {
  const consumerIds = Array.from({ length: 12 }, (_, n) => `c${String(n).padStart(2, '0')}`);
  beforeEach(async () => {
    await world.made('friends');
    await world.born(...consumerIds);
  });

  it('are told in the order of their ids, page by page', async () => {
    for (const consumerId of consumerIds) await world.added('friends', consumerId);
    const told: string[] = [];
    let cursor = '';
    do {
      const { body } = await world.get('listMembers', { listId: 'friends' }, `limit=5${cursor && `&cursor=${cursor}`}`);
      told.push(...body.items.map(({ consumerId }: Body) => consumerId));
      cursor = body.nextCursor ?? '';
    } while (cursor !== '');
    expect(told).toEqual(consumerIds);
    expect((await world.get('listMembers', { listId: 'friends' }, 'limit=101')).status).toBe(422);
    expect(codeOf(await world.get('listMembers', { listId: 'foes' }))).toBe('not_found');
  });

  it('are counted from the stream, each once, however often it tells of them', async () => {
    for (const consumerId of consumerIds) await world.added('friends', consumerId);
    for (const consumerId of consumerIds.slice(0, 3)) await world.takenOff('friends', consumerId);
    await world.added('friends', 'c00', { now: LATER });
    const batch = await world.delivered();
    world.changes.push(...batch);
    await world.delivered();
    expect((await read('friends')).body.memberCount).toBe(10);
    expect(await lists()).toMatchObject([{ listId: 'friends', memberCount: 10 }]);
  });

  it('have the names and emails that their profiles have', async () => {
    const { patch } = shop(world.store);
    await segmentOf(world.store, 'vip', { number: 3 }, 'c00');
    await world.added('friends', 'c00');
    await world.added('friends', 'c01');
    await patch('c00', { fullName: 'Ada', email: 'ada@example.com' });
    await patch('c00', { fullName: 'Ada Example' });
    await patch('c01', { gender: 'x' });
    await world.delivered();
    const named = { fullName: 'Ada Example', email: 'ada@example.com' };
    expect((await world.get('listMembers', { listId: 'friends' })).body.items).toMatchObject([
      named,
      { fullName: null },
    ]);
    expect((await world.store.membersOfRuleVersion(3, { limit: 5 })).items).toMatchObject([named]);
    expect((await read('friends')).body.memberCount).toBe(2);
  });

  it('are renamed on 200 lists, and on none that they left meanwhile', async () => {
    const { patch } = shop(world.store);
    const stamps = { version: 1, createdAt: NOW, updatedAt: NOW };
    for (let n = 0; n < 150; n += 1) {
      await world.store.commit([{ put: { kind: 'list', listId: `l${n}`, name: 'x', ...stamps }, expect: 'absent' }]);
      await world.added(`l${n}`, 'c00');
    }
    await world.delivered();
    await patch('c00', { fullName: 'Ada' });
    let isFirst = true;
    const { commit } = world.store;
    world.store.commit = async (writes) => {
      if (isFirst) {
        isFirst = false;
        await world.takenOff('l3', 'c00');
      }
      return commit(writes);
    };
    await world.delivered();
    const entries = await world.store.get(
      Array.from({ length: 150 }, (_, n) => ({ kind: 'listMember', consumerId: 'c00', listId: `l${n}` }) as const),
    );
    expect(entries.filter((entry) => entry?.fullName === 'Ada')).toHaveLength(149);
    expect(entries[3]).toBeUndefined();
  });

  it('are found among all consumers, newest first, together with every other filter', async () => {
    const { call, patch } = shop(world.store);
    const found = async (query: string): Promise<string[]> => {
      const ids: string[] = [];
      let cursor = '';
      do {
        const { body } = await call('list', { method: 'GET', query: `${query}${cursor && `&cursor=${cursor}`}` });
        ids.push(...body.items.map(({ consumerId }: Body) => consumerId));
        cursor = body.nextCursor ?? '';
      } while (cursor !== '');
      return ids;
    };
    await world.made('foes');
    for (const consumerId of consumerIds.slice(0, 9)) await world.added('friends', consumerId);
    for (const consumerId of consumerIds.slice(6)) await world.added('foes', consumerId);
    await segmentOf(world.store, 'vip', { number: 3 }, 'c01', 'c07', 'c11');
    await segmentOf(world.store, 'unready', { live: null });
    for (const consumerId of ['c01', 'c02', 'c08', 'c11']) {
      await patch(consumerId, { fullName: `Ada ${consumerId}`, tags: ['Big'], status: 'inactive' });
    }
    const friends = consumerIds.slice(0, 9).toReversed();
    expect(await found('limit=4&listId=friends')).toEqual(friends);
    expect(await found('limit=2&segmentId=vip')).toEqual(['c11', 'c07', 'c01']);
    expect(await found('limit=1&listId=friends&segmentId=vip')).toEqual(['c07', 'c01']);
    expect(await found('limit=1&listId=friends&status=inactive')).toEqual(['c08', 'c02', 'c01']);
    expect(await found('limit=1&listId=friends&tag=big&status=inactive')).toEqual(['c08', 'c02', 'c01']);
    expect(await found('limit=1&listId=friends&search=ada')).toEqual(['c01', 'c02', 'c08']);
    expect(await found('limit=1&listId=friends&segmentId=vip&search=ada')).toEqual(['c01']);
    for (const nobody of ['listId=x', 'segmentId=x', 'segmentId=unready', 'listId=friends&segmentId=x']) {
      expect(await found(nobody)).toEqual([]);
    }
    const { nextCursor } = (await call('list', { method: 'GET', query: 'limit=1&listId=friends' })).body;
    const other = await call('list', { method: 'GET', query: `limit=1&listId=foes&cursor=${nextCursor}` });
    expect(other).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
  });
});

describe('a list that is used', () => {
  const audience = { segments: [], lists: ['friends'] };
  beforeEach(async () => {
    await world.made('friends');
    await world.made('foes');
  });
  const users = async (): Promise<string[]> => {
    const told = await world.remove('friends');
    if (told.status !== 204) expect(told).toMatchObject({ status: 409, body: { code: 'in_use' } });
    return told.body?.reasons ?? [];
  };

  it('by a reward, a challenge and an earning rule is not deleted before they are', async () => {
    const { call, offered } = loyaltyProgram(world.store);
    const { call: settings } = shop(world.store);
    await offered({ rewardId: 'mug', audience });
    await offered({ rewardId: 'cup', audience: { segments: ['friends'], lists: ['foes'] } });
    const goal = { event: 'visit', measure: 'count', target: 3 };
    const steps = { challengeId: 'steps', name: 'Steps', kind: 'custom', goal, points: 5, audience };
    expect((await call('createChallenge', { body: steps })).status).toBe(201);
    const rules = (rule: object) =>
      settings('writeSettings', {
        ...{ method: 'PUT', params: { document: 'earning-rules' }, scope: 'regulars/admin' },
        body: { rules: [{ ruleId: 'r1', event: 'visit', points: 1, ...rule }] },
      });
    expect((await rules({ audience })).status).toBe(200);
    expect(await users()).toEqual(['reward:mug', 'challenge:steps', 'earning-rule:r1']);
    await call('removeReward', { method: 'DELETE', params: { rewardId: 'mug' } });
    await rules({});
    expect(await users()).toEqual(['challenge:steps']);
    await call('removeChallenge', { method: 'DELETE', params: { challengeId: 'steps' } });
    expect(await users()).toEqual([]);
  });

  it.each(['created', 'replaced'])('by a reward that is %s at the very same moment is not deleted', async (how) => {
    const { store } = world;
    const { call, offered } = loyaltyProgram(store);
    if (how === 'replaced') await offered({ rewardId: 'mug' });
    const bind = () => {
      const mug = { rewardId: 'mug', name: 'Mug', costPoints: 10, audience };
      return how === 'created'
        ? call('createReward', { body: mug })
        : call('replaceReward', { method: 'PUT', params: { rewardId: 'mug' }, body: mug });
    };
    let isBound = false;
    // Right after it was asked which rewards there are, and none was found.
    const rewards: Store['rewards'] = async (page) => {
      const answer = await store.rewards(page);
      if (!isBound) {
        isBound = true;
        expect((await bind()).status).toBeLessThan(300);
      }
      return answer;
    };
    const others = groups(store, (told) => ({ ...told, rewards }));
    const told = await others.remove('friends');
    expect(told).toMatchObject({ status: 409, body: { code: 'in_use', reasons: ['reward:mug'] } });
  });

  const on = (value: string | string[], operator = 'contains') => ({ attribute: 'lists', operator, value });
  it.each([
    ['its rule', { all: [on('friends')] }, true],
    ['one of several', { any: [{ not: on(['foes', 'friends'], 'contains_any') }] }, true],
    ['a text that is the same to rules', on('FRIENDS'), true],
    ['another list', on('foes'), false],
    ['another attribute', { attribute: 'tags', operator: 'contains', value: 'friends' }, false],
    [
      "an event's attribute",
      { event: 'visit', where: [on('friends')], measure: 'count', operator: 'gte', value: 1 },
      false,
    ],
  ])('by a segment, named in %s', async (_, rule, isUsed) => {
    await segmentOf(world.store, 'vip', { rule });
    await segmentOf(world.store, 'new', { live: null, filling: { number: 8, rule, since: NOW } });
    await segmentOf(world.store, 'old', { live: null, retiring: { number: 9, rule } });
    expect(await users()).toEqual(isUsed ? ['segment:new', 'segment:vip'] : []);
  });

  it('by a segment that is edited in the same moment is not deleted', async () => {
    const { segments } = world.store;
    let isFirst = true;
    world.store.segments = async () => {
      const before = await segments();
      if (isFirst) await segmentOf(world.store, 'vip', { rule: on('friends') });
      isFirst = false;
      return before;
    };
    expect(await users()).toEqual(['segment:vip']);
  });
});

describe('a deleted list', () => {
  const consumerIds = Array.from({ length: 320 }, (_, n) => `c${String(n).padStart(3, '0')}`);
  const crowded = async () => {
    await world.made('friends');
    await world.made('foes');
    await world.born(...consumerIds);
    for (const consumerId of consumerIds) await world.added('friends', consumerId);
    await world.added('foes', 'c000');
    await world.delivered();
  };
  const left = async () => (await world.store.membersOfList('friends', { limit: 1_000 })).items.length;

  it('is left by some hundreds at once, and by the others bit by bit', async () => {
    await crowded();
    expect((await world.remove('friends')).status).toBe(204);
    expect(await left()).toBe(20);
    expect(codeOf(await create({ listId: 'friends', name: 'New friends' }))).toBe('id_taken');
    expect(await world.cleanedUp('friends', false)).toMatchObject({ done: false });
    expect(await world.cleanedUp('friends', false)).toMatchObject({ done: true });
    expect(codeOf(await create({ listId: 'friends', name: 'New friends' }))).toBe('id_taken');
    expect(await world.cleanedUp('friends')).toMatchObject({ done: true });
    await world.delivered();
    expect((await create({ listId: 'friends', name: 'New friends' })).body).toMatchObject({
      memberCount: 0,
      version: 1,
    });
    expect([await left(), await world.membersOf('friends')]).toEqual([0, []]);
    expect((await detail('c000')).lists).toMatchObject([{ listId: 'foes' }]);
    expect((await membershipsOf('c001'))?.lists).toEqual([]);
    expect((await read('foes')).body.memberCount).toBe(1);
  });

  it('gives its id back only where nobody is found on it any more', async () => {
    await world.made('friends');
    await world.born('c1');
    await world.added('friends', 'c1');
    const { membersOfList } = world.store;
    // The index does not know yet.
    world.store.membersOfList = async () => ({ items: [], nextCursor: null });
    await world.remove('friends');
    expect(await world.cleanedUp('friends', false)).toMatchObject({ done: true });
    world.store.membersOfList = membersOfList;
    expect(await world.cleanedUp('friends')).toMatchObject({ done: false });
    expect(codeOf(await create({ listId: 'friends', name: 'New friends' }))).toBe('id_taken');
    expect(await world.cleanedUp('friends')).toMatchObject({ done: true });
    expect((await create({ listId: 'friends', name: 'New friends' })).status).toBe(201);
  });

  it('is left by everyone when its workflow has run, and may be created again', async () => {
    await crowded();
    await world.remove('friends');
    const step = (input: unknown) => cleanUp(world.deps)(input);
    await outputOf('lists-cleanup', { 'clean-up': step }, { listId: 'friends' });
    expect(await left()).toBe(0);
    expect((await create({ listId: 'friends', name: 'New friends' })).status).toBe(201);
  });

  it('takes nobody off another one with its id', async () => {
    await world.made('friends');
    await world.born('c1');
    await world.remove('friends');
    await world.cleanedUp('friends');
    await world.made('friends');
    await world.added('friends', 'c1');
    expect(await world.cleanedUp('friends')).toMatchObject({ done: true });
    expect(await world.membersOf('friends')).toEqual(['c1']);
  });

  it('has its request answered where taking members off fails: the workflow goes on', async () => {
    await world.made('friends');
    await world.born('c1');
    await world.added('friends', 'c1');
    world.store.membersOfList = () => Promise.reject(new TypeError('down'));
    expect((await world.remove('friends')).status).toBe(204);
    expect(codeOf(await read('friends'))).toBe('not_found');
  });

  it('is joined by nobody who is added in the same moment', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const turn = turns(seed);
      world = groups(undefined, (store) => interleaved(store, turn));
      await world.made('friends');
      await world.born('c1', 'c2', 'c3');
      const answers = await Promise.all([
        ...['c1', 'c2', 'c3'].map((consumerId) => world.added('friends', consumerId)),
        world.remove('friends'),
      ]);
      expect(answers.at(-1)?.status).toBe(204);
      while (!(await world.cleanedUp('friends')).done);
      expect(await left()).toBe(0);
      for (const consumerId of ['c1', 'c2', 'c3']) expect((await membershipsOf(consumerId))?.lists ?? []).toEqual([]);
    }
  });
});

describe('at the same moment', () => {
  it('a consumer is put on many lists, and its segments are refreshed: nothing is lost', async () => {
    const turn = turns(5);
    world = groups(undefined, (store) => interleaved(store, turn));
    const ids = Array.from({ length: 12 }, (_, n) => `l${n}`);
    for (const listId of ids) await world.made(listId);
    await world.born('c1');
    const refreshes = [3, 4, 5].map((unit) => segmentOf(world.store, `s${unit}`, { number: unit }));
    await Promise.all(refreshes);
    await Promise.all(ids.map((listId) => world.added(listId, 'c1')));
    await Promise.all([...ids.slice(6).map((listId) => world.takenOff(listId, 'c1')), world.added('l0', 'c1')]);
    expect((await membershipsOf('c1'))?.lists.map(({ listId }) => listId).sort()).toEqual(ids.slice(0, 6).sort());
    await world.delivered();
    const counts = Object.fromEntries(
      (await lists('limit=100')).map(({ listId, memberCount }) => [listId, memberCount]),
    );
    expect(counts).toEqual(Object.fromEntries(ids.map((listId, n) => [listId, n < 6 ? 1 : 0])));
  });

  it('lists are created and renamed: each is told', async () => {
    const turn = turns(3);
    world = groups(undefined, (store) => interleaved(store, turn));
    const ids = Array.from({ length: 10 }, (_, n) => `l${n}`);
    const told = await Promise.all(ids.map((listId) => create({ listId, name: listId })));
    expect(new Set(told.map(({ status }) => status))).toEqual(new Set([201]));
    await Promise.all(ids.map((listId) => replace(listId, { name: `${listId}!` })));
    expect((await lists()).map(({ name }) => name)).toEqual(ids.map((listId) => `${listId}!`));
    const [settings] = await world.store.get([{ kind: 'settings' }], true);
    expect(bookmarksIn(settings).revision).toBe(20);
  });

  it('one id is taken once', async () => {
    const turn = turns(9);
    world = groups(undefined, (store) => interleaved(store, turn));
    const told = await Promise.all(Array.from({ length: 6 }, (_, n) => create({ listId: 'one', name: `${n}` })));
    expect(told.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });
});

describe('where the database fails at any call in turn', () => {
  const steps: [string, () => Promise<ApiResponse>][] = [
    ['creating', () => create({ listId: 'new', name: 'New' }, { 'idempotency-key': 'k1' })],
    ['renaming', () => replace('friends', { name: 'Family' }, { 'idempotency-key': 'k2' })],
    ['putting on', () => world.added('friends', 'c2', { headers: { 'idempotency-key': 'k3' } })],
    ['taking off', () => world.takenOff('friends', 'c1', { headers: { 'idempotency-key': 'k4' } })],
    ['deleting', () => world.remove('foes', { headers: { 'idempotency-key': 'k5' } })],
  ];
  const calls = Array.from({ length: 6 }, (_, n) => n + 1);
  const cases = steps.flatMap(([name, send]) =>
    calls.flatMap((call) => FAULTS.map((fault) => [name, call, fault, send] as const)),
  );
  let isReady = false;
  const prepared = async (wrap?: (store: Store) => Store) => {
    isReady = false;
    let faulty: Store | null = null;
    world = groups(undefined, (store) => {
      if (!wrap) return store;
      faulty = wrap(store);
      const pick = () => (isReady && faulty ? faulty : store);
      return { ...store, get: (keys, fresh) => pick().get(keys, fresh), commit: (writes) => pick().commit(writes) };
    });
    await world.born('c1', 'c2');
    for (const listId of ['friends', 'foes']) await world.made(listId);
    for (const listId of ['friends', 'foes']) await world.added(listId, 'c1');
    isReady = true;
  };
  const state = async () => {
    isReady = false;
    await world.delivered();
    const [settings] = await world.store.get([{ kind: 'settings' }], true);
    return {
      lists: await lists(),
      members: await world.membersOf('friends'),
      c1: (await membershipsOf('c1'))?.lists,
      c2: (await membershipsOf('c2'))?.lists,
      revision: bookmarksIn(settings),
    };
  };

  it.each(cases)('%s, call %i, %s: sent again, it is done once', async (_, call, fault, send) => {
    await prepared();
    const first = await send();
    while (!(await world.cleanedUp('foes')).done);
    const expected = await state();
    await prepared((store) => failingAt(store, call, fault));
    const told = await untilAnswered(async () => {
      const answer = await send();
      if (answer.status >= 500) throw new Error('not answered');
      return answer;
    });
    expect({ status: told.status, body: told.body }).toEqual({ status: first.status, body: first.body });
    while (!(await untilAnswered(() => world.cleanedUp('foes'))).done);
    expect(await state()).toEqual(expected);
  });
});

describe('what the settings keep about lists and segments', () => {
  it('leaves everything else in them as it is', async () => {
    await shop(world.store).call('writeSettings', {
      ...{ method: 'PUT', params: { document: 'organization' }, scope: 'regulars/admin', body: { currency: 'EUR' } },
    });
    const [before] = await world.store.get([{ kind: 'settings' }], true);
    await world.store.commit([
      { put: withRevision(before, { nextUnit: 9, tallied: { a: 1 } }), expect: { version: before?.version ?? 0 } },
    ]);
    await world.made('friends');
    await world.remove('friends');
    await world.cleanedUp('friends');
    const [settings] = await world.store.get([{ kind: 'settings' }], true);
    expect(settings?.documents['segments']?.value).toEqual({
      ...{ nextUnit: 9, tallied: { a: 1 }, revision: 4, listsLeaving: [] },
    });
    expect(settings?.documents['organization']).toEqual(before?.documents['organization']);
  });
});
