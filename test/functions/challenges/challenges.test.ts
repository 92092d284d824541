import { beforeEach, describe, expect, it } from '@jest/globals';
import { scoringOf } from '../../../shared/usecases/organization/scoring.ts';
import type { ApiResponse, Body } from '../../support/client.ts';
import { NOW } from '../../support/events.ts';
import { booksOf, loyaltyProgram, rewardsStateOf } from '../../support/loyalty-program.ts';
import { interleaved, turns } from '../../support/wrapped-stores.ts';

let { store, call, member } = loyaltyProgram();
beforeEach(() => {
  ({ store, call, member } = loyaltyProgram());
});

const BEFORE = '2026-03-01T11:59:59.999Z';
const AFTER = '2026-03-01T12:00:00.001Z';
const goal = (other: object = {}) => ({ event: 'review_written', measure: 'count', target: 2, ...other });
const REVIEWS = { name: 'Two reviews', kind: 'custom', goal: goal(), points: 50 };
const create = (body: object, headers = {}) => call('createChallenge', { body, headers });
const replace = (body: object, headers = {}, challengeId = 'ch1') =>
  call('replaceChallenge', { method: 'PUT', params: { challengeId }, body, headers, now: AFTER });
const remove = (headers = {}, challengeId = 'ch1') =>
  call('removeChallenge', { method: 'DELETE', params: { challengeId }, headers });
const read = (challengeId = 'ch1') => call('readChallenge', { method: 'GET', params: { challengeId } });
const set = async (content: object = {}): Promise<Body> => {
  const told = await create({ challengeId: 'ch1', ...REVIEWS, ...content });
  if (told.status !== 201) throw new Error(`no challenge was created: ${JSON.stringify(told.body)}`);
  return told.body;
};
const happened = (body: object = {}, consumerId = 'c1') =>
  call('recordEvent', { params: { consumerId }, body: { type: 'review_written', attributes: {}, ...body } });
const progress = (query = '', consumerId = 'c1', now = NOW) =>
  call('listProgress', { method: 'GET', params: { consumerId }, query, now });
/** Progress, completions and points in one challenge. */
const standing = async (): Promise<Body[]> => {
  const [one] = (await progress()).body.items;
  return [one.progress, one.completions, (await booksOf(store, 'c1')).balances.available];
};
const codeOf = ({ body }: ApiResponse) => body?.code;

