import { beforeEach, describe, expect, it } from '@jest/globals';
import { memoryStore } from '../../../shared/data/memory-store.ts';
import { entryIdOf } from '../../../shared/domain/points/ids.ts';
import { paged } from '../../../shared/domain/points/lot-pages.ts';
import { bookTime } from '../../../shared/usecases/points/book-time.ts';
import type { Store, Write } from '../../../shared/usecases/ports/store.ts';
import type { Body } from '../../support/client.ts';
import { NOW } from '../../support/events.ts';
import { ledger } from '../../support/ledger.ts';
import { accountOf } from '../../support/records.ts';

let world = ledger();
let who = '';
beforeEach(async () => {
  world = ledger();
  who = await world.member();
});

const reason = 'because';
const day = (n: number): string => new Date(Date.parse(NOW) + n * 86_400_000).toISOString();
const pointsOf = (items: Body[]): number[] => items.map(({ points }) => points);

describe('GET /v1/consumers/{consumerId}/points', () => {
  /** Points 0 to 9, one a day. */
  const tenDays = async () => {
    for (let n = 1; n < 10; n++) await world.give(who, n, undefined, day(n));
  };
  const END = day(20);
  const page = async (query: string) => (await world.entries(who, query, END)).body;

  it.each([
    ['all, the newest first', '', [9, 8, 7, 6, 5, 4, 3, 2, 1]],
    ['from an instant on', `from=${day(7)}`, [9, 8, 7]],
    ['up to an instant, without it', `to=${day(3)}`, [2, 1]],
    ['between two', `from=${day(2)}&to=${day(5)}`, [4, 3, 2]],
    ['in one millisecond', `from=${day(2)}&to=2026-03-03T12:00:00.001Z`, [2]],
    ['with an offset', 'from=2026-03-10T13:00:00%2B01:00', [9]],
    ['between none', `from=${day(5)}&to=${day(5)}`, []],
    ['from late to early', `from=${day(5)}&to=${day(2)}`, []],
    ['before there was anything', `to=${day(0)}`, []],
  ])('lists %s', async (_, query, points) => {
    await tenDays();
    const answer = await page(query);
    expect(pointsOf(answer.items)).toEqual(points);
    expect(answer.nextCursor).toBeNull();
  });

  it('goes on page by page, within its range, while others are posted', async () => {
    await tenDays();
    const query = `from=${day(2)}&to=${day(9)}&limit=3`;
    const first = await page(query);
    await world.give(who, 10, undefined, day(10));
    const second = await page(`${query}&cursor=${first.nextCursor}`);
    const third = await page(`${query}&cursor=${second.nextCursor}`);
    expect([first, second, third].map(({ items }) => pointsOf(items))).toEqual([[8, 7, 6], [5, 4, 3], [2]]);
    expect(third.nextCursor).toBeNull();
  });

  it('ends with a full page where there is no more', async () => {
    await tenDays();
    const first = await page('limit=5');
    const second = await page(`limit=5&cursor=${first.nextCursor}`);
    expect([second.items.length, second.nextCursor]).toEqual([4, null]);
    expect((await page('limit=9')).nextCursor).toBeNull();
  });

  it.each([
    ['a cursor that is none', () => 'cursor=abc', 400, 'invalid_cursor'],
    ['a cursor of another range', (cursor: string) => `limit=2&to=${day(8)}&cursor=${cursor}`, 400, 'invalid_cursor'],
    ['an altered cursor', (cursor: string) => `limit=2&cursor=${cursor.slice(0, -2)}AA`, 400, 'invalid_cursor'],
    ['no page', () => 'limit=0', 422, 'limit_out_of_range'],
    ['too much', () => 'limit=101', 422, 'limit_out_of_range'],
    ['an instant without an offset', () => 'from=2026-03-01T12:00:00', 422, 'invalid_request'],
    ['a parameter that is none', () => 'type=add', 422, 'invalid_request'],
  ])('refuses %s', async (_, query, status, code) => {
    await tenDays();
    const { nextCursor } = await page('limit=2');
    expect(await world.entries(who, query(nextCursor), END)).toMatchObject({ status, body: { code } });
  });

  it('refuses the cursor of another consumer', async () => {
    await tenDays();
    const { nextCursor } = await page('limit=2');
    const other = await world.member();
    expect((await world.entries(other, `limit=2&cursor=${nextCursor}`)).status).toBe(400);
  });

  it('is empty before there are points, and reading it makes none', async () => {
    expect((await world.entries(who)).body).toEqual({ items: [], nextCursor: null });
    expect((await world.lots(who)).body).toEqual({ items: [] });
    expect(await world.store.get([{ kind: 'account', consumerId: who }])).toEqual([undefined]);
    expect((await world.detail(who)).body).toMatchObject({
      points: { available: 0, score: 0, spent: 0, pending: 0, reserved: 0, expired: 0, nextExpiry: null },
      tier: null,
    });
  });
});

