import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, instantOf, MINUTE_MS, msOf } from '../../../shared/domain/instants.ts';
import type { Rule } from '../../../shared/domain/segments/rule.ts';
import type { Body } from '../../support/client.ts';
import { NOW } from '../../support/events.ts';
import { membersOf } from '../../support/segment-truth.ts';
import { type World, world } from '../../support/segments.ts';

const HOUR_MS = DAY_MS / 24;
const later = (ms: number, from = NOW) => instantOf(msOf(from) + ms);
const TAGGED = { attribute: 'tags', operator: 'contains', value: 'vip' } as const;
const orders = (operator: string, value: unknown, days?: number) => {
  const within = days === undefined ? {} : { within: { days } };
  return { event: 'order_placed', measure: 'count', operator, value, ...within };
};
const SPENT = { event: 'order_placed', measure: { sum: 'totalMinor' }, operator: 'gte', value: 1_500 };
const naming = (segmentId: string) => ({ attribute: 'segments', operator: 'contains', value: segmentId });

describe('why a consumer is in', () => {
  const explained = async (w: World, at?: string, consumerId = 'c1'): Promise<{ status: number; body: Body }> =>
    w.get('explain', { segmentId: 's', consumerId }, at === undefined ? '' : `at=${at}`);

  it('is told part by part, with what each condition looked at', async () => {
    const w = world();
    await w.born('c1');
    await w.tagged('c1', 'vip', 'old');
    await w.ordered('c1', 'o1', 1_000);
    const rule = { all: [TAGGED, { any: [SPENT, { not: orders('gt', 1, 30) }] }] };
    await w.create('s', rule);
    await w.settled();
    const { status, body } = await explained(w);
    const part = (condition: object, matches: boolean, actual: unknown) => {
      return { kind: 'condition', matches, condition, actual };
    };
    const not = { kind: 'not', matches: true, children: [part(orders('gt', 1, 30), false, 1)] };
    const any = { kind: 'any', matches: true, children: [part(SPENT, false, 1_000), not] };
    const tree = { kind: 'all', matches: true, children: [part(TAGGED, true, ['vip', 'old']), any] };
    expect([status, body]).toEqual([200, { matches: true, tree }]);
  });

  it('is told of who is archived before all else, and of the time before as it was', async () => {
    const w = world();
    await w.born('c1');
    await w.tagged('c1', 'vip');
    await w.create('s', TAGGED);
    await w.settled();
    await w.passed(731 * DAY_MS);
    const rule = { kind: 'condition', matches: true, condition: TAGGED, actual: ['vip'] };
    const archived = { attribute: 'archived', operator: 'eq', value: false };
    const out = { kind: 'condition', matches: false, condition: archived, actual: true };
    const tree = { kind: 'all', matches: false, children: [out, rule] };
    expect((await explained(w)).body).toEqual({ matches: false, tree });
    expect((await explained(w, later(730 * DAY_MS))).body).toEqual({ matches: false, tree });
    expect((await explained(w, later(730 * DAY_MS - 1))).body).toEqual({ matches: true, tree: rule });
    await w.ordered('c1', 'o1');
    expect((await explained(w)).body).toEqual({ matches: true, tree: rule });
    expect((await explained(w, later(730 * DAY_MS))).body).toEqual({ matches: false, tree });
  });

  it('is told of the time before another number of days by the number of then', async () => {
    const w = world();
    await w.born('c1');
    await w.create('s', { not: TAGGED });
    await w.settled();
    const archivingAfter = async (archiveAfterDays: number) => {
      const sent = { method: 'PUT', params: { document: 'profile' }, body: { archiveAfterDays }, now: w.clock.now };
      expect((await w.shopping.call('writeSettings', sent)).status).toBe(200);
      await w.settled();
    };
    await w.passed(20 * DAY_MS);
    await archivingAfter(10);
    await w.passed(20 * DAY_MS);
    await archivingAfter(50);
    await w.passed(20 * DAY_MS);
    const matches = async (days: number, ms = 0) => (await explained(w, later(days * DAY_MS + ms))).body.matches;
    expect([await matches(15), await matches(20, -1)]).toEqual([true, true]);
    expect([await matches(20), await matches(40, -1)]).toEqual([false, false]);
    expect([await matches(40), await matches(50, -1)]).toEqual([true, true]);
    expect([await matches(50), await matches(60)]).toEqual([false, false]);
  });

  it('is told as of a past instant: events, metrics and points of then, all else of now', async () => {
    const w = world();
    await w.born('c1');
    const lifetime = { attribute: 'customerValue.lifetimeValueMinor', operator: 'gt', value: 0 };
    const points = { attribute: 'points.available', operator: 'gte', value: 50 };
    await w.create('s', { any: [orders('gte', 1, 1), lifetime, points, TAGGED] });
    await w.settled();
    const happens: [number, () => Promise<unknown>][] = [
      [HOUR_MS, () => w.ordered('c1', 'o1', 700)],
      [2 * HOUR_MS, () => w.posted('c1', { type: 'add', points: 60, expiresAt: later(DAY_MS) })],
      [3 * HOUR_MS, () => w.ordered('c1', 'o2', 300, later(90 * MINUTE_MS))],
      [
        4 * HOUR_MS,
        () => w.posted('c1', { type: 'reserve', points: 20, reservationId: 'r1', expiresAt: later(DAY_MS) }),
      ],
      [5 * HOUR_MS, () => w.posted('c1', { type: 'capture', reservationId: 'r1', points: 15 })],
      [6 * HOUR_MS, () => w.posted('c1', { type: 'add', points: 5 })],
      [3 * DAY_MS, () => w.tagged('c1', 'vip')],
      [3 * DAY_MS, () => w.jobs()],
    ];
    for (const [ms, happen] of happens) {
      w.clock.now = later(ms);
      await happen();
      await w.settled();
    }
    const seen = async (ms?: number) => {
      const { body } = await explained(w, ms === undefined ? undefined : later(ms));
      return body.tree.children.map((child: Body) => child.actual);
    };
    const tags = ['vip'];
    expect(await seen(0)).toEqual([0, 0, 0, tags]);
    expect(await seen(HOUR_MS - 1)).toEqual([0, 0, 0, tags]);
    expect(await seen(HOUR_MS)).toEqual([1, 700, 0, tags]);
    expect(await seen(2 * HOUR_MS)).toEqual([2, 1_000, 60, tags]);
    expect(await seen(4 * HOUR_MS)).toEqual([2, 1_000, 40, tags]);
    expect(await seen(5 * HOUR_MS)).toEqual([2, 1_000, 45, tags]);
    expect(await seen(6 * HOUR_MS)).toEqual([2, 1_000, 50, tags]);
    expect(await seen(DAY_MS - 1)).toEqual([2, 1_000, 50, tags]);
    expect(await seen(DAY_MS)).toEqual([2, 1_000, 5, tags]);
    expect(await seen(DAY_MS + HOUR_MS)).toEqual([1, 1_000, 5, tags]);
    expect(await seen()).toEqual([0, 1_000, 5, tags]);
    expect(await seen(9 * DAY_MS)).toEqual(await seen());
  });

  it('is told by the rule that is told, and by the first one even before it has its members', async () => {
    const w = world();
    await w.born('c1');
    await w.create('s', TAGGED);
    expect((await explained(w)).body).toMatchObject({ matches: false, tree: { condition: TAGGED } });
    await w.settled();
    await w.edit('s', { not: TAGGED });
    expect((await explained(w)).body).toMatchObject({ matches: false, tree: { condition: TAGGED } });
    await w.settled();
    expect((await explained(w)).body).toMatchObject({ matches: true, tree: { kind: 'not' } });
  });

  it('is told with the segments that a consumer is told to be in', async () => {
    const w = world();
    await w.born('c1');
    await w.tagged('c1', 'vip');
    await w.create('inner', TAGGED);
    await w.create('s', naming('inner'));
    await w.settled();
    expect((await explained(w)).body).toMatchObject({ matches: true, tree: { actual: ['inner', 's'] } });
  });

  it('is told of a past instant with the segments that held by then', async () => {
    const w = world();
    await w.born('c1');
    await w.create('inner', orders('gte', 1, 30));
    await w.create('middle', { not: naming('inner') });
    await w.create('s', { all: [naming('inner'), { not: naming('middle') }] });
    await w.settled();
    w.clock.now = later(HOUR_MS);
    await w.ordered('c1', 'o1');
    await w.settled();
    const seen = async (at?: string) => {
      const { body } = await explained(w, at);
      return [body.matches, body.tree.children[0].actual];
    };
    const [before, during, after] = [
      [false, ['middle']],
      [true, ['inner', 's']],
      [false, ['middle']],
    ];
    expect(await seen()).toEqual(during);
    await w.passed(31 * DAY_MS);
    const orderedAt = later(HOUR_MS);
    expect(await seen(later(-1, orderedAt))).toEqual(before);
    expect(await seen(orderedAt)).toEqual(during);
    expect(await seen(later(30 * DAY_MS - 1, orderedAt))).toEqual(during);
    expect(await seen(later(30 * DAY_MS, orderedAt))).toEqual(after);
    expect(await seen()).toEqual(after);
  });

  it('is told of events that were counted by nobody yet', async () => {
    const w = world();
    await w.born('c1');
    await w.ordered('c1', 'o1', 2_000);
    await w.create('s', SPENT);
    expect((await explained(w)).body).toMatchObject({ matches: true, tree: { actual: 2_000 } });
  });

  it('is not told of nobody, nor of a time before there was anybody', async () => {
    const w = world();
    await w.born('c1');
    await w.create('s', TAGGED);
    await w.settled();
    w.clock.now = later(DAY_MS);
    const nobody = { status: 404, body: { code: 'consumer_not_found' } };
    expect(await explained(w, undefined, 'c2')).toMatchObject(nobody);
    expect(await explained(w, later(-1))).toMatchObject(nobody);
    expect((await explained(w, NOW)).status).toBe(200);
    expect((await explained(w, '2026-03-01')).status).toBe(422);
  });
});

