import { describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';

const stack = servedForAll({ now: '2027-03-01T09:00:00.000Z' });

let people = 0;
const consumer = async (more: object = {}): Promise<string> => {
  people += 1;
  const { body } = await stack.call('POST', '/v1/consumers', { email: `somebody${people}@example.com`, ...more });
  return body.consumerId;
};
const record = (consumerId: string, type: string, attributes: object, occurredAt?: string) =>
  stack.call('POST', `/v1/consumers/${consumerId}/events`, { type, attributes, ...(occurredAt && { occurredAt }) });
const settle = () => stack.call('POST', '/_local/settle');
const segment = async (segmentId: string, rule: object, method = 'POST') => {
  const path = method === 'POST' ? '/v1/segments' : `/v1/segments/${segmentId}`;
  const answer = await stack.call(method, path, { ...(method === 'POST' && { segmentId }), name: segmentId, rule });
  await settle();
  return answer;
};
const membersOf = async (segmentId: string): Promise<string[]> => {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await stack.call('GET', `/v1/segments/${segmentId}/members?limit=100${query}`);
    ids.push(...body.items.map(({ consumerId }: { consumerId: string }) => consumerId));
    cursor = body.nextCursor;
  } while (cursor !== null);
  return ids.sort();
};
interface Told {
  detailType: string;
  detail: { segmentId: string; consumerId: string; at: string; cause: string; eventId?: string };
}
const flipsOf = async (consumerId: string, segmentId: string): Promise<string[]> => {
  const { body } = await stack.call('GET', '/_local/bus');
  return body.items
    .filter(({ detailType }: Told) => detailType.startsWith('segment.'))
    .filter(({ detail }: Told) => detail.consumerId === consumerId && detail.segmentId === segmentId)
    .map(({ detailType, detail }: Told) => `${detailType} ${detail.cause}`);
};
const lastFlip = async (consumerId: string, segmentId: string): Promise<Told['detail'] | undefined> => {
  const { body } = await stack.call('GET', '/_local/bus');
  return body.items
    .filter(({ detailType }: Told) => detailType.startsWith('segment.'))
    .map(({ detail }: Told) => detail)
    .findLast((detail: Told['detail']) => detail.consumerId === consumerId && detail.segmentId === segmentId);
};