describe('the detail', () => {
  const nextExpiry = async (now = NOW) => (await world.detail(who, { now })).body.points.nextExpiry;

  it('tells the points that are gone next, of all lots of that instant', async () => {
    await world.give(who, 7);
    expect(await nextExpiry()).toBeNull();
    await world.give(who, 5, day(3));
    await world.give(who, 11, day(2));
    await world.give(who, 13, day(2));
    expect(await nextExpiry()).toEqual({ points: 24, at: day(2) });
    await world.posted(who, { type: 'spend', points: 20, reason });
    expect(await nextExpiry()).toEqual({ points: 4, at: day(2) });
    expect(await nextExpiry(day(2))).toEqual({ points: 5, at: day(3) });
    expect(await nextExpiry(day(3))).toBeNull();
  });

  it('counts what a reservation will give back by itself as soon as it has', async () => {
    await world.give(who, 11, day(2));
    await world.posted(who, { type: 'reserve', points: 11, expiresAt: day(1) });
    expect(await nextExpiry()).toBeNull();
    expect(await nextExpiry(day(1))).toEqual({ points: 11, at: day(2) });
  });

  it('shows the tier that the score is in, and what the next one needs, before any job', async () => {
    const tiers = [
      { tierId: 'silver', name: 'Silver', threshold: 100 },
      { tierId: 'gold', name: 'Gold', threshold: 500 },
    ];
    await world.give(who, 120, undefined, day(1));
    const tier = async (now: string) => (await world.detail(who, { now })).body.tier;
    expect(await tier(day(2))).toBeNull();
    await world.set('tiers', { tiers });
    expect(await tier(day(2))).toMatchObject({
      tierId: 'silver',
      manual: false,
      next: { tierId: 'gold', pointsNeeded: 380 },
    });
    await world.give(who, 380, day(4), day(3));
    const gold = { tierId: 'gold', name: 'Gold', since: day(3), manual: false, next: null };
    expect(await tier(day(3))).toEqual(gold);
    await world.posted(who, { type: 'spend', points: 100, reason }, { now: day(3) });
    expect(await tier(day(5))).toEqual(gold);
    await world.posted(who, { type: 'subtract', points: 1, reason }, { now: day(5) });
    expect(await tier(day(6))).toMatchObject({ tierId: 'silver', since: day(5), next: { pointsNeeded: 1 } });
    const moves = (await world.detail(who, { now: day(6) })).body.latestActions;
    expect(moves.map(({ type, occurredAt, attributes }: Body) => `${type} ${occurredAt} ${attributes.to}`)).toEqual([
      `tier_changed ${day(5)} silver`,
      `tier_changed ${day(3)} gold`,
    ]);
  });

  it('shows the tier of points that time alone has accepted', async () => {
    await world.set('tiers', { tiers: [{ tierId: 'silver', name: 'Silver', threshold: 10 }] });
    await world.set('earning-rules', { rules: [{ ruleId: 'r', event: 'order_placed', points: 10, pendingDays: 7 }] });
    await world.record(who, { type: 'order_placed', attributes: { orderId: 'o', totalMinor: 100 } });
    const at = async (now: string) => (await world.detail(who, { now })).body;
    expect(await at(day(6))).toMatchObject({ points: { pending: 10, score: 0 }, tier: null });
    expect(await at(day(7))).toMatchObject({ points: { pending: 0, score: 10 }, tier: { tierId: 'silver' } });
    await bookTime(world.deps, { now: day(9), most: 10 });
    expect(await at(day(9))).toMatchObject({ points: { pending: 0, score: 10 }, tier: { since: day(7) } });
  });
});

