import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryStore } from '../../../shared/data/memory-store.ts';
import { Refusal } from '../../../shared/domain/refusal.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import { bookTimeOf } from '../../../shared/usecases/points/book-time.ts';
import { countLiability, readLiability } from '../../../shared/usecases/points/liability.ts';
import { type PointsCommand, postPoints } from '../../../shared/usecases/points/post.ts';
import type { Change, Store } from '../../../shared/usecases/ports/store.ts';
import { depsOn, NOW, streaming } from '../../support/events.ts';
import { inForce, rules } from '../../support/in-force.ts';
import { ledger } from '../../support/ledger.ts';
import { booksOf, joined } from '../../support/loyalty-program.ts';
import { FAULTS, failingAt, untilAnswered } from '../../support/wrapped-stores.ts';

const IDS = ['c1', 'c2', 'c3'];
const day = (n: number): string => new Date(Date.parse(NOW) + n * 86_400_000).toISOString();
const reason = 'r';

/** Three members whose orders earn ten points a unit, and what the stream tells of them. */
const world = async (refundPolicy = 'debt') => {
  const { store, changes } = streaming(memoryStore());
  for (const consumerId of IDS) await joined(store, consumerId);
  await inForce(store, {
    'earning-rules': { ...rules({ pointsPerMajorUnit: 10, expiresAfterDays: 45 }), refundPolicy },
  });
  const post = (consumerId: string, command: PointsCommand, now = NOW) =>
    postPoints(depsOn(store), { consumerId, actor: 'staff', now }, command, async (writes, result) => {
      await store.commit(writes);
      return result;
    });
  const record = (consumerId: string, type: string, attributes: { [name: string]: string | number }, now = NOW) =>
    recordEvents(depsOn(store), { consumerId, now }, [{ type, attributes }]);
  return { store, changes, post, record };
};

/** What is owed, by adding up all accounts. */
const addedUp = async (store: Store, consumerIds: string[] = IDS) => {
  const sums = { byMonth: new Map<string, number>(), reserved: 0, pending: 0, debt: 0 };
  for (const consumerId of consumerIds) {
    const { account, balances } = await booksOf(store, consumerId);
    for (const { remaining, expiresAt } of account.lots) {
      const month = expiresAt?.slice(0, 7) ?? 'unlimited';
      sums.byMonth.set(month, (sums.byMonth.get(month) ?? 0) + remaining);
    }
    sums.reserved += balances.reserved;
    sums.pending += balances.pending;
    sums.debt += Math.max(0, -balances.available);
  }
  return sums;
};
/** The same, as it is to be told at an instant. */
const owed = async (store: Store, now: string, consumerIds?: string[]) => {
  const { byMonth, ...others } = await addedUp(store, consumerIds);
  const months = [...byMonth].filter(([month]) => month >= now.slice(0, 7) && month !== 'unlimited').sort();
  const unlimited = byMonth.get('unlimited') ?? 0;
  const outstanding = months.reduce((sum, [, points]) => sum + points, unlimited);
  return { outstanding, unlimited, byMonth: months.map(([month, points]) => ({ month, points })), ...others };
};
const told = async (store: Store, now = NOW) => {
  const { asOf: _, ...liability } = await readLiability(store, now);
  return liability;
};

const points = fc.integer({ min: 1, max: 60 });
const ids = fc.integer({ min: 0, max: 3 });
const acts = fc.record({
  who: fc.constantFrom(...IDS),
  after: fc.integer({ min: 0, max: 12 }),
  points,
  id: ids,
  what: fc.constantFrom(
    ...(['add', 'add', 'add_expiring', 'spend', 'subtract', 'reserve', 'capture', 'release', 'add_pending'] as const),
    ...(['accept', 'reject', 'order', 'order', 'refund', 'book'] as const),
  ),
});
type Act = typeof acts extends fc.Arbitrary<infer T> ? T : never;

