import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../support/client.ts';
import { NOW } from '../../support/events.ts';
import { booksOf, joined, loyaltyProgram, rewardsStateOf } from '../../support/loyalty-program.ts';
import { interleaved, turns } from '../../support/wrapped-stores.ts';

let { store, call, offered, reward, give, claimed, cancelled, member } = loyaltyProgram();
beforeEach(() => {
  ({ store, call, offered, reward, give, claimed, cancelled, member } = loyaltyProgram());
});

const BEFORE = '2026-03-01T11:59:59.999Z';
const AFTER = '2026-03-01T12:00:00.001Z';
const TOMORROW = '2026-03-02T12:00:00.000Z';
const MUG = { name: 'Mug', costPoints: 10 };
const create = (body: object, headers = {}) => call('createReward', { body, headers });
const replace = (body: object, headers = {}, rewardId = 'r1') =>
  call('replaceReward', { method: 'PUT', params: { rewardId }, body, headers });
const remove = (headers = {}, rewardId = 'r1') =>
  call('removeReward', { method: 'DELETE', params: { rewardId }, headers });
const codeOf = ({ body }: ApiResponse) => body?.code;
const claims = (query = '', consumerId = 'c1') => call('listClaims', { method: 'GET', params: { consumerId }, query });

describe('a reward', () => {
  it('is created with what was left out at its defaults, and answered whole', async () => {
    const told = await create({ rewardId: 'r1', ...MUG });
    expect(told).toMatchObject({ status: 201, headers: { etag: '"1"' } });
    expect(told.body).toEqual({
      ...{ rewardId: 'r1', name: 'Mug', costPoints: 10, stock: null, claimed: 0, limitPerConsumer: null },
      ...{ activeFrom: null, activeUntil: null, audience: { segments: [], lists: [] }, status: 'active' },
      ...{ version: 1, createdAt: NOW, updatedAt: NOW },
    });
    expect(await reward()).toEqual(told.body);
  });

  it('is given an id where it has none', async () => {
    const told = await create({ ...MUG, stock: 5 });
    expect(told.body.rewardId).toMatch(/^[0-9A-Z]{26}$/);
    expect(await reward(told.body.rewardId)).toEqual(told.body);
  });

  it('of an id that is there is refused; under the same key it is the first answer again', async () => {
    const key = { 'idempotency-key': 'k1' };
    const first = await create({ rewardId: 'r1', ...MUG }, key);
    expect(await create({ rewardId: 'r1', ...MUG })).toMatchObject({ status: 409, body: { code: 'id_taken' } });
    expect(await create({ rewardId: 'r1', ...MUG }, key)).toMatchObject({
      ...{ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } },
    });
  });

  it.each([
    ['no name', { name: undefined }, 'name', 'required'],
    ['an empty name', { name: '' }, 'name', 'too_short'],
    ['no cost', { costPoints: undefined }, 'costPoints', 'required'],
    ['nothing as its cost', { costPoints: 0 }, 'costPoints', 'too_small'],
    ['too high a cost', { costPoints: 1_000_000_001 }, 'costPoints', 'too_big'],
    ['half a point', { costPoints: 1.5 }, 'costPoints', 'wrong_type'],
    ['less than nothing in stock', { stock: -1 }, 'stock', 'too_small'],
    ['a limit of none', { limitPerConsumer: 0 }, 'limitPerConsumer', 'too_small'],
    ['an id with blanks', { rewardId: 'a mug' }, 'rewardId', 'invalid_format'],
    ['an instant without offset', { activeFrom: '2026-03-01T12:00:00' }, 'activeFrom', 'invalid_format'],
    ['an end at its beginning', { activeFrom: NOW, activeUntil: NOW }, 'activeUntil', 'invalid_value'],
    ['an end before it', { activeFrom: NOW, activeUntil: BEFORE }, 'activeUntil', 'invalid_value'],
    ['a strange status', { status: 'sold' }, 'status', 'invalid_value'],
    ['a strange segment', { audience: { segments: ['a b'] } }, 'audience.segments.0', 'invalid_format'],
    ['an unknown field', { colour: 'red' }, 'colour', 'unknown_field'],
  ])('with %s is refused', async (_, content, path, code) => {
    await offered({});
    for (const told of [await create({ ...MUG, ...content }), await replace({ ...MUG, ...content })]) {
      expect(told.status).toBe(422);
      expect(told.body.errors).toContainEqual({ path, code, message: expect.any(String) });
    }
    expect((await reward()).version).toBe(1);
  });

  it('that is not there is not found', async () => {
    for (const rewardId of ['r2', 'no id at all']) {
      const told = [
        await call('readReward', { method: 'GET', params: { rewardId } }),
        await replace(MUG, {}, rewardId),
        await remove({}, rewardId),
      ];
      expect(told.map(({ status, body }) => [status, body.code])).toEqual(Array(3).fill([404, 'not_found']));
    }
  });

  it('is replaced whole: what is left out takes its default, the stock is what is left from now on', async () => {
    await offered({ stock: 5, limitPerConsumer: 2, activeFrom: BEFORE, audience: { lists: ['l1'] } });
    const told = await call('replaceReward', {
      ...{ method: 'PUT', params: { rewardId: 'r1' }, body: { rewardId: 'r1', ...MUG, costPoints: 11 }, now: AFTER },
    });
    expect(told).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(told.body).toMatchObject({ costPoints: 11, stock: null, limitPerConsumer: null, activeFrom: null });
    expect(told.body).toMatchObject({ audience: { lists: [] }, version: 2, createdAt: NOW, updatedAt: AFTER });
    expect((await replace({ ...MUG, stock: 3 })).body).toMatchObject({ stock: 3, version: 3 });
    expect(await replace({ rewardId: 'r2', ...MUG })).toMatchObject({ status: 422 });
  });

  it('keeps its version through claims, which If-Match on it does not mind', async () => {
    await offered({ stock: 5 });
    await member();
    await claimed('c1');
    expect(await reward()).toMatchObject({ stock: 4, claimed: 1, version: 1 });
    expect((await replace({ ...MUG, stock: 2 }, { 'if-match': '"1"' })).body).toMatchObject({ stock: 2, claimed: 1 });
    const stale = { 'if-match': '"1"' };
    expect([await replace(MUG, stale), await remove(stale)].map(codeOf)).toEqual(Array(2).fill('version_conflict'));
    expect(await remove({ 'if-match': '"2"' })).toMatchObject({ status: 204, body: undefined });
  });

  it('goes away when it is deleted, and its id is free; claims of it stand', async () => {
    await offered({ stock: 5, limitPerConsumer: 1 });
    await member();
    const { claimId } = (await claimed('c1')).body;
    expect((await remove()).status).toBe(204);
    expect(await reward()).toMatchObject({ code: 'not_found' });
    expect((await call('listRewards', { method: 'GET' })).body).toEqual({ items: [], nextCursor: null });
    expect(await claimed('c1')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const again = await offered({ stock: 8, limitPerConsumer: 1 });
    expect(again).toMatchObject({ stock: 8, claimed: 1 });
    expect(again.version).toBeGreaterThan(1);
    expect(codeOf(await claimed('c1'))).toBe('limit_reached');
    await remove();
    expect((await cancelled('c1', claimId)).status).toBe(204);
    expect((await booksOf(store, 'c1')).balances).toMatchObject({ available: 100, spent: 0 });
    expect(await offered({ stock: 8 })).toMatchObject({ stock: 8, claimed: 0 });
  });

  it('is listed in the order of ids, page by page, with what is left', async () => {
    for (const rewardId of ['b', 'a', 'C', 'd']) await offered({ rewardId, stock: 2 });
    await member();
    await claimed('c1', { rewardId: 'b' });
    const list = (query: string) => call('listRewards', { method: 'GET', query });
    const first = await list('limit=2');
    expect(first.body.items).toMatchObject([{ rewardId: 'C' }, { rewardId: 'a', stock: 2 }]);
    const second = await list(`limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ items: [{ rewardId: 'b', stock: 1, claimed: 1 }, { rewardId: 'd' }] });
    expect(second.body.nextCursor).toBeNull();
    expect(await list('cursor=AAAA')).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    expect(await list('limit=0')).toMatchObject({ status: 422, body: { code: 'limit_out_of_range' } });
  });
});

describe('a claim', () => {
  it('takes the points and one of the stock', async () => {
    await offered({ stock: 5 });
    await member();
    const told = await claimed('c1', {}, { client: 'till' });
    const { claimId, entryId } = told.body;
    expect(told.status).toBe(201);
    expect(told.body).toEqual({ claimId, rewardId: 'r1', entryId, points: 10, claimedAt: NOW });
    const { balances, entries } = await booksOf(store, 'c1');
    expect(balances).toMatchObject({ available: 90, score: 100, spent: 10 });
    expect(entries.at(-1)).toMatchObject({
      ...{ entryId, type: 'spend', points: 10, actor: 'till', reason: 'reward:r1', about: { rewardId: 'r1', claimId } },
    });
    expect(await reward()).toMatchObject({ stock: 4, claimed: 1 });
    const latest = { claimId, rewardId: 'r1', name: 'Mug', points: 10, claimedAt: NOW };
    expect(await rewardsStateOf(store, 'c1')).toMatchObject({ claims: { r1: 1 }, latestClaims: [latest] });
  });

  it('is refused by the first that stands against it, and then takes nothing', async () => {
    await joined(store, 'c1', { membership: 'opted_out', status: 'inactive' });
    await offered({ rewardId: 'r1', stock: 0, limitPerConsumer: 1, costPoints: 10, status: 'inactive' });
    const [profile] = await store.get([{ kind: 'profile', consumerId: 'c1' }]);
    if (!profile) throw new Error('there is a consumer');
    const be = (other: object, version: number) =>
      store.commit([{ put: { ...profile, ...other, version }, expect: 'present' }]);
    const codes = [codeOf(await claimed('nobody')), codeOf(await claimed('c1', { rewardId: 'r2' }))];
    codes.push(codeOf(await claimed('c1')));
    await be({ membership: 'opted_in' }, 2);
    codes.push(codeOf(await claimed('c1')));
    await be({ membership: 'opted_in', status: 'active' }, 3);
    codes.push(codeOf(await claimed('c1')));
    await replace({ ...MUG, stock: 0, limitPerConsumer: 1 });
    codes.push(codeOf(await claimed('c1')));
    await replace({ ...MUG, stock: 1, limitPerConsumer: 1 });
    codes.push(codeOf(await claimed('c1')));
    await give('c1', 20);
    codes.push(String((await claimed('c1')).status), codeOf(await claimed('c1')));
    expect(codes).toEqual([
      ...['consumer_not_found', 'not_found', 'not_member', 'not_eligible', 'not_eligible', 'out_of_stock'],
      ...['insufficient_points', '201', 'limit_reached'],
    ]);
    expect((await booksOf(store, 'c1')).balances).toMatchObject({ available: 10, spent: 10 });
    expect(await reward()).toMatchObject({ stock: 0, claimed: 1 });
    expect((await claims()).body.items).toHaveLength(1);
  });

  it('is told every reason that stands against it', async () => {
    await joined(store, 'c1', { status: 'inactive' });
    await offered({ status: 'inactive', activeUntil: NOW, audience: { segments: ['s1'], lists: ['l1'] } });
    expect(await claimed('c1')).toMatchObject({
      status: 409,
      body: { code: 'not_eligible', reasons: ['reward_inactive', 'ended', 'not_in_audience', 'consumer_inactive'] },
    });
  });

  it.each([
    ['from its beginning on', { activeFrom: NOW }, NOW, null],
    ['not before it', { activeFrom: NOW }, BEFORE, 'not_started'],
    ['until just before its end', { activeUntil: NOW }, BEFORE, null],
    ['not at its end', { activeUntil: NOW }, NOW, 'ended'],
    ['not after it', { activeUntil: NOW }, AFTER, 'ended'],
  ])('may be made %s', async (_, window, now, reason) => {
    await member();
    await offered(window);
    const told = await claimed('c1', {}, { now });
    expect(told.status).toBe(reason === null ? 201 : 409);
    expect(told.body.reasons).toEqual(reason === null ? undefined : [reason]);
  });

  it('may cost all that there is, and not a point more', async () => {
    await offered({ costPoints: 101 });
    await offered({ rewardId: 'r2', costPoints: 100 });
    await member();
    expect(codeOf(await claimed('c1'))).toBe('insufficient_points');
    expect((await claimed('c1', { rewardId: 'r2' })).status).toBe(201);
    expect((await booksOf(store, 'c1')).balances).toMatchObject({ available: 0, spent: 100 });
  });

  it('pays with what is there at its instant: lots that have ended are not', async () => {
    await offered({ costPoints: 30 });
    await member('c1', 0);
    await give('c1', 20, TOMORROW);
    await give('c1', 20);
    expect(codeOf(await claimed('c1', {}, { now: TOMORROW }))).toBe('insufficient_points');
    expect((await claimed('c1', {}, { now: AFTER })).status).toBe(201);
  });

  it('counts towards the limit of its reward alone, and not once it is cancelled', async () => {
    await offered({ limitPerConsumer: 2 });
    await offered({ rewardId: 'r2' });
    await member();
    const { claimId } = (await claimed('c1')).body;
    await claimed('c1', { rewardId: 'r2' });
    await claimed('c1');
    expect(codeOf(await claimed('c1'))).toBe('limit_reached');
    await cancelled('c1', claimId);
    expect((await claimed('c1')).status).toBe(201);
    expect(codeOf(await claimed('c1'))).toBe('limit_reached');
    expect(await rewardsStateOf(store, 'c1')).toMatchObject({ claims: { r1: 2, r2: 1 } });
  });

  it('takes the last one, and no more; of what has no end, as many as there are points', async () => {
    await offered({ stock: 1 });
    await offered({ rewardId: 'r2' });
    await member('c1', 60);
    expect((await claimed('c1')).status).toBe(201);
    expect(codeOf(await claimed('c1'))).toBe('out_of_stock');
    const told = [];
    for (let n = 0; n < 6; n++) told.push((await claimed('c1', { rewardId: 'r2' })).status);
    expect(told).toEqual([201, 201, 201, 201, 201, 409]);
    expect(await reward('r2')).toMatchObject({ stock: null, claimed: 5 });
  });

  it('costs what the reward costs when it is made, and keeps the name of then', async () => {
    await offered({});
    await member();
    await claimed('c1', { claimId: 'first' });
    await replace({ name: 'Big mug', costPoints: 25 });
    await claimed('c1', { claimId: 'second' });
    expect((await claims()).body.items).toMatchObject([
      { claimId: 'second', name: 'Big mug', points: 25 },
      { claimId: 'first', name: 'Mug', points: 10 },
    ]);
  });

  it('that comes again under its id is answered as the first time, whatever has changed', async () => {
    await offered({ stock: 1 });
    await offered({ rewardId: 'r2' });
    await member();
    const first = await claimed('c1', { claimId: 'k1' });
    const again = { status: 200, body: first.body, headers: { 'idempotent-replayed': 'true' } };
    expect(await claimed('c1', { claimId: 'k1' }, { now: TOMORROW })).toMatchObject(again);
    expect(await claimed('c1', { claimId: 'k1', rewardId: 'r2' })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_key_reused' },
    });
    await remove();
    await cancelled('c1', 'k1');
    expect(await claimed('c1', { claimId: 'k1' })).toMatchObject(again);
    await member('c2');
    expect((await claimed('c2', { claimId: 'k1', rewardId: 'r2' })).status).toBe(201);
    expect((await booksOf(store, 'c1')).balances).toMatchObject({ available: 100, spent: 0 });
  });

  it('under an Idempotency-Key is made once', async () => {
    await offered({ stock: 1 });
    await member();
    const key = { headers: { 'idempotency-key': 'k1' } };
    const first = await claimed('c1', {}, key);
    expect(await claimed('c1', {}, key)).toMatchObject({
      ...{ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } },
    });
    expect((await claims()).body.items).toHaveLength(1);
  });

  it('shows among the ten newest', async () => {
    await offered({ costPoints: 1 });
    await member();
    for (let n = 10; n < 22; n++) await claimed('c1', { claimId: `k${n}` });
    const latest = (await rewardsStateOf(store, 'c1'))?.latestClaims.map(({ claimId }) => claimId);
    expect(latest).toEqual(['k21', 'k20', 'k19', 'k18', 'k17', 'k16', 'k15', 'k14', 'k13', 'k12']);
  });

  it('is listed, the last id first, page by page', async () => {
    await offered({ costPoints: 1 });
    await member();
    for (const claimId of ['k1', 'k2', 'k3']) await claimed('c1', { claimId });
    await cancelled('c1', 'k2', { now: AFTER });
    const first = await claims('limit=2');
    const said = { rewardId: 'r1', name: 'Mug', points: 1, entryId: expect.any(String), claimedAt: NOW };
    expect(first.body.items).toEqual([
      { claimId: 'k3', ...said, cancelledAt: null },
      { claimId: 'k2', ...said, cancelledAt: AFTER },
    ]);
    const second = await claims(`limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ items: [{ claimId: 'k1' }], nextCursor: null });
    await member('c2');
    expect(await claims(`cursor=${first.body.nextCursor}`, 'c2')).toMatchObject({ status: 400 });
    expect(await claims('', 'nobody')).toMatchObject({ status: 404, body: { code: 'consumer_not_found' } });
  });
});

