import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import type { Body } from '../../support/client.ts';
import { groups, segmentOf } from '../../support/groups.ts';
import { loyaltyProgram } from '../../support/loyalty-program.ts';
import { shop } from '../../support/shop.ts';

const FRIENDS = { segments: [], lists: ['friends'] };
const VIP = { segments: ['vip'], lists: [] };

let world = groups();
let { call, offered, give, claimed } = loyaltyProgram(world.store);
beforeEach(async () => {
  world = groups();
  ({ call, offered, give, claimed } = loyaltyProgram(world.store));
  await world.made('friends');
  await world.made('foes');
  await world.born('c1', 'c2');
  for (const consumerId of ['c1', 'c2']) await give(consumerId, 100);
  await segmentOf(world.store, 'vip', { number: 3 }, 'c2');
});
const visited = async (consumerId: string, store?: Store): Promise<Body> =>
  (
    await (store ? loyaltyProgram(store).call : call)('recordEvent', {
      params: { consumerId },
      body: { type: 'visit', attributes: {} },
    })
  ).body.points;
const earning = (rule: object) =>
  shop(world.store).call('writeSettings', {
    ...{ method: 'PUT', params: { document: 'earning-rules' }, scope: 'regulars/admin' },
    body: { rules: [{ ruleId: 'r1', event: 'visit', points: 5, ...rule }] },
  });
const challenge = (other: object) => {
  const goal = { event: 'visit', measure: 'count', target: 1 };
  const body = { challengeId: 'steps', name: 'Steps', kind: 'custom', goal, points: 7, repeatable: true, ...other };
  return call('createChallenge', { body });
};

/** Whether the consumer is given what is offered. */
const offers: [string, (audience: object) => Promise<unknown>, (consumerId: string) => Promise<boolean>][] = [
  [
    'a reward',
    (audience) => offered({ rewardId: 'r1', audience }),
    async (consumerId) => {
      const told = await claimed(consumerId);
      if (told.status !== 201) expect(told.body).toMatchObject({ code: 'not_eligible', reasons: ['not_in_audience'] });
      return told.status === 201;
    },
  ],
  [
    'an earning rule',
    (audience) => earning({ audience }),
    async (consumerId) => (await visited(consumerId))?.awarded > 0,
  ],
  [
    'a challenge',
    (audience) => challenge({ audience }),
    async (consumerId) => (await visited(consumerId))?.awarded > 0,
  ],
];

describe.each(offers)('%s', (_, offer, isGiven) => {
  it('for a list is for those who are on it, as long as they are', async () => {
    await offer(FRIENDS);
    expect([await isGiven('c1'), await isGiven('c2')]).toEqual([false, false]);
    await world.added('friends', 'c1');
    await world.added('foes', 'c2');
    expect([await isGiven('c1'), await isGiven('c2')]).toEqual([true, false]);
    await world.takenOff('friends', 'c1');
    expect(await isGiven('c1')).toBe(false);
  });

  it('for a segment is for its members by the rule that is told', async () => {
    await offer(VIP);
    expect([await isGiven('c1'), await isGiven('c2')]).toEqual([false, true]);
    await segmentOf(world.store, 'vip', { number: 4 }, 'c1');
    expect([await isGiven('c1'), await isGiven('c2')]).toEqual([true, false]);
  });

  it('for several is for the members of any', async () => {
    await offer({ segments: ['vip', 'unknown'], lists: ['friends', 'unknown'] });
    await world.born('c3');
    await give('c3', 100);
    await world.added('friends', 'c1');
    expect([await isGiven('c1'), await isGiven('c2'), await isGiven('c3')]).toEqual([true, true, false]);
  });

  it('for everyone is for everyone', async () => {
    await offer({ segments: [], lists: [] });
    expect([await isGiven('c1'), await isGiven('c2')]).toEqual([true, true]);
  });
});

describe('an event', () => {
  const reading = () => {
    const reads: { kinds: string[]; isFresh: boolean }[] = [];
    const counted: Store = {
      ...world.store,
      get: (keys, fresh) => {
        if (keys.length > 0) reads.push({ kinds: keys.map(({ kind }) => kind), isFresh: fresh === true });
        return world.store.get(keys, fresh);
      },
      lists: () => {
        reads.push({ kinds: ['lists'], isFresh: true });
        return world.store.lists();
      },
    };
    return { counted, reads };
  };

  it('that is a challenge is listed to everyone, and says to whom it is offered', async () => {
    await challenge({ audience: { segments: ['vip'], lists: ['friends'] } });
    const seen = async (consumerId: string) => {
      const { body } = await call('listProgress', { method: 'GET', params: { consumerId } });
      return body.items.map(({ inAudience, completions }: Body) => [inAudience, completions]);
    };
    expect([await seen('c1'), await seen('c2')]).toEqual([[[false, 0]], [[true, 0]]]);
    await world.added('friends', 'c1');
    await visited('c1');
    expect(await seen('c1')).toEqual([[true, 1]]);
    const c1 = { params: { consumerId: 'c1' } };
    const opted = (state: string) => shop(world.store).call('setMembership', { ...c1, body: { state } });
    await shop(world.store).call('edit', { method: 'PATCH', ...c1, body: { email: 'c1@example.com' } });
    await opted('opted_out');
    expect(await seen('c1')).toEqual([[false, 1]]);
    await opted('opted_in');
    expect(await seen('c1')).toEqual([[true, 1]]);
    await world.takenOff('friends', 'c1');
    expect(await seen('c1')).toEqual([[false, 1]]);
  });

  it('that no audience decides about reads no memberships', async () => {
    await earning({});
    const { counted, reads } = reading();
    for (let n = 0; n < 2; n += 1) await visited('c1', counted);
    expect(reads.flatMap(({ kinds }) => kinds)).not.toContain('memberships');
    expect(reads.flatMap(({ kinds }) => kinds)).not.toContain('lists');
  });

  it('that one decides about reads them along, fresh, in the one request', async () => {
    await earning({ audience: FRIENDS });
    await world.added('friends', 'c1');
    const { counted, reads } = reading();
    await visited('c1', counted);
    reads.splice(0);
    expect(await visited('c1', counted)).toEqual({ awarded: 5, pending: 0 });
    expect(reads).toEqual([{ kinds: expect.arrayContaining(['metrics', 'memberships']), isFresh: true }]);
  });
});