describe('a challenge', () => {
  it('is created with what was left out at its defaults, and answered whole', async () => {
    const told = await create({ challengeId: 'ch1', ...REVIEWS });
    expect(told).toMatchObject({ status: 201, headers: { etag: '"1"' } });
    expect(told.body).toEqual({
      ...{ challengeId: 'ch1', name: 'Two reviews', kind: 'custom', points: 50, goal: { ...goal(), where: [] } },
      ...{ audience: { segments: [], lists: [] }, activeFrom: null, activeUntil: null, repeatable: false },
      ...{ version: 1, createdAt: NOW, updatedAt: NOW },
    });
    expect(await read()).toMatchObject({ status: 200, body: told.body, headers: { etag: '"1"' } });
  });

  it('is given an id where it has none', async () => {
    const told = await create(REVIEWS);
    expect(told.body.challengeId).toMatch(/^[0-9A-Z]{26}$/);
    expect((await read(told.body.challengeId)).body).toEqual(told.body);
  });

  it('of an id that is there is refused; under the same key it is the first answer again', async () => {
    const key = { 'idempotency-key': 'k1' };
    const first = await create({ challengeId: 'ch1', ...REVIEWS }, key);
    expect(await create({ challengeId: 'ch1', ...REVIEWS })).toMatchObject({ status: 409, body: { code: 'id_taken' } });
    expect(await create({ challengeId: 'ch1', ...REVIEWS }, key)).toMatchObject({
      ...{ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } },
    });
  });

  it.each([
    ['no name', { name: undefined }, 'name', 'required'],
    ['no kind', { kind: undefined }, 'kind', 'required'],
    ['a strange kind', { kind: 'sport' }, 'kind', 'invalid_value'],
    ['no goal', { goal: undefined }, 'goal', 'required'],
    ['no points', { points: undefined }, 'points', 'required'],
    ['less than no points', { points: -1 }, 'points', 'too_small'],
    ['half a point', { points: 0.5 }, 'points', 'wrong_type'],
    ['a strange event', { goal: goal({ event: 'Review' }) }, 'goal.event', 'invalid_format'],
    ['a target of nothing', { goal: goal({ target: 0 }) }, 'goal.target', 'too_small'],
    ['a target of too many decimals', { goal: goal({ target: 0.000_000_1 }) }, 'goal.target', 'invalid_value'],
    ['no measure', { goal: goal({ measure: undefined }) }, 'goal.measure', 'required'],
    ['a strange measure', { goal: goal({ measure: 'most' }) }, 'goal.measure', 'wrong_type'],
    ['a sum of nothing', { goal: goal({ measure: { sum: '' } }) }, 'goal.measure.sum', 'too_short'],
    [
      'a condition without operator',
      { goal: goal({ where: [{ attribute: 'stars', value: 1 }] }) },
      'goal.where.0.operator',
      'required',
    ],
    [
      'a condition with a value of another kind',
      { goal: goal({ where: [{ attribute: 'stars', operator: 'gte', value: 'many' }] }) },
      'goal.where.0.value',
      'wrong_type',
    ],
    ['an activity of other events', { kind: 'activity' }, 'goal.event', 'invalid_value'],
    ['an end at its beginning', { activeFrom: NOW, activeUntil: NOW }, 'activeUntil', 'invalid_value'],
    ['an unknown field', { colour: 'red' }, 'colour', 'unknown_field'],
  ])('with %s is refused', async (_, content, path, code) => {
    await set();
    for (const told of [await create({ ...REVIEWS, ...content }), await replace({ ...REVIEWS, ...content })]) {
      expect(told.status).toBe(422);
      expect(told.body.errors).toContainEqual({ path, code, message: expect.any(String) });
    }
    expect((await read()).body.version).toBe(1);
  });

  it('that is not there is not found', async () => {
    for (const challengeId of ['ch2', 'no id at all']) {
      const told = [await read(challengeId), await replace(REVIEWS, {}, challengeId), await remove({}, challengeId)];
      expect(told.map(({ status, body }) => [status, body.code])).toEqual(Array(3).fill([404, 'not_found']));
    }
  });

  it('is replaced whole, with its own version, which If-Match asks for', async () => {
    await set({ repeatable: true, activeFrom: BEFORE });
    await create({ challengeId: 'ch2', ...REVIEWS });
    const told = await replace({ challengeId: 'ch1', ...REVIEWS, points: 60 }, { 'if-match': '"1"' });
    expect(told).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(told.body).toMatchObject({
      points: 60,
      repeatable: false,
      activeFrom: null,
      createdAt: NOW,
      updatedAt: AFTER,
    });
    expect((await read('ch2')).body.version).toBe(1);
    const stale = { 'if-match': '"1"' };
    expect([await replace(REVIEWS, stale), await remove(stale)].map(codeOf)).toEqual(Array(2).fill('version_conflict'));
    expect(await replace({ challengeId: 'ch2', ...REVIEWS })).toMatchObject({ status: 422 });
    expect(await remove({ 'if-match': '"2"' })).toMatchObject({ status: 204, body: undefined });
    expect((await read()).status).toBe(404);
  });

  it('is listed in the order of ids, page by page', async () => {
    for (const challengeId of ['b', 'a', 'C']) await set({ challengeId });
    const list = (query: string) => call('listChallenges', { method: 'GET', query });
    const first = await list('limit=2');
    expect(first.body.items).toMatchObject([{ challengeId: 'C', version: 1 }, { challengeId: 'a' }]);
    expect((await list(`limit=2&cursor=${first.body.nextCursor}`)).body).toMatchObject({
      ...{ items: [{ challengeId: 'b' }], nextCursor: null },
    });
    expect((await list('limit=3')).body.nextCursor).toBeNull();
    expect(await list('cursor=AAAA')).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    await member('c1', 0);
    expect(await progress(`cursor=${first.body.nextCursor}`)).toMatchObject({ status: 400 });
    expect(await list('limit=101')).toMatchObject({ status: 422, body: { code: 'limit_out_of_range' } });
  });

  it('is one of a hundred at most, and of so much text', async () => {
    for (let n = 0; n < 100; n++) await set({ challengeId: `ch${n}` });
    expect(await create(REVIEWS)).toMatchObject({ status: 409, body: { code: 'limit_reached' } });
    expect((await replace(REVIEWS)).status).toBe(200);
    const long = Array.from({ length: 20 }, () => 'x'.repeat(1_000));
    const where = [{ attribute: 'text', operator: 'in', value: long }];
    const told = [];
    for (let n = 0; n < 5; n++) told.push(await replace({ ...REVIEWS, goal: goal({ where }) }, {}, `ch${n}`));
    expect(told.map(({ status }) => status)).toEqual([200, 200, 200, 409, 409]);
    expect((await remove()).status).toBe(204);
  });

  it('stands with the settings, is none of their documents, and makes no metrics old', async () => {
    const before = scoringOf((await store.get([{ kind: 'settings' }]))[0]).version;
    await set();
    await replace(REVIEWS);
    const [record] = await store.get([{ kind: 'settings' }]);
    expect(record).toMatchObject({ version: 2, documents: { challenges: { version: 2, updatedAt: AFTER } } });
    expect(scoringOf(record).version).toBe(before);
    expect(await call('readSettings', { method: 'GET', params: { document: 'challenges' } })).toMatchObject({
      ...{ status: 404, body: { code: 'not_found' } },
    });
  });

  it('is written by many at the same time, none of whom undoes another', async () => {
    const { call: among } = loyaltyProgram(interleaved(store, turns(7)));
    const ids = Array.from({ length: 20 }, (_, n) => `ch${n}`);
    const bodies = [...ids, ...ids].map((challengeId) => ({ challengeId, ...REVIEWS, name: `of ${Math.random()}` }));
    const told = await Promise.all(bodies.map((body) => among('createChallenge', { body })));
    expect(told.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(told.filter((one) => codeOf(one) === 'id_taken')).toHaveLength(20);
    expect((await call('listChallenges', { method: 'GET' })).body.items).toHaveLength(20);
  });
});