const commandOf = ({ what, points, id }: Act, now: string): PointsCommand | null => {
  switch (what) {
    case 'add':
      return { type: 'add', points, reason };
    case 'add_expiring':
      return { type: 'add', points, reason, expiresAt: new Date(Date.parse(now) + points * 86_400_000).toISOString() };
    case 'spend':
    case 'subtract':
      return { type: what, points, reason };
    case 'reserve':
      return {
        type: what,
        points,
        reservationId: `h${id}`,
        expiresAt: new Date(Date.parse(now) + 9 * 86_400_000).toISOString(),
      };
    case 'capture':
    case 'release':
      return { type: what, reservationId: `h${id}` };
    case 'add_pending':
      return { type: what, points, pendingId: `p${id}` };
    case 'accept':
    case 'reject':
      return { type: what, pendingId: `p${id}` };
    default:
      return null;
  }
};

/** Does all of it, one after the other; what is refused is not done. Gives back when it ended. */
const carriedOut = async (
  { store, post, record }: Awaited<ReturnType<typeof world>>,
  history: Act[],
): Promise<string> => {
  let days = 0;
  for (const act of history) {
    days += act.after;
    const now = day(days);
    const command = commandOf(act, now);
    try {
      if (command) await post(act.who, command, now);
      else if (act.what === 'book') await bookTimeOf(depsOn(store), act.who, now);
      else if (act.what === 'order')
        await record(act.who, 'order_placed', { orderId: `o${act.id}`, totalMinor: 500 }, now);
      else {
        const refund = { orderId: `o${act.id}`, refundId: `r${days}`, amountMinor: act.points };
        await record(act.who, 'order_refunded', refund, now);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return day(days);
};

/** Delivers in portions, each twice, and each again with some of the next: as a stream may. */
const delivered = async (store: Store, changes: readonly Change[], size: number, overlap: number): Promise<void> => {
  for (let at = 0; at < changes.length; at += size) {
    const portion = changes.slice(at, at + size);
    for (const batch of [portion, portion, changes.slice(Math.max(0, at - overlap), at + size)]) {
      expect(await countLiability(depsOn(store), batch)).toBe(batch.length);
    }
  }
};

describe('the liability', () => {
  it('is what adding up all accounts gives, in any portions, each delivered again and again', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(acts, { maxLength: 40, size: 'max' }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom('debt', 'within_balance'),
        async (history, size, overlap, policy) => {
          const shop = await world(policy);
          const end = await carriedOut(shop, history);
          await delivered(shop.store, [...shop.changes], size, overlap);
          expect(await told(shop.store, end)).toEqual(await owed(shop.store, end));
        },
      ),
      { numRuns: 60 },
    ));

  it('of consumers who are erased is subtracted, whatever they did', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(acts, { maxLength: 30, size: 'max' }),
        fc.integer({ min: 1, max: 30 }),
        async (history, size) => {
          const shop = await world();
          const end = await carriedOut(shop, history);
          await delivered(shop.store, [...shop.changes], size, 3);
          const { entries } = await booksOf(shop.store, 'c1');
          const gone = entries.map((before): Change => ({ at: end, before, after: undefined }));
          await delivered(shop.store, gone.reverse(), size, 2);
          expect(await told(shop.store, end)).toEqual(await owed(shop.store, end, ['c2', 'c3']));
        },
      ),
      { numRuns: 25 },
    ));

  it('tells months in their order, and none that is over', async () => {
    const { store, changes, post } = await world();
    for (const [n, points] of [
      [100, 8],
      [10, 1],
      [40, 4],
      [20, 2],
    ] as const) {
      await post('c1', { type: 'add', points, reason, expiresAt: day(n) });
    }
    await post('c2', { type: 'add', points: 16, reason });
    await countLiability(depsOn(store), changes);
    const march = { month: '2026-03', points: 3 };
    const later = [
      { month: '2026-04', points: 4 },
      { month: '2026-06', points: 8 },
    ];
    expect(await told(store)).toMatchObject({ outstanding: 31, unlimited: 16, byMonth: [march, ...later] });
    expect(await told(store, '2026-03-31T23:59:59.999Z')).toMatchObject({ outstanding: 31 });
    expect(await told(store, '2026-04-01T00:00:00.000Z')).toMatchObject({ outstanding: 28, byMonth: later });
    expect(await told(store, day(200))).toMatchObject({ outstanding: 16, byMonth: [] });
  });

  it('tells what is owed to members and what they owe, apart from each other', async () => {
    const { store, changes, post, record } = await world();
    await record('c1', 'order_placed', { orderId: 'o1', totalMinor: 500 });
    await post('c1', { type: 'spend', points: 50, reason });
    await record('c1', 'order_refunded', { orderId: 'o1', refundId: 'r1', amountMinor: 300 });
    await post('c2', { type: 'add', points: 40, reason });
    await post('c2', { type: 'reserve', points: 15 });
    await post('c3', { type: 'add_pending', points: 7 });
    await countLiability(depsOn(store), changes);
    const expected = { outstanding: 25, unlimited: 25, byMonth: [], reserved: 15, pending: 7, debt: 30 };
    expect(await told(store)).toEqual(expected);
    await post('c1', { type: 'add', points: 100, reason });
    await countLiability(depsOn(store), changes);
    expect(await told(store)).toEqual({ ...expected, outstanding: 95, unlimited: 95, debt: 0 });
  });

  it('is as of the newest change, and nothing before the first', async () => {
    const { store, changes, post } = await world();
    const shop = ledger(store);
    const read = async () => (await shop.call('readLiability', { method: 'GET', now: NOW })).body;
    const nothing = { outstanding: 0, byMonth: [], unlimited: 0, reserved: 0, pending: 0, debt: 0 };
    expect(await read()).toEqual({ asOf: null, ...nothing });
    await countLiability(depsOn(store), changes.splice(0));
    expect(await read()).toEqual({ asOf: null, ...nothing });
    await post('c1', { type: 'add', points: 5, reason });
    await countLiability(depsOn(store), [...changes.splice(0)].reverse());
    expect(await read()).toEqual({ asOf: NOW, ...nothing, outstanding: 5, unlimited: 5 });
  });

  it('is changed by entries that come and go, and by nothing else', async () => {
    const { store, changes, post, record } = await world();
    await record('c1', 'visit', {});
    await post('c1', { type: 'add', points: 5, reason });
    const [entry] = (await booksOf(store, 'c1')).entries;
    const others = changes.filter(({ after }) => after?.kind !== 'entry');
    const rewritten: Change = { at: NOW, before: entry, after: entry };
    expect(await countLiability(depsOn(store), [...others, rewritten])).toBe(others.length + 1);
    expect(await store.get([{ kind: 'liability' }])).toEqual([undefined]);
  });

  it('is counted again at once where others counted meanwhile', async () => {
    const { store, changes, post } = await world();
    await post('c1', { type: 'add', points: 5, reason });
    const faulty = failingAt(store, 2, 'conflict');
    expect(await countLiability(depsOn(faulty), changes)).toBe(changes.length);
    expect(await told(store)).toMatchObject({ outstanding: 5 });
  });

  it.each(FAULTS)('counts once what is delivered again after a failure: %s', async (fault) => {
    for (let call = 1; call <= 3; call++) {
      const { store, changes, post } = await world();
      await post('c1', { type: 'add', points: 5, reason });
      await countLiability(depsOn(store), changes.splice(0));
      await post('c1', { type: 'add', points: 7, reason });
      const faulty = failingAt(store, call, fault);
      const batch = changes.splice(0);
      await untilAnswered(() => countLiability(depsOn(faulty), batch));
      expect(await told(store)).toEqual(await owed(store, NOW));
    }
  });
});
