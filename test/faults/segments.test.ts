import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DAY_MS, instantOf, MINUTE_MS, msOf } from '../../shared/domain/instants.ts';
import { NOW } from '../support/events.ts';
import { casesOf, failing } from '../support/failing-world.ts';
import { expectTruth, flipsOf } from '../support/segment-truth.ts';
import type { World } from '../support/segments.ts';

const VIP = { attribute: 'tags', operator: 'contains', value: 'vip' };
const OLD = { attribute: 'tags', operator: 'contains', value: 'old' };
const RECENT = { event: 'order_placed', measure: 'count', operator: 'gte', value: 1, within: { days: 30 } };
const PEOPLE = ['c1', 'c2', 'c3', 'c4'];
const later = (ms: number) => instantOf(msOf(NOW) + ms);

/** Four consumers, two segments: the second looks at the first and at time. */
const peopled = async (w: World) => {
  await w.born(...PEOPLE);
  await w.tagged('c1', 'vip');
  await w.tagged('c2', 'vip', 'old');
  await w.tagged('c3', 'old');
  await w.ordered('c1', 'o1');
  await w.create('s', VIP);
  await w.create('t', { any: [RECENT, { attribute: 'segments', operator: 'contains', value: 's' }] });
  await w.settled();
};

type Happening = [name: string, before: (w: World) => Promise<unknown>, happen: (w: World) => Promise<unknown>];
const HAPPENINGS: Happening[] = [
  [
    'changes are followed',
    async (w) => {
      await w.tagged('c1');
      await w.tagged('c4', 'vip');
      await w.ordered('c3', 'o2');
    },
    (w) => w.delivered(),
  ],
  ['a rule is filled, told, and told of', (w) => w.edit('s', OLD), (w) => w.settled()],
  [
    'a segment is deleted',
    async (w) => {
      await w.edit('t', RECENT);
      await w.settled();
      await w.remove('s');
    },
    (w) => w.settled(),
  ],
  [
    'time does its part',
    async (w) => {
      w.clock.now = later(30 * DAY_MS);
    },
    (w) => w.jobs(),
  ],
  [
    'what rules go by changes',
    async (w) => {
      await w.create('u', { attribute: 'profileCompleteness.filled', operator: 'eq', value: 1 });
      await w.settled();
      const body = { completenessFields: ['tags'] };
      await w.shopping.call('writeSettings', { method: 'PUT', params: { document: 'profile' }, body, now: NOW });
      await w.delivered();
    },
    (w) => w.minute().then(() => w.settled()),
  ],
];

/** Failures are logged. */
beforeAll(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});

describe('when the database fails at any call in turn', () => {
  it.each(HAPPENINGS)('as %s, all is right in the end, and every flip told', async (_, prepare, happen) => {
    const { w: expected } = failing(0, 'before');
    await peopled(expected);
    await prepare(expected);
    await happen(expected);
    await expected.settled();
    const cases = await casesOf((w) => peopled(w).then(() => prepare(w)), happen);
    expect(cases.length).toBeGreaterThan(10);
    for (const [call, fault] of cases) {
      const { w, state } = failing(call, fault);
      await peopled(w);
      await prepare(w);
      state.isFailing = true;
      await happen(w);
      state.isFailing = false;
      await w.settled();
      await expectTruth(w, PEOPLE, true);
      for (const id of PEOPLE) {
        const told = await flipsOf(expected.store, id);
        expect({ call, fault, told: await flipsOf(w.store, id) }).toEqual({ call, fault, told });
      }
    }
  });
});

describe('a run of the backfill that dies at any call', () => {
  const prepare = async (w: World) => {
    await w.edit('s', OLD);
    await w.delivered();
  };

  it.each<[string, (w: World) => Promise<unknown>]>([
    ['', async () => undefined],
    [', after consumers have changed', (w) => w.tagged('c2', 'vip').then(() => w.tagged('c4', 'old'))],
    [', after another edit', (w) => w.edit('s', { any: [VIP, RECENT] })],
    [', after the segment was edited back', (w) => w.edit('s', VIP)],
    [', after the others were deleted', (w) => w.remove('t')],
  ])('is followed by another one when its lease has ended%s, and every flip is told', async (when, meanwhile) => {
    const all = await casesOf(
      (w) => peopled(w).then(() => prepare(w)),
      (w) => w.steps.backfill('run'),
    );
    // A conflict is no reason to die. Whatever happens meanwhile, the call before was much the same.
    const deadly = all.filter(([, fault]) => fault === 'before' || fault === 'after');
    const some = when === '' ? deadly : deadly.filter((_, nth) => nth % 4 === when.length % 4);
    for (const [call, fault] of some) {
      const { w, state } = failing(call, fault, true);
      await peopled(w);
      await prepare(w);
      w.started.splice(0);
      state.isFailing = true;
      await expect(w.steps.backfill('run')).rejects.toThrow();
      state.isFailing = false;
      await meanwhile(w);
      await w.settled();
      w.clock.now = later(21 * MINUTE_MS);
      await w.minute();
      await w.settled();
      await expectTruth(w, PEOPLE);
    }
  });

  it('is not followed as long as its lease lasts', async () => {
    const { w } = failing(0, 'before');
    await peopled(w);
    await prepare(w);
    await w.steps.claim('run');
    w.started.splice(0);
    w.clock.now = later(19 * MINUTE_MS);
    await w.minute();
    expect(w.started).toEqual([]);
    w.clock.now = later(20 * MINUTE_MS);
    await w.minute();
    expect(w.started).toMatchObject([{ name: 'segments-backfill' }]);
  });
});
