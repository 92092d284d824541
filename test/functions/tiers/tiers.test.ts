import { beforeEach, describe, expect, it } from '@jest/globals';
import { WriteConflict } from '../../../shared/usecases/ports/store.ts';
import { NOW, storeWith } from '../../support/events.ts';
import type { Sent } from '../../support/http-event.ts';
import { accountOf } from '../../support/records.ts';
import { shop } from '../../support/shop.ts';

const tier = (tierId: string, threshold: number) => ({ tierId, name: tierId.toUpperCase(), threshold });
const LADDER = { tiers: [tier('silver', 100), tier('gold', 500), tier('platinum', 1_000)] };

let world = shop();
let consumerId: string;
const put = (document: string, body: unknown, other: Sent = {}) =>
  world.call('writeSettings', { method: 'PUT', params: { document }, body, client: 'console', ...other });
beforeEach(async () => {
  world = shop();
  await put('tiers', LADDER);
  consumerId = (await world.born({ email: 'ann@example.com' })).consumerId;
});

const earn = (points: number) =>
  world.call('postPoints', { params: { consumerId }, body: { type: 'add', points, reason: 'gift' } });
const levelUp = (tierId: unknown, other: Sent = {}) =>
  world.call('levelUp', { params: { consumerId }, body: { tierId, reason: 'a good soul' }, client: 'staff', ...other });
const tierNow = async () => (await world.detail(consumerId)).body.tier;
const moves = async () =>
  (await world.store.eventsOf(consumerId, { type: 'tier_changed', limit: 100 })).items.map(({ attributes }) => [
    attributes['from'],
    attributes['to'],
  ]);

describe('leveling up by hand', () => {
  it('gives the tier, and says what the next one needs', async () => {
    await earn(120);
    const shown = { tierId: 'gold', name: 'GOLD', since: NOW, manual: true };
    const told = await levelUp('gold');
    expect(told).toMatchObject({ status: 200, body: { consumerId, tier: shown } });
    expect(told.body.tier.next).toEqual({ tierId: 'platinum', name: 'PLATINUM', pointsNeeded: 880 });
    expect(await tierNow()).toEqual(told.body.tier);
  });

  it('needs no points, and no membership', async () => {
    consumerId = (await world.born({})).consumerId;
    expect((await levelUp('platinum')).body.tier).toMatchObject({ tierId: 'platinum', manual: true, next: null });
  });

  it('is an event of the history that says by whom, and why', async () => {
    await levelUp('silver');
    const { items } = await world.store.eventsOf(consumerId, { limit: 1 });
    expect(items).toMatchObject([
      {
        type: 'tier_changed',
        occurredAt: NOW,
        source: 'staff',
        attributes: {
          ...{ from: null, to: 'silver', manual: true, cause: 'change' },
          ...{ reason: 'a good soul', actor: 'staff' },
        },
      },
    ]);
  });

  it('is kept until the score has earned the tier', async () => {
    await levelUp('gold');
    await earn(120);
    expect(await tierNow()).toMatchObject({ tierId: 'gold', manual: true });
    await earn(380);
    expect(await tierNow()).toMatchObject({ tierId: 'gold', manual: false, since: NOW });
    await earn(500);
    expect(await tierNow()).toMatchObject({ tierId: 'platinum', manual: false });
    expect(await moves()).toHaveLength(2);
  });

  it('goes down to any tier above the earned one, and the earned one ends it', async () => {
    await earn(120);
    for (const tierId of ['platinum', 'gold', 'silver']) expect((await levelUp(tierId)).status).toBe(200);
    expect(await tierNow()).toMatchObject({ tierId: 'silver', manual: false });
    await world.call('postPoints', { params: { consumerId }, body: { type: 'subtract', points: 50, reason: 'r' } });
    expect(await tierNow()).toBeNull();
  });

  it('changes nothing where it is repeated', async () => {
    const first = await levelUp('gold');
    const before = await world.store.get([{ kind: 'account', consumerId }]);
    expect((await levelUp('gold', { now: '2026-03-02T00:00:00.000Z' })).body).toEqual(first.body);
    expect(await world.store.get([{ kind: 'account', consumerId }])).toEqual(before);
    expect(await moves()).toEqual([[null, 'gold']]);
  });

  it('answers a key that is used again as the first time', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const first = await levelUp('gold', { headers });
    await levelUp('platinum');
    expect(await levelUp('gold', { headers })).toMatchObject({
      body: first.body,
      headers: { 'idempotent-replayed': 'true' },
    });
    expect(await tierNow()).toMatchObject({ tierId: 'platinum' });
  });

  it('happens once where a write took effect and was answered by a conflict', async () => {
    const { store } = world;
    let failures = 1;
    const commit: typeof store.commit = async (writes) => {
      await store.commit(writes);
      if (failures-- > 0) throw new WriteConflict([]);
    };
    world = shop({ ...store, commit });
    expect((await levelUp('gold')).body.tier).toMatchObject({ tierId: 'gold', manual: true });
    expect(await moves()).toEqual([[null, 'gold']]);
  });

  it('is decided on the score as points that are earned meanwhile leave it', async () => {
    const { store } = world;
    const owner = shop(store);
    let isFirst = true;
    const commit: typeof store.commit = async (writes) => {
      const wasFirst = isFirst;
      isFirst = false;
      const body = { type: 'add', points: 600, reason: 'gift' };
      if (wasFirst) await owner.call('postPoints', { params: { consumerId }, body });
      await store.commit(writes);
    };
    world = shop({ ...store, commit });
    expect(await levelUp('gold')).toMatchObject({ status: 200, body: { tier: { tierId: 'gold', manual: false } } });
    expect(await moves()).toEqual([[null, 'gold']]);
    isFirst = true;
    expect((await levelUp('silver')).status).toBe(422);
  });

  it.each([
    ['a tier that there is not', 'bronze', 422, { path: 'tierId', code: 'invalid_value' }],
    ['a tier below the earned one', 'silver', 422, { path: 'tierId', code: 'invalid_value' }],
    ['what is no id', 'gold!', 422, { path: 'tierId', code: 'invalid_format' }],
  ])('refuses %s', async (_, tierId, status, error) => {
    await earn(500);
    expect(await levelUp(tierId)).toMatchObject({ status, body: { code: 'invalid_request', errors: [error] } });
    expect(await moves()).toEqual([[null, 'gold']]);
  });

  it('refuses a body without a reason, and a consumer who is not there', async () => {
    expect((await levelUp('gold', { body: { tierId: 'gold' } })).body.errors).toMatchObject([{ path: 'reason' }]);
    expect(await levelUp('gold', { params: { consumerId: 'nobody' } })).toMatchObject({
      status: 404,
      body: { code: 'consumer_not_found' },
    });
  });

  it('is refused where the module is off', async () => {
    await put('modules', { tiers: false });
    expect(await levelUp('gold')).toMatchObject({ status: 409, body: { code: 'module_off' } });
  });
});