describe('cancelling a claim', () => {
  it('gives the points back to their lots, with their expiry, and the reward to the stock', async () => {
    await offered({ costPoints: 30, stock: 5 });
    await member('c1', 0);
    await give('c1', 20, TOMORROW);
    await give('c1', 20);
    const { account: before } = await booksOf(store, 'c1');
    const { claimId } = (await claimed('c1', {}, { now: AFTER })).body;
    expect((await booksOf(store, 'c1')).account.lots).toMatchObject([{ remaining: 10, expiresAt: null }]);
    expect(await cancelled('c1', claimId, { now: AFTER })).toMatchObject({ status: 204, body: undefined });
    const { account, balances, entries } = await booksOf(store, 'c1');
    expect(account.lots).toEqual(before.lots);
    expect(balances).toMatchObject({ available: 40, score: 40, spent: 0 });
    expect(entries.at(-1)).toMatchObject({ type: 'return', points: 30, about: { rewardId: 'r1', claimId } });
    expect(await reward()).toMatchObject({ stock: 5, claimed: 0 });
    expect(await rewardsStateOf(store, 'c1')).toMatchObject({ claims: {}, latestClaims: [] });
  });

  it('lets expire at once what has expired meanwhile', async () => {
    await offered({ costPoints: 30 });
    await member('c1', 0);
    await give('c1', 20, TOMORROW);
    await give('c1', 20);
    const { claimId } = (await claimed('c1')).body;
    await cancelled('c1', claimId, { now: TOMORROW });
    const { account, balances, entries } = await booksOf(store, 'c1');
    expect(balances).toMatchObject({ available: 20, spent: 0, expired: 20 });
    expect(account.lots).toMatchObject([{ remaining: 20, expiresAt: null }]);
    expect(entries.slice(-2)).toMatchObject([{ type: 'return' }, { type: 'expire', points: 20 }]);
  });

  it('again does nothing more', async () => {
    await offered({ stock: 5 });
    await member();
    const { claimId } = (await claimed('c1')).body;
    await claimed('c1');
    await cancelled('c1', claimId, { now: AFTER });
    const { entries } = await booksOf(store, 'c1');
    expect((await cancelled('c1', claimId, { now: TOMORROW })).status).toBe(204);
    expect((await booksOf(store, 'c1')).entries).toEqual(entries);
    expect(await reward()).toMatchObject({ stock: 4, claimed: 1 });
    expect((await claims()).body.items).toContainEqual(expect.objectContaining({ claimId, cancelledAt: AFTER }));
  });

  it('is refused for claims of nobody, and of somebody else', async () => {
    await offered({});
    await member();
    await member('c2');
    await claimed('c2', { claimId: 'k1' });
    expect(await cancelled('nobody', 'k1')).toMatchObject({ status: 404, body: { code: 'consumer_not_found' } });
    expect(await cancelled('c1', 'k1')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await cancelled('c1', 'no id at all')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('is possible for who has left the programme, and adds nothing to what has no end', async () => {
    await offered({});
    await member();
    const { claimId } = (await claimed('c1')).body;
    const [profile] = await store.get([{ kind: 'profile', consumerId: 'c1' }]);
    if (!profile) throw new Error('there is a consumer');
    await store.commit([{ put: { ...profile, membership: 'opted_out' }, expect: 'present' }]);
    expect((await cancelled('c1', claimId)).status).toBe(204);
    expect(await reward()).toMatchObject({ stock: null, claimed: 0 });
  });
});

describe('at the same time', () => {
  const crowd = (seed: number) => loyaltyProgram(interleaved(store, turns(seed)));
  const statusesOf = (all: ApiResponse[]) =>
    all.map(({ status, body }) => (status < 300 ? status : `${status} ${body.code}`)).sort();
  const times = <T>(count: number, of: T): T[] => Array(count).fill(of);

  it('claims of many take what is there, and not one more', async () => {
    await offered({ stock: 7 });
    const consumerIds = Array.from({ length: 60 }, (_, n) => `c${n}`);
    for (const consumerId of consumerIds) await member(consumerId);
    const { claimed } = crowd(7);
    const all = await Promise.all(consumerIds.map((consumerId) => claimed(consumerId)));
    expect(statusesOf(all)).toEqual([...times(7, 201), ...times(53, '409 out_of_stock')]);
    expect(await reward()).toMatchObject({ stock: 0, claimed: 7 });
    const spent = await Promise.all(consumerIds.map(async (id) => (await booksOf(store, id)).balances.spent));
    expect(spent.filter((points) => points === 10)).toHaveLength(7);
  });

  it.each([
    ['points', {}, 55, 5, 'insufficient_points'],
    ['limit', { limitPerConsumer: 3 }, 200, 3, 'limit_reached'],
  ])('claims of one go as far as the %s', async (_, content, points, made, code) => {
    await offered(content);
    await member('c1', points);
    const { claimed } = crowd(11);
    const all = await Promise.all(times(20, 'c1').map((consumerId) => claimed(consumerId)));
    expect(statusesOf(all)).toEqual([...times(made, 201), ...times(20 - made, `409 ${code}`)]);
    expect((await booksOf(store, 'c1')).balances).toMatchObject({ spent: made * 10 });
    expect(await rewardsStateOf(store, 'c1')).toMatchObject({ claims: { r1: made } });
  });

  it('claims under one id are one claim', async () => {
    await offered({ stock: 5 });
    await member();
    const { claimed } = crowd(13);
    const all = await Promise.all(times(10, 'c1').map((consumerId) => claimed(consumerId, { claimId: 'k1' })));
    expect(statusesOf(all)).toEqual([...times(9, 200), 201]);
    expect(new Set(all.map(({ body }) => body.entryId)).size).toBe(1);
    expect(await reward()).toMatchObject({ stock: 4, claimed: 1 });
  });

  it('claims and cancellations leave nothing over', async () => {
    await offered({ stock: 10 });
    const consumerIds = Array.from({ length: 8 }, (_, n) => `c${n}`);
    for (const consumerId of consumerIds) {
      await member(consumerId);
      await claimed(consumerId, { claimId: 'k0' });
    }
    const { claimed: claim, cancelled: cancel } = crowd(17);
    const all = await Promise.all(
      consumerIds.flatMap((id) => [claim(id, { claimId: 'k1' }), cancel(id, 'k0'), cancel(id, 'k0')]),
    );
    const made = all.filter(({ status }) => status === 201).length;
    expect(all.filter(({ status }) => status === 204)).toHaveLength(16);
    expect(await reward()).toMatchObject({ stock: 10 - made, claimed: made });
    const spent = await Promise.all(consumerIds.map(async (id) => (await booksOf(store, id)).balances.spent));
    expect(spent.reduce((sum, points) => sum + points, 0)).toBe(10 * made);
  });

  it('a reward is replaced by who has seen its version, however many claim it', async () => {
    await offered({ stock: 50 });
    const consumerIds = Array.from({ length: 10 }, (_, n) => `c${n}`);
    for (const consumerId of consumerIds) await member(consumerId);
    const { claimed, call } = crowd(19);
    const put = (name: string) =>
      call('replaceReward', {
        ...{ method: 'PUT', params: { rewardId: 'r1' }, headers: { 'if-match': '"1"' } },
        body: { name, costPoints: 20, stock: 4 },
      });
    const [one, other, ...all] = await Promise.all([put('Cup'), put('Jug'), ...consumerIds.map((id) => claimed(id))]);
    expect(statusesOf([one, other].filter((told) => told !== undefined))).toEqual([200, '409 version_conflict']);
    const dear = all.filter(({ body }) => body.points === 20);
    expect(await reward()).toMatchObject({
      stock: 4 - dear.length,
      claimed: all.filter((told) => told.status === 201).length,
    });
    expect(dear.length).toBeLessThanOrEqual(4);
  });

  it('who deletes a reward is not overtaken by claims of it', async () => {
    await offered({ stock: 50 });
    for (let n = 0; n < 6; n++) await member(`c${n}`);
    const { claimed, call } = crowd(23);
    const deleted = () => call('removeReward', { method: 'DELETE', params: { rewardId: 'r1' } });
    const [gone, ...all] = await Promise.all([deleted(), ...times(6, '').map((_, n) => claimed(`c${n}`))]);
    expect(gone?.status).toBe(204);
    const made = all.filter(({ status }) => status === 201).length;
    expect(statusesOf(all)).toEqual([...times(made, 201), ...times(6 - made, '404 not_found')]);
    expect(await offered({})).toMatchObject({ claimed: made });
  });
});