describe('trying a rule', () => {
  const PEOPLE = Array.from({ length: 14 }, (_, nth) => `c${nth}`);
  const tried = async (w: World, body: object): Promise<Body> => {
    const told = await w.call('preview', { body });
    if (told.status !== 200) throw new Error(`nothing was tried: ${JSON.stringify(told.body)}`);
    return told.body;
  };
  const idsIn = ({ sample }: Body): string[] => sample.map(({ consumerId }: Body) => consumerId).sort();

  /** Each with so many orders as its number says, by days; every second one is tagged. */
  const peopled = async (): Promise<World> => {
    const w = world();
    await w.born(...PEOPLE);
    for (const [nth, consumerId] of PEOPLE.entries()) {
      if (nth % 2 === 0) await w.tagged(consumerId, 'vip');
      for (let n = 0; n < nth % 5; n++) await w.ordered(consumerId, `o${n}`, 500, later(-n * 10 * DAY_MS));
    }
    return w;
  };

  const rule: fc.Arbitrary<Rule> = fc.letrec<{ rule: object }>((tie) => {
    const several = fc.array(tie('rule'), { minLength: 1, maxLength: 3 });
    return {
      rule: fc.oneof(
        { maxDepth: 2 },
        fc.constantFrom<object>(
          TAGGED,
          SPENT,
          orders('gte', 2, 15),
          orders('lt', 3),
          orders('eq', 0, 5),
          naming('inner'),
          { attribute: 'customerValue.orders', operator: 'gte', value: 3 },
          { attribute: 'purchaseRecency.lastOrderAt', operator: 'within_last', value: { hours: 1 } },
        ),
        several.map((all) => ({ all })),
        several.map((any) => ({ any })),
        tie('rule').map((not) => ({ not })),
      ),
    };
  }).rule as fc.Arbitrary<Rule>;

  it('counts exactly those who are its members when it is saved, and names some of them', () =>
    fc.assert(
      fc.asyncProperty(rule, rule, fc.boolean(), async (first, second, isAhead) => {
        const w = await peopled();
        await w.create('inner', orders('gte', 2, 30));
        await w.create('s', first);
        await w.settled();
        // Somebody whose storefront's clock is ahead, and somebody whom nobody has counted for the rules in force yet.
        if (isAhead) await w.ordered('c0', 'ahead', 500, later(4 * MINUTE_MS));
        await w.ordered('c1', 'more', 2_000);
        await w.delivered();
        const before = await membersOf(w.store, 's');
        const told = await tried(w, { rule: second, segmentId: 's' });
        const alone = await tried(w, { rule: second });
        await w.edit('s', second);
        const meanwhile = await tried(w, { rule: second, segmentId: 's' });
        await w.settled();
        const after = await membersOf(w.store, 's');
        const parts = {
          all: after,
          entering: after.filter((id) => !before.includes(id)),
          leaving: before.filter((id) => !after.includes(id)),
        };
        for (const { entering, leaving, ...all } of [told, meanwhile]) {
          for (const [part, ids] of [
            [all, parts.all],
            [entering, parts.entering],
            [leaving, parts.leaving],
          ]) {
            expect(part.count).toBe(ids.length);
            expect(idsIn(part)).toHaveLength(Math.min(10, ids.length));
            for (const id of idsIn(part)) expect(ids).toContain(id);
          }
        }
        expect(alone).toEqual({ count: after.length, sample: expect.any(Array) });
      }),
      { numRuns: 25 },
    ));

  it('refuses what could not be saved: a segment that depends on itself', async () => {
    const w = await peopled();
    await w.create('s', TAGGED);
    await w.create('outer', naming('s'));
    await w.settled();
    const circle = { status: 422, body: { code: 'segment_cycle' } };
    for (const named of ['s', 'outer']) {
      expect(await w.call('preview', { body: { rule: naming(named), segmentId: 's' } })).toMatchObject(circle);
    }
    expect((await tried(w, { rule: naming('outer') })).count).toBe(7);
  });

  it('writes nothing', async () => {
    const w = await peopled();
    await w.settled();
    await tried(w, { rule: { any: [SPENT, orders('gte', 3, 7)] } });
    expect(w.changes).toEqual([]);
  });

  it('finds nobody who is archived, and everyone as they are called', async () => {
    const w = await peopled();
    await w.patched('c0', { fullName: 'Cleo', email: 'cleo@example.com' });
    const [profile] = await w.store.get([{ kind: 'profile', consumerId: 'c2' }], true);
    if (profile) await w.store.commit([{ put: { ...profile, archived: true }, expect: 'present' }]);
    const { count, sample } = await tried(w, { rule: TAGGED });
    expect([count, sample.length]).toEqual([6, 6]);
    expect(sample).toContainEqual({ consumerId: 'c0', fullName: 'Cleo', email: 'cleo@example.com' });
  });
});