describe('a ladder that is tried out', () => {
  const tryOut = (body: unknown, other: Sent = {}) => put('tiers', body, { query: 'dryRun=true', ...other });
  const STEEPER = { tiers: [tier('silver', 200), tier('gold', 400), tier('diamond', 2_000)] };

  /** Consumers with these accounts, and one who has none. */
  const population = async (accounts: Parameters<typeof accountOf>[]) => {
    world = shop(await storeWith('nobody', ...accounts.map(([id]) => id)));
    for (const [id, account] of accounts) {
      await world.store.commit([{ put: accountOf(id, account), expect: 'absent' }]);
    }
    await put('tiers', LADDER);
  };
  const inTier = (tierId: string, manual = false) => ({
    tier: { tierId, since: NOW, manual, cause: 'change' as const },
  });

  beforeEach(() =>
    population([
      ['a', { score: 50 }],
      ['b', { score: 150, ...inTier('silver') }],
      ['c', { score: 450, ...inTier('silver') }],
      ['d', { score: 1_500, ...inTier('platinum') }],
      ['e', { score: 0, ...inTier('gold', true) }],
      ['f', { score: 0, ...inTier('platinum', true) }],
    ]),
  );

  it('says who would move, and how many would be in each tier', async () => {
    expect(await tryOut(STEEPER)).toMatchObject({
      status: 200,
      body: {
        moves: [
          { consumerId: 'b', from: 'silver', to: null },
          { consumerId: 'c', from: 'silver', to: 'gold' },
          { consumerId: 'd', from: 'platinum', to: 'gold' },
          { consumerId: 'f', from: 'platinum', to: null },
        ],
        counts: { none: 4, silver: 0, gold: 3, diamond: 0 },
        truncated: false,
      },
    });
  });

  it('moves nobody where it is the one in force, in whatever order', async () => {
    const { moves, counts } = (await tryOut({ tiers: LADDER.tiers.toReversed() })).body;
    expect([moves, counts]).toEqual([[], { none: 2, silver: 2, gold: 1, platinum: 2 }]);
  });

  it('takes from nobody what no ladder gives', async () => {
    expect((await tryOut({})).body).toMatchObject({ moves: { length: 5 }, counts: { none: 7 } });
  });

  it('moves those too who have no points yet: they stand at its foot', async () => {
    const body = { tiers: [tier('bronze', 0), ...LADDER.tiers] };
    const { moves, counts } = (await tryOut(body)).body;
    expect(moves).toEqual(['a', 'nobody'].map((consumerId) => ({ consumerId, from: null, to: 'bronze' })));
    expect(counts).toEqual({ none: 0, bronze: 2, silver: 2, gold: 1, platinum: 2 });
    await put('tiers', body);
    expect((await world.detail('nobody')).body.tier).toMatchObject({ tierId: 'bronze' });
    expect((await tryOut(LADDER)).body.moves).toContainEqual({ consumerId: 'nobody', from: 'bronze', to: null });
  });

  it('counts from the tiers in force, whatever was written down last', async () => {
    await population([['a', { score: 450, ...inTier('platinum') }]]);
    expect((await tryOut(STEEPER)).body.moves).toEqual([{ consumerId: 'a', from: 'silver', to: 'gold' }]);
  });

  it('counts points that time has accepted by now, and none that it will', async () => {
    const pending = (settlesAt: string) => ({
      ...{ kind: 'pending' as const, holdId: settlesAt, points: 300, settlesAt },
      ...{ expiresAt: null, expiresAfterDays: null, orderId: null },
    });
    await population([
      ['a', { score: 150, pending: 300, holds: [pending(NOW)] }],
      ['b', { score: 150, pending: 300, holds: [pending('2026-03-01T12:00:00.001Z')] }],
    ]);
    expect((await tryOut(STEEPER)).body.moves).toEqual([
      { consumerId: 'a', from: 'silver', to: 'gold' },
      { consumerId: 'b', from: 'silver', to: null },
    ]);
  });

  it('moves nobody while the module is off: then nobody has a tier', async () => {
    await put('modules', { tiers: false });
    expect((await tryOut(STEEPER)).body).toEqual({ moves: [], counts: { none: 7 }, truncated: false });
  });

  it('tells 1,000 moves, and counts them all', async () => {
    const many = Array.from({ length: 1_002 }, (_, n) => `c${String(n).padStart(4, '0')}`);
    await population(many.map((id) => [id, { score: 150 }]));
    const { moves, counts, truncated } = (await tryOut(STEEPER)).body;
    expect(moves.map((move: { consumerId: string }) => move.consumerId)).toEqual(many.slice(0, 1_000));
    expect([counts.none, truncated]).toEqual([1_003, true]);
  });

  it('writes nothing, not even its answer under a key: that shows people', async () => {
    const { store } = world;
    const kinds: string[] = [];
    const commit: typeof store.commit = async (writes) => {
      await store.commit(writes);
      kinds.push(...writes.map((write) => ('put' in write ? write.put.kind : 'other')));
    };
    world = shop({ ...store, commit });
    const headers = { 'idempotency-key': 'k1' };
    const [first, again] = [await tryOut(STEEPER, { headers }), await tryOut(STEEPER, { headers })];
    expect(again.body).toEqual(first.body);
    expect(kinds).toEqual([]);
    const inForce = await world.call('readSettings', { method: 'GET', params: { document: 'tiers' } });
    expect(inForce.body).toMatchObject({ ...LADDER, version: 1 });
  });

  it('is what then happens', async () => {
    const { body } = await tryOut(STEEPER);
    await put('tiers', STEEPER);
    for (const { consumerId: id, to } of body.moves) {
      expect((await world.detail(id)).body.tier?.tierId ?? null).toBe(to);
    }
  });

  const other = { path: 'dryRun', code: 'invalid_value' };
  it.each([
    ['another document', 'loyalty', {}, 'dryRun=true', 422, other],
    ['a word that is neither yes nor no', 'tiers', LADDER, 'dryRun=yes', 422, other],
    ['two tiers of one id', 'tiers', { tiers: [tier('a', 1), tier('a', 2)] }, 'dryRun=true', 422, { path: 'tiers' }],
    ['a tier called none', 'tiers', { tiers: [tier('none', 1)] }, 'dryRun=true', 422, { path: 'tiers.0.tierId' }],
    ['another document', 'tears', {}, 'dryRun=true', 404, null],
  ])('refuses %s: %s', async (_, document, body, query, status, error) => {
    const told = await put(document, body, { query });
    expect(told.status).toBe(status);
    if (error) expect(told.body).toMatchObject({ code: 'invalid_request', errors: [error] });
  });

  it('refuses a stale If-Match', async () => {
    expect((await tryOut(STEEPER, { headers: { 'if-match': '"1"' } })).status).toBe(200);
    expect(await tryOut(STEEPER, { headers: { 'if-match': '"0"' } })).toMatchObject({
      status: 409,
      body: { code: 'version_conflict' },
    });
  });

  it('is written where it says that it is no dry run', async () => {
    expect((await put('tiers', STEEPER, { query: 'dryRun=false' })).body).toMatchObject({ version: 2 });
  });
});
