import { describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';

const stack = servedForAll();

const settled = () => stack.call('POST', '/_local/settle');
const born = async (email: string): Promise<string> =>
  (await stack.call('POST', '/v1/consumers', { email })).body.consumerId;
const claim = async (consumerId: string) =>
  (await stack.call('POST', `/v1/consumers/${consumerId}/reward-claims`, { rewardId: 'mug' })).body;

describe('a list', () => {
  it('restricts rewards to its members and cannot be deleted while it is in use', async () => {
    const [ada, bob] = [await born('ada@example.com'), await born('bob@example.com')];
    for (const consumerId of [ada, bob]) {
      await stack.call('POST', `/v1/consumers/${consumerId}/points`, { type: 'add', points: 50, reason: 'hello' });
    }
    const made = await stack.call('POST', '/v1/lists', { listId: 'friends', name: 'Friends' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    const audience = { lists: ['friends'] };
    await stack.call('POST', '/v1/rewards', { rewardId: 'mug', name: 'Mug', costPoints: 5, audience });
    expect((await stack.call('PUT', `/v1/lists/friends/members/${ada}`)).status).toBe(204);
    expect(await claim(ada)).toMatchObject({ rewardId: 'mug', points: 5 });
    expect(await claim(bob)).toMatchObject({ code: 'not_eligible', reasons: ['not_in_audience'] });
    expect((await stack.call('DELETE', '/v1/lists/friends')).body).toMatchObject({
      ...{ code: 'in_use', reasons: ['reward:mug'] },
    });

    await stack.call('PATCH', `/v1/consumers/${ada}`, { fullName: 'Ada Example' });
    await settled();
    expect((await stack.call('GET', '/v1/lists/friends')).body).toMatchObject({ memberCount: 1 });
    expect((await stack.call('GET', '/v1/lists/friends/members')).body.items).toMatchObject([
      { consumerId: ada, fullName: 'Ada Example', email: 'ada@example.com' },
    ]);
    const found = await stack.call('GET', '/v1/consumers?listId=friends');
    expect(found.body.items.map(({ consumerId }: { consumerId: string }) => consumerId)).toEqual([ada]);
    expect((await stack.call('GET', `/v1/consumers/${ada}`)).body.lists).toMatchObject([
      { listId: 'friends', name: 'Friends' },
    ]);
    await stack.call('DELETE', `/v1/lists/friends/members/${ada}`);
    expect(await claim(ada)).toMatchObject({ code: 'not_eligible' });
  });

  it('loses all members when it is deleted, and its id can be reused', async () => {
    await stack.call('POST', '/v1/lists', { listId: 'crowd', name: 'Crowd' });
    const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => born(`crowd${n}@example.com`)));
    const added = await Promise.all(
      ids.map((consumerId) => stack.call('PUT', `/v1/lists/crowd/members/${consumerId}`)),
    );
    expect(new Set(added.map(({ status }) => status))).toEqual(new Set([204]));
    await settled();
    expect((await stack.call('GET', '/v1/lists/crowd')).body.memberCount).toBe(40);
    expect((await stack.call('DELETE', '/v1/lists/crowd')).status).toBe(204);
    expect((await stack.call('POST', '/v1/lists', { listId: 'crowd', name: 'Crowd' })).body.code).toBe('id_taken');
    await settled();
    expect((await stack.call('GET', '/v1/lists/crowd/members')).status).toBe(404);
    await stack.call('PUT', '/_local/clock', { advance: 'PT15S' });
    await settled();
    const again = await stack.call('POST', '/v1/lists', { listId: 'crowd', name: 'Crowd' });
    expect(again.body).toMatchObject({ listId: 'crowd', memberCount: 0 });
    expect((await stack.call('GET', `/v1/consumers/${ids[0]}`)).body.lists).toEqual([]);
  }, 120_000);
});