describe('hundreds of lots', () => {
  /** What a lot holds and when it ends: in four ways that take turns. */
  const lotOf = (n: number) => ({ points: 1 + (n % 7), end: [undefined, 5, 10, 20][n % 4] });
  const COUNT = 300;
  const LOTS = Array.from({ length: COUNT }, (_, n) => lotOf(n));
  const sumOf = (lots: typeof LOTS): number => lots.reduce((sum, { points }) => sum + points, 0);
  const endingAt = (end: number | undefined) => LOTS.filter((lot) => lot.end === end);
  const remainingAt = (n: number): number => LOTS.filter(({ end }) => end === undefined || end > n).length;
  const TOTAL = sumOf(LOTS);
  const filled = async () => {
    for (const { points, end } of LOTS) await world.give(who, points, end === undefined ? undefined : day(end));
  };
  const pagesOf = async () => (await world.store.get([{ kind: 'account', consumerId: who }]))[0]?.pages.length ?? 0;

  it('are listed in the order in which they are taken, and the detail adds them up', async () => {
    await filled();
    expect(await pagesOf()).toBeGreaterThan(2);
    const { items } = (await world.lots(who)).body;
    expect(items).toHaveLength(COUNT);
    expect(items.map(({ expiresAt }: Body) => expiresAt)).toEqual([
      ...endingAt(5).map(() => day(5)),
      ...endingAt(10).map(() => day(10)),
      ...endingAt(20).map(() => day(20)),
      ...endingAt(undefined).map(() => null),
    ]);
    expect(await world.audited(who)).toMatchObject({
      available: TOTAL,
      nextExpiry: { points: sumOf(endingAt(5)), at: day(5) },
    });
  });

  it('are spent across pages, the earliest expiry first, and given back', async () => {
    await filled();
    const early = sumOf(endingAt(5)) + sumOf(endingAt(10));
    await world.posted(who, { type: 'reserve', points: early + 1, reservationId: 'r' });
    expect(await world.audited(who)).toMatchObject({
      available: TOTAL - early - 1,
      nextExpiry: { points: sumOf(endingAt(20)) - 1, at: day(20) },
    });
    await world.posted(who, { type: 'release', reservationId: 'r' });
    expect((await world.lots(who)).body.items).toHaveLength(COUNT);
    await world.posted(who, { type: 'spend', points: TOTAL, reason });
    expect(await world.audited(who)).toMatchObject({ available: 0, spent: TOTAL, nextExpiry: null });
    expect(await pagesOf()).toBe(0);
  });

  it('expire across pages, each at its instant, and the detail knows before it is booked', async () => {
    await filled();
    const [five, ten, twenty] = [5, 10, 20].map((end) => sumOf(endingAt(end))) as [number, number, number];
    const cases: [number, number, object | null][] = [
      [4, 0, { points: five, at: day(5) }],
      [5, five, { points: ten, at: day(10) }],
      [10, five + ten, { points: twenty, at: day(20) }],
      [20, five + ten + twenty, null],
    ];
    for (const [n, expired, nextExpiry] of cases) {
      const { points } = (await world.detail(who, { now: day(n) })).body;
      expect(points).toMatchObject({ available: TOTAL - expired, expired, nextExpiry });
      expect((await world.lots(who, day(n))).body.items).toHaveLength(remainingAt(n));
    }
    await bookTime(world.deps, { now: day(30), most: 10 });
    expect(await world.audited(who, day(30))).toMatchObject({ available: TOTAL - five - ten - twenty });
    const types = (await world.wholeLedger(who, day(30))).slice(COUNT).map(({ type, at }) => `${type} ${at}`);
    expect(types).toEqual([5, 10, 20].map((n) => `expire ${day(n)}`));
  });

  it('of one instant are told whole, also where others before them are gone', async () => {
    await world.give(who, 3, day(1));
    for (let n = 0; n < 100; n++) await world.give(who, 2, day(2));
    const nextAt = async (now: string) => (await world.detail(who, { now })).body.points.nextExpiry;
    expect(await nextAt(NOW)).toEqual({ points: 3, at: day(1) });
    expect(await nextAt(day(1))).toEqual({ points: 200, at: day(2) });
    expect(await nextAt(day(2))).toBeNull();
  });

  /** As the world, but for what happens just before pages of lots are read: at first that, then nothing. */
  const beforePages = (act: () => Promise<unknown>) => {
    const plain = memoryStore();
    const waiting: (() => Promise<unknown>)[] = [];
    const get: Store['get'] = async (keys, fresh) => {
      if (keys.some(({ kind }) => kind === 'lotPage')) await waiting.shift()?.();
      return plain.get(keys, fresh);
    };
    world = ledger({ ...plain, get });
    return () => void waiting.push(act);
  };

  it('that never expire cost the detail no further reading', async () => {
    const watch = beforePages(() => Promise.reject(new Error('pages were read')));
    who = await world.member();
    for (let n = 0; n < 60; n++) await world.give(who, 2);
    expect(await pagesOf()).toBeGreaterThan(0);
    watch();
    expect((await world.detail(who)).body.points).toMatchObject({ available: 120, nextExpiry: null });
    expect((await world.lots(who)).status).toBe(500);
  });

  it('are those of one moment, also where others are spending them just now', async () => {
    const spend = () => world.posted(who, { type: 'spend', points: 50, reason });
    const disturb = beforePages(spend);
    who = await world.member();
    for (let n = 0; n < 100; n++) await world.give(who, 2, day(2));
    disturb();
    const { items } = (await world.lots(who)).body;
    expect(items.reduce((sum: number, { remaining }: Body) => sum + remaining, 0)).toBe(150);
    disturb();
    expect((await world.detail(who)).body.points).toMatchObject({
      ...{ available: 100, spent: 100 },
      nextExpiry: { points: 100, at: day(2) },
    });
  });

  it('are accepted, reserved and captured as few are', async () => {
    await filled();
    for (let n = 0; n < 40; n++) await world.posted(who, { type: 'add_pending', points: 3, pendingId: `p${n}` });
    for (let n = 0; n < 40; n++) await world.posted(who, { type: 'reserve', points: 9, reservationId: `r${n}` });
    for (let n = 0; n < 40; n++) await world.posted(who, { type: 'accept', pendingId: `p${n}` });
    for (let n = 0; n < 40; n += 2) {
      await world.posted(who, { type: 'capture', reservationId: `r${n}`, points: 4 });
    }
    const open = { available: TOTAL + 120 - 20 * 4 - 20 * 9, spent: 80, reserved: 180, pending: 0 };
    expect(await world.audited(who)).toMatchObject(open);
    const ended = { available: open.available + 180, reserved: 0 };
    expect(await world.audited(who, new Date(Date.parse(NOW) + 15 * 60_000).toISOString())).toMatchObject(ended);
  });

  /** As many lots of one point until an instant, as if they had been given one by one. */
  const withLots = async (count: number, expiresAt: string) => {
    const lots = Array.from({ length: count }, (_, n) => {
      const lotId = entryIdOf(NOW, n + 1, 'MARK0000');
      return { lotId, earnedAt: NOW, expiresAt, size: 1, remaining: 1 };
    });
    const { first, pages } = paged(lots, [], 1);
    const numbers = pages.map(({ page }) => page);
    const account = accountOf(who, {
      ...{ score: count, spent: 0, entries: count, at: NOW, lots: first },
      ...{ pages: numbers, nextPage: pages.length + 1, dueAt: expiresAt },
    });
    await world.store.commit([
      { put: account, expect: 'absent' },
      ...pages.map(({ page, lots }): Write => {
        return { put: { kind: 'lotPage', consumerId: who, page, version: 1, lots }, expect: 'absent' };
      }),
    ]);
  };

  it.each([1_500, 6_000, 12_000])(
    'and thousands, %i of them, are held, given back, spent, and expire in one go',
    async (count) => {
      await withLots(count, day(5));
      await world.posted(who, { type: 'reserve', points: count, reservationId: 'r' });
      await world.posted(who, { type: 'capture', reservationId: 'r', points: 7 });
      await world.give(who, 1, day(4));
      await world.posted(who, { type: 'spend', points: count - 600, reason });
      const points = async (now: string) => (await world.detail(who, { now })).body.points;
      expect(await points(NOW)).toMatchObject({ available: 594, nextExpiry: { points: 594, at: day(5) } });
      await bookTime(world.deps, { now: day(5), most: 10 });
      expect(await points(day(5))).toMatchObject({ available: 0, expired: 594, spent: count - 593 });
      expect(await pagesOf()).toBe(0);
      const other = await world.member();
      who = other;
      await withLots(count, day(5));
      expect(await bookTime(world.deps, { now: day(5), most: 10 })).toMatchObject({ changed: 1, failed: [] });
      expect(await points(day(5))).toMatchObject({ available: 0, expired: count });
    },
  );

  it('lapse one by one in hundreds of instants, however long nobody looked', async () => {
    for (let n = 0; n < 130; n++) await world.give(who, 1, day(1 + n));
    expect((await world.detail(who, { now: day(100) })).body.points).toMatchObject({
      available: 30,
      expired: 100,
      nextExpiry: { points: 1, at: day(101) },
    });
    await world.posted(who, { type: 'spend', points: 30, reason }, { now: day(100) });
    expect(await world.audited(who, day(100))).toMatchObject({ available: 0, expired: 100, spent: 30 });
  });
});