describe('the progress of a consumer', () => {
  it('is there for every challenge, from nothing on', async () => {
    await member('c1', 0);
    await set();
    expect((await progress()).body).toEqual({
      items: [
        {
          ...{ challengeId: 'ch1', name: 'Two reviews', kind: 'custom', points: 50, repeatable: false },
          ...{ activeFrom: null, activeUntil: null, running: true, inAudience: true },
          ...{ progress: 0, target: 2 },
          ...{ completions: 0, completedAt: null },
        },
      ],
      nextCursor: null,
    });
    expect(await progress('', 'nobody')).toMatchObject({ status: 404, body: { code: 'consumer_not_found' } });
  });

  it('counts the events that are recorded, and completes once', async () => {
    await member('c1', 0);
    await set();
    await happened();
    expect(await standing()).toEqual([1, 0, 0]);
    const told = await happened({ eventId: 'e1' });
    expect(told.body).toMatchObject({ points: { awarded: 50 } });
    expect((await progress()).body.items).toMatchObject([{ progress: 2, completions: 1, completedAt: NOW }]);
    await happened();
    await happened({ eventId: 'e1' });
    expect(await standing()).toEqual([2, 1, 50]);
  });

  it('begins anew where it is repeatable, with what was left over', async () => {
    await member('c1', 0);
    await set({
      ...{ kind: 'activity', repeatable: true },
      goal: goal({ event: 'activity', measure: { sum: 'quantity' }, target: 10_000 }),
    });
    const walked = (quantity: number) => happened({ type: 'activity', attributes: { kind: 'fitbit_steps', quantity } });
    await walked(9_999);
    await walked(20_002);
    expect(await standing()).toEqual([1, 3, 150]);
  });

  it('counts only what meets every condition', async () => {
    await member('c1', 0);
    const where = [
      { attribute: 'product.stars', operator: 'gte', value: 4 },
      { attribute: 'words', operator: 'gt', value: 10 },
    ];
    await set({ goal: goal({ where }) });
    await happened({ attributes: { product: { stars: 5 }, words: 11 } });
    await happened({ attributes: { product: { stars: 5 }, words: 10 } });
    await happened({ attributes: { words: 11 } });
    await happened({ type: 'content_shared', attributes: { product: { stars: 5 }, words: 11 } });
    expect(await standing()).toEqual([1, 0, 0]);
  });

  it.each([
    ['at its beginning', { activeFrom: NOW }, NOW, true],
    ['before it', { activeFrom: NOW }, BEFORE, false],
    ['just before its end', { activeUntil: NOW }, BEFORE, true],
    ['at its end', { activeUntil: NOW }, NOW, false],
    ['after it', { activeUntil: NOW }, AFTER, false],
  ])('counts what happens while it runs: %s', async (_, window, occurredAt, counts) => {
    await member('c1', 0);
    await set(window);
    await happened({ occurredAt });
    const { items } = (await progress('', 'c1', occurredAt)).body;
    expect(items).toMatchObject([{ progress: counts ? 1 : 0, running: counts }]);
  });

  it('stays when the challenge is replaced; what was completed stays when it is deleted', async () => {
    await member('c1', 0);
    await set();
    await happened();
    await replace({ ...REVIEWS, points: 70 });
    await happened();
    expect(await standing()).toEqual([2, 1, 70]);
    await remove();
    expect((await progress()).body.items).toEqual([]);
    expect(await rewardsStateOf(store, 'c1')).toMatchObject({ completed: [{ challengeId: 'ch1', points: 70 }] });
    await set();
    await happened();
    expect(await standing()).toEqual([2, 1, 70]);
  });

  it('is shown page by page', async () => {
    await member('c1', 0);
    for (const challengeId of ['a', 'b', 'c']) await set({ challengeId });
    await happened();
    const first = await progress('limit=2');
    expect(first.body.items).toMatchObject([{ challengeId: 'a', progress: 1 }, { challengeId: 'b' }]);
    expect((await progress(`limit=2&cursor=${first.body.nextCursor}`)).body).toMatchObject({
      ...{ items: [{ challengeId: 'c' }], nextCursor: null },
    });
    await member('c2', 0);
    expect(await progress(`cursor=${first.body.nextCursor}`, 'c2')).toMatchObject({ status: 400 });
  });
});