describe('a segment', () => {
  it('is answered at once, filled in the background, and told all together', async () => {
    const rich = await consumer({ tags: ['VIP'] });
    const poor = await consumer();
    await record(rich, 'order_placed', { orderId: 'o', totalMinor: 60_000 });
    await record(poor, 'order_placed', { orderId: 'o', totalMinor: 600 });
    await settle();
    const rule = {
      any: [
        { attribute: 'customerValue.lifetimeValueMinor', operator: 'gt', value: 50_000 },
        {
          all: [
            { attribute: 'tags', operator: 'contains', value: 'vip' },
            { not: { attribute: 'status', operator: 'eq', value: 'inactive' } },
          ],
        },
      ],
    };
    const { status, body } = await segment('rich', rule);
    expect([status, body.status, body.memberCount]).toEqual([201, 'backfilling', 0]);
    expect((await stack.call('GET', '/v1/segments/rich')).body).toMatchObject({
      status: 'live',
      progressPercent: 100,
      memberCount: 1,
      rule,
    });
    expect(await membersOf('rich')).toEqual([rich]);
    expect(await flipsOf(rich, 'rich')).toEqual(['segment.entered rule_edited']);
    const detail = (await stack.call('GET', `/v1/consumers/${rich}`)).body;
    expect(detail.segments).toMatchObject([{ segmentId: 'rich', name: 'rich' }]);
    const explained = (await stack.call('GET', `/v1/segments/rich/explain/${poor}`)).body;
    expect(explained).toMatchObject({
      matches: false,
      tree: { kind: 'any', children: [{ kind: 'condition', matches: false, actual: 600 }, { kind: 'all' }] },
    });
  }, 120_000);

  it('follows a change, both ways, and says what caused it', async () => {
    await segment('frequent', { attribute: 'customerValue.orders', operator: 'gte', value: 2 });
    const consumerId = await consumer();
    await record(consumerId, 'order_placed', { orderId: 'a', totalMinor: 1_000 });
    // Where the stream is so far behind that it has to read both, neither is named.
    await settle();
    await record(consumerId, 'order_placed', { orderId: 'b', totalMinor: 1_000 });
    await record(consumerId, 'visit', {});
    await settle();
    expect(await membersOf('frequent')).toContain(consumerId);
    const history = (await stack.call('GET', `/v1/consumers/${consumerId}/events?type=order_placed`)).body.items;
    const second = history.find(({ attributes }: { attributes: { orderId: string } }) => attributes.orderId === 'b');
    expect(await lastFlip(consumerId, 'frequent')).toMatchObject({ eventId: second.eventId, at: second.receivedAt });
    await record(consumerId, 'order_rejected', { orderId: 'b' });
    await settle();
    expect(await membersOf('frequent')).not.toContain(consumerId);
    expect(await flipsOf(consumerId, 'frequent')).toEqual(['segment.entered change', 'segment.left change']);
    const { body } = await stack.call('GET', `/v1/consumers/${consumerId}/events`);
    const types = body.items.map(({ type }: { type: string }) => type);
    expect(types.filter((type: string) => type.startsWith('segment_'))).toEqual(['segment_left', 'segment_entered']);
  }, 120_000);

  it('is left at the very instant at which a window passes, found within a minute', async () => {
    await segment('recent', { attribute: 'purchaseRecency.lastOrderAt', operator: 'within_last', value: { days: 30 } });
    await segment('twice', {
      event: 'order_placed',
      where: [{ attribute: 'items.category', operator: 'contains', value: 'vinyl' }],
      measure: 'count',
      operator: 'gte',
      value: 2,
      within: { days: 7 },
    });
    const consumerId = await consumer();
    const items = [{ sku: 's', category: 'Vinyl', quantity: 1, unitPriceMinor: 1_000 }];
    const placed = ['2027-03-01T08:00:00.000Z', '2027-02-24T12:30:00.000Z'];
    for (const [n, at] of placed.entries()) {
      await record(consumerId, 'order_placed', { orderId: `o${n}`, totalMinor: 1_000, items }, at);
    }
    await settle();
    expect(await membersOf('recent')).toContain(consumerId);
    expect(await membersOf('twice')).toEqual([consumerId]);
    await stack.call('PUT', '/_local/clock', { now: '2027-03-03T12:31:00.000Z' });
    await settle();
    expect(await membersOf('twice')).toEqual([]);
    expect(await lastFlip(consumerId, 'twice')).toMatchObject({ at: '2027-03-03T12:30:00.000Z', cause: 'time' });
    await stack.call('PUT', '/_local/clock', { now: '2027-03-31T08:01:00.000Z' });
    await settle();
    expect(await membersOf('recent')).not.toContain(consumerId);
    expect(await lastFlip(consumerId, 'recent')).toMatchObject({ at: '2027-03-31T08:00:00.000Z', cause: 'time' });
  }, 240_000);

  it('that is edited tells who enters and who leaves, as the preview said', async () => {
    const [old, young] = [await consumer({ birthday: '1960-01-01' }), await consumer({ birthday: '2000-01-01' })];
    await segment('age', { attribute: 'birthday', operator: 'before', value: '1980-01-01' });
    expect(await membersOf('age')).toEqual([old]);
    const rule = { attribute: 'birthday', operator: 'after', value: '1980-01-01' };
    const preview = (await stack.call('POST', '/v1/segments/preview', { rule, segmentId: 'age' })).body;
    expect(preview).toMatchObject({
      count: 1,
      entering: { count: 1, sample: [{ consumerId: young }] },
      leaving: { count: 1, sample: [{ consumerId: old }] },
    });
    await segment('age', rule, 'PUT');
    expect(await membersOf('age')).toEqual([young]);
    expect(await flipsOf(old, 'age')).toEqual(['segment.entered rule_edited', 'segment.left rule_edited']);
    expect(await flipsOf(young, 'age')).toEqual(['segment.entered rule_edited']);
  }, 120_000);

  it('may name another one, not itself, and is kept as long as it is used', async () => {
    await segment('both', {
      all: [
        { attribute: 'segments', operator: 'contains', value: 'rich' },
        { attribute: 'tags', operator: 'contains', value: 'vip' },
      ],
    });
    expect(await membersOf('both')).toHaveLength(1);
    const circle = await segment('rich', { attribute: 'segments', operator: 'contains', value: 'both' }, 'PUT');
    expect([circle.status, circle.body.code]).toEqual([422, 'segment_cycle']);
    const used = await stack.call('DELETE', '/v1/segments/rich');
    expect([used.status, used.body.code, used.body.reasons]).toEqual([409, 'in_use', ['segment:both']]);
    expect((await stack.call('DELETE', '/v1/segments/both')).status).toBe(204);
    expect((await stack.call('DELETE', '/v1/segments/rich')).status).toBe(204);
    await settle();
    expect((await stack.call('GET', '/v1/segments/rich')).status).toBe(404);
  }, 120_000);

  it.each([
    ['an unknown attribute', { all: [{ attribute: 'shoeSize', operator: 'eq', value: 1 }] }, 'rule.all.0.attribute'],
    ['an operator of another kind', { not: { attribute: 'tags', operator: 'gt', value: 1 } }, 'rule.not.operator'],
    ['an empty group', { any: [{ all: [] }] }, 'rule.any.0.all'],
    ['no rule at all', {}, 'rule'],
  ])('refuses %s by its path', async (_, rule, path) => {
    const { status, body } = await segment('bad', rule);
    expect([status, body.errors[0].path]).toEqual([422, path]);
  });

  it('refuses what is nested too deep or too big, and nothing breaks', async () => {
    const deep = (levels: number) => `${'{"not":'.repeat(levels)}{}${'}'.repeat(levels)}`;
    const post = (rule: string) =>
      stack.call('POST', '/v1/segments', `{"name":"deep","rule":${rule}}`, {
        headers: { 'content-type': 'application/json' },
      });
    expect((await post(deep(100))).status).toBe(422);
    expect((await post(deep(10_000))).status).toBe(422);
    expect((await post(`"${'x'.repeat(5_000_000)}"`)).status).toBe(413);
    expect((await stack.call('GET', '/v1/segments')).status).toBe(200);
  });

  it('has drifted nowhere, says the reconciliation', async () => {
    const { body } = await stack.call('POST', '/_local/jobs/segment-reconcile');
    expect(body.result).toMatchObject({ consumers: people, drift: 0 });
  }, 60_000);
});
