import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { makeHandler as erasureResume } from '../../../functions/privacy/jobs/erasure-resume.ts';
import { erasureAnswer, receiptAnswer, receiptsPage } from '../../../functions/privacy/schemas.ts';
import { keyOf } from '../../../shared/data/items.ts';
import { table } from '../../../shared/data/table.ts';
import { sha256 } from '../../../shared/domain/canonical.ts';
import { countOf } from '../../../shared/domain/segments/counts.ts';
import { listAdvocates } from '../../../shared/usecases/advocates/list.ts';
import { rankAdvocates } from '../../../shared/usecases/advocates/rank.ts';
import { followAdvocates } from '../../../shared/usecases/advocates/update.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import { countMembers, countsIn } from '../../../shared/usecases/groups/count-members.ts';
import { countPopulation } from '../../../shared/usecases/insights/population.ts';
import { publishChanges } from '../../../shared/usecases/outbox/publish.ts';
import { countLiability, readLiability } from '../../../shared/usecases/points/liability.ts';
import { HEAD, type Kind, type StoredRecord, storedKind } from '../../../shared/usecases/ports/records.ts';
import { type ApiResponse, type Body, clientOf } from '../../support/client.ts';
import { erasing } from '../../support/erasing.ts';
import { depsOn, NOW, streaming } from '../../support/events.ts';
import { everyKind } from '../../support/every-kind.ts';
import { groups } from '../../support/groups.ts';
import { loyaltyProgram } from '../../support/loyalty-program.ts';
import { type OpenTable, openTable, residueOf } from '../../support/residue.ts';
import { shop } from '../../support/shop.ts';
import { written } from '../../support/standing.ts';
import { failingEach, withEach } from '../../support/wrapped-stores.ts';

const MARKED = {
  fullName: 'Wilhelmina Ostrogorska',
  email: 'w.ostrogorska@example.org',
  phone: '+447911555666',
  handler: 'willostro77',
  customAttributes: { shoe: 'Zwiebelmuster' },
  answers: { q1: 'Quittengelee' },
  tags: ['Kirschkuchen'],
  externalIds: { klaviyo: 'KLV-998877' },
};
const MARKS = [
  ...[MARKED.fullName, 'wilhelmina', 'ostrogorska', MARKED.email, MARKED.phone, MARKED.handler],
  ...['Zwiebelmuster', 'Quittengelee', 'Kirschkuchen', 'KLV-998877'],
];

let open = openTable();
let world = erasing(open.store);
beforeEach(() => {
  open = openTable();
  world = erasing(open.store);
});
afterEach(() => void jest.restoreAllMocks());

/** A consumer with records of every kind. */
const everywhere = async (other: object = MARKED, store = open.store): Promise<string> => {
  const { consumerId } = await shop(store).born(other, {
    headers: { 'idempotency-key': `born ${sha256(JSON.stringify(other))}` },
  });
  const own = everyKind(consumerId).filter(
    (record) => 'consumerId' in record && !['profile', 'contact', 'erasureSubject', 'directory'].includes(record.kind),
  );
  for (const record of own) {
    if (record.kind === 'idempotency')
      await written(store, { ...record, keyHash: sha256(`${record.keyHash} of ${consumerId}`) });
    else if (record.kind === 'export') await written(store, { ...record, exportId: sha256(`export of ${consumerId}`) });
    else await written(store, record);
  }
  return consumerId;
};

/** The records about a consumer by kind, found where `table.ts` says that they are stored. */
const heldOf = async (consumerId: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const item of await open.items()) {
    const isOwn = item['pk']?.S === `C#${consumerId}` || item['consumer']?.S === consumerId;
    const kind = item['kind']?.S ?? '';
    if (isOwn && kind !== 'erasureSubject') counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
};
const everything = async () => JSON.stringify(await open.items());
const codeOf = ({ status, body }: ApiResponse) => [status, body?.code];
const GONE = [410, 'erased'];

describe('an erasure', () => {
  it('removes every kind of record, plain, hashed or encoded, and leaves a receipt with the counts', async () => {
    const [consumerId, neighbour] = [await everywhere(), await everywhere({ email: 'n@example.org' })];
    const held = await heldOf(consumerId);
    const kinds = (Object.keys(table) as Kind[]).filter((kind) =>
      ['partition', 'claims', 'index'].includes(table[kind].erasure as string),
    );
    expect(Object.keys(held).sort()).toEqual(kinds.map(storedKind).sort());
    expect(residueOf([consumerId, ...MARKS], await everything())).toEqual([consumerId, ...MARKS]);
    const others = await heldOf(neighbour);

    const receipt = await world.erased(consumerId);

    expect(residueOf([consumerId, ...MARKS], await everything())).toEqual([]);
    expect(receiptAnswer.safeParse(receipt).error).toBeUndefined();
    expect(receipt).toMatchObject({ status: 'completed', requestedAt: NOW, itemsRemoved: held });
    expect(receipt.subjectHash).toBe(open.store.keyedHashOf(consumerId));
    expect(receipt.steps.map(({ name, status }: Body) => [name, status])).toEqual(
      ['freeze', 'tell_connected', 'remove_items', 'leave_shared', 'remove_named', 'verify', 'receipt'].map((name) => [
        name,
        'done',
      ]),
    );
    expect(await heldOf(neighbour)).toEqual(others);
  });

  it('notifies connected systems with the names of sources before external ids are removed', async () => {
    const consumerId = await everywhere();
    await world.erased(consumerId);
    const detail = { consumerId, at: NOW, sources: ['klaviyo'] };
    expect(world.published).toEqual([{ detailType: 'consumer.erased', detail, at: NOW }]);
  });

  it('is started by the stream once per attempt, with an input that names no consumer', async () => {
    const consumerId = await everywhere();
    const { store, changes } = streaming(open.store);
    const { body } = await world.asked(consumerId, { confirm: consumerId }, store);
    const started: unknown[] = [];
    const workflows = { start: async (...asked: unknown[]) => void started.push(asked) };
    const bus = { publish: async (events: readonly unknown[]) => events.length };
    await publishChanges({ bus, workflows }, changes.splice(0));
    const { erasureId } = body;
    expect(started).toEqual([['erasure', `erasure-${erasureId}-1`, { erasureId }]]);
    await world.carriedOut(erasureId, store);
    await publishChanges({ bus, workflows }, changes.splice(0));
    expect(started).toHaveLength(1);
  });

  it('removes thousands of items page by page and counts each once', async () => {
    const consumerId = await everywhere();
    const entry = everyKind(consumerId).find((record) => record.kind === 'event');
    if (entry?.kind !== 'event') throw new Error('no such kind');
    for (let n = 0; n < 6_000; n += 90) {
      await open.store.commit(
        Array.from({ length: 90 }, (_, i) => ({ put: { ...entry, eventId: `n${n + i}` }, expect: 'absent' }) as const),
      );
    }
    const held = await heldOf(consumerId);
    expect(held['event']).toBeGreaterThan(6_000);
    expect((await world.erased(consumerId)).itemsRemoved).toEqual(held);
    expect(await heldOf(consumerId)).toEqual({});
  });

  it('of one guest leaves all other guests unchanged', async () => {
    const { born, call } = shop(open.store);
    const ids = [];
    for (let n = 0; n < 4; n++) ids.push((await born({})).consumerId);
    const [first = '', ...others] = ids;
    await world.erased(first);
    for (const consumerId of others) {
      expect((await call('read', { method: 'GET', params: { consumerId } })).status).toBe(200);
    }
  });
});

describe('figures about the population', () => {
  it('exclude erased consumers from percentiles, members, points owed and advocates, even if the stream repeats records', async () => {
    const figuresAfter = async (people: Record<string, number>, gone: readonly string[]) => {
      open = openTable();
      world = erasing(open.store);
      const { store, changes } = streaming(open.store);
      const [deps, points, grouped] = [depsOn(store), loyaltyProgram(store), groups(store)];
      const delivered = async () => {
        const batch = changes.splice(0);
        for (const again of [batch, batch]) {
          await countPopulation(deps, again);
          await countMembers(deps, again);
          await countLiability(deps, again);
          await followAdvocates(deps, again);
        }
      };
      await grouped.made('l');
      for (const [name, orders] of Object.entries(people)) {
        await points.member(name, 10 * orders);
        for (let k = 0; k < orders; k++) {
          await recordEvents(deps, { consumerId: name, now: NOW }, [
            {
              type: 'order_placed',
              eventId: `o${k}`,
              occurredAt: NOW,
              attributes: { orderId: `o${k}`, totalMinor: 100 },
            },
            { type: 'friend_referred', eventId: `f${k}`, occurredAt: NOW, attributes: {} },
          ]);
        }
        await grouped.added('l', name);
      }
      await delivered();
      await rankAdvocates(deps, NOW);
      for (const name of gone) {
        const { body } = await world.asked(name, { confirm: name }, store);
        await world.hastened(body.erasureId, store);
      }
      await delivered();
      const [counts] = await store.get([{ kind: 'memberCounts' }], true);
      const { items } = await listAdvocates(store);
      const details = await Promise.all(
        ['a', 'c'].map((consumerId) => shop(store).call('read', { method: 'GET', params: { consumerId }, now: NOW })),
      );
      return {
        rfm: details.map(({ body: { rfm } }) => [rfm.population, rfm.frequency, rfm.monetary, rfm.activity]),
        members: countOf(countsIn(counts), { listId: 'l' }),
        owed: (await readLiability(store, NOW)).outstanding,
        advocates: items.map(({ rank, consumerId }) => [rank, consumerId]),
      };
    };
    const after = await figuresAfter({ a: 1, b: 2, c: 3, d: 4 }, ['d', 'b']);
    const never = await figuresAfter({ a: 1, c: 3 }, []);
    expect(never).toMatchObject({
      members: 2,
      owed: 40,
      advocates: [
        [1, 'c'],
        [2, 'a'],
      ],
    });
    expect(never.rfm[0]?.[0]).toBe(2);
    expect(after).toEqual(never);
  });
});

describe('a request for an erasure', () => {
  it.each([
    ['no body', () => undefined],
    ['an empty one', () => ({})],
    ['another id', () => ({ confirm: 'someone-else' })],
    ['the id in another case', (id: string) => ({ confirm: id.toLowerCase() })],
    ['a yes', () => ({ confirm: true })],
    ['nothing', () => ({ confirm: null })],
    ['a list with the id', (id: string) => ({ confirm: [id] })],
    ['a long text', () => ({ confirm: 'x'.repeat(600) })],
  ])('takes a confirmation that names the consumer: not %s', async (_, bodyFor) => {
    const { consumerId } = await shop(open.store).born(MARKED);
    const body = bodyFor(consumerId);
    const response = await world.call('erase', { method: 'DELETE', params: { consumerId }, ...(body && { body }) });
    expect(codeOf(response)).toEqual([422, 'confirmation_mismatch']);
    expect((await shop(open.store).call('read', { method: 'GET', params: { consumerId } })).status).toBe(200);
  });

  it('of an unknown consumer is refused', async () => {
    expect(codeOf(await world.asked('missing'))).toEqual([404, 'consumer_not_found']);
    expect(codeOf(await world.call('readErasure', { method: 'GET', params: { erasureId: 'none' } }))).toEqual([
      404,
      'not_found',
    ]);
  });

  it('that is repeated before or after completion returns the same erasure', async () => {
    const consumerId = await everywhere();
    const first = await world.asked(consumerId);
    expect(first).toMatchObject({ status: 202, body: { status: 'running' } });
    expect(erasureAnswer.safeParse(first.body).error).toBeUndefined();
    expect((await world.asked(consumerId)).body).toEqual(first.body);
    await world.carriedOut(first.body.erasureId);
    expect((await world.asked(consumerId)).body).toEqual({ ...first.body, status: 'completed' });
  });

  it('under a key stores nothing that identifies the consumer', async () => {
    const consumerId = await everywhere();
    const sent = {
      method: 'DELETE',
      params: { consumerId },
      body: { confirm: consumerId },
      headers: { 'idempotency-key': 'k' },
    };
    const first = await world.call('erase', { ...sent, path: `/v1/consumers/${consumerId}` });
    await world.carriedOut(first.body.erasureId);
    expect((await world.call('erase', { ...sent, path: `/v1/consumers/${consumerId}` })).body.erasureId).toBe(
      first.body.erasureId,
    );
    expect(residueOf([consumerId], await everything())).toEqual([]);
  });

  it('by contact under a key concerns only the owner of the contact at the first request', async () => {
    await everywhere();
    const sent = {
      body: { lookup: { email: MARKED.email }, confirm: MARKED.email },
      headers: { 'idempotency-key': 'legal' },
      path: '/v1/erasures',
    };
    const first = await world.call('eraseByContact', sent);
    await world.hastened(first.body.erasureId, open.store);
    const { consumerId: somebodyNew } = await shop(open.store).born({ email: MARKED.email });
    const again = await world.call('eraseByContact', sent);
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([202, first.body, 'true']);
    const get = { method: 'GET', params: { consumerId: somebodyNew } };
    expect((await shop(open.store).call('read', get)).status).toBe(200);
  });

  it('is refused for another version and for a key of another request', async () => {
    const { call } = shop(open.store);
    const key = { 'idempotency-key': 'k' };
    const { consumerId } = (await call('create', { body: MARKED, headers: key })).body;
    const asked = (headers: Record<string, string>) =>
      world.call('erase', {
        method: 'DELETE',
        path: `/v1/consumers/${consumerId}`,
        params: { consumerId },
        body: { confirm: consumerId },
        headers,
      });
    expect(codeOf(await asked({ 'if-match': '"9"' }))).toEqual([409, 'version_conflict']);
    expect(codeOf(await asked(key))).toEqual([409, 'idempotency_key_reused']);
    expect((await call('read', { method: 'GET', params: { consumerId } })).status).toBe(200);
    expect((await asked({ 'if-match': '"1"' })).status).toBe(202);
  });

  it('freezes a continuously writing consumer at the first attempt', async () => {
    const consumerId = await loyaltyProgram(open.store).member('m1', 10);
    let looks = 0;
    const busy = withEach(open.store, async (call, name) => {
      const answer = await call();
      if (name === 'stateOf') {
        looks += 1;
        await recordEvents(depsOn(open.store), { consumerId, now: NOW }, [
          { type: 'review_written', eventId: `late${looks}`, occurredAt: NOW, attributes: {} },
        ]);
        expect((await loyaltyProgram(open.store).give(consumerId, 1)).status).toBe(201);
      }
      return answer;
    });
    expect((await world.asked(consumerId, { confirm: consumerId }, busy)).status).toBe(202);
    expect(looks).toBe(1);
  });

  it('that is sent many times concurrently starts one erasure', async () => {
    const consumerId = await everywhere();
    const response = await Promise.all(Array.from({ length: 10 }, () => world.asked(consumerId)));
    expect(new Set(response.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(response.map(({ body }) => body.erasureId)).size).toBe(1);
  });

  it.each([
    ['email', { email: ' W.Ostrogorska@Example.org' }, ' W.Ostrogorska@Example.org'],
    ['phone', { phone: '+44 7911 555666' }, '+44 7911 555666'],
    ['external id', { source: 'klaviyo', externalId: 'KLV-998877' }, 'KLV-998877'],
  ])('by %s erases its owner and no later owner', async (_, lookup, confirm) => {
    const consumerId = await everywhere();
    const ask = (said: unknown) => world.call('eraseByContact', { body: { lookup, confirm: said } });
    for (const other of [undefined, 'x', true]) {
      expect(codeOf(await ask(other))).toEqual([422, 'confirmation_mismatch']);
    }
    const { status, body } = await ask(confirm);
    expect(status).toBe(202);
    expect((await world.asked(consumerId)).body.erasureId).toBe(body.erasureId);
    expect(codeOf(await ask(confirm))).toEqual([404, 'consumer_not_found']);
  });
});

describe('a consumer who is erased or being erased', () => {
  /** Calls every endpoint that takes a consumer. */
  const askedAbout = async (consumerId: string) => {
    const [shopping, grouped, points] = [shop(open.store), groups(open.store), loyaltyProgram(open.store)];
    const get = { method: 'GET', params: { consumerId } };
    return {
      read: await shopping.call('read', get),
      edit: await shopping.call('edit', { method: 'PATCH', params: { consumerId }, body: { fullName: 'Back' } }),
      tag: await shopping.call('addTag', { method: 'PUT', params: { consumerId, tag: 'x' } }),
      untag: await shopping.call('removeTag', { method: 'DELETE', params: { consumerId, tag: 'x' } }),
      adjust: await shopping.call('adjustLoyaltyScore', { params: { consumerId }, body: { delta: 1, reason: 'r' } }),
      membership: await shopping.call('setMembership', { params: { consumerId }, body: { state: 'opted_in' } }),
      source: await shopping.call('setSyncSource', {
        method: 'PUT',
        params: { consumerId, source: 'klaviyo' },
        body: { externalId: 'e' },
      }),
      points: await points.give(consumerId, 5),
      claim: await points.claimed(consumerId),
      cancel: await points.cancelled(consumerId, 'c'),
      event: await points.call('recordEvent', {
        params: { consumerId },
        body: { type: 'review_written', attributes: {} },
      }),
      progress: await points.call('listProgress', get),
      list: await grouped.added('l', consumerId),
      unlist: await grouped.takenOff('l', consumerId),
    };
  };

  it('is refused by every read and write, during and after the erasure', async () => {
    await groups(open.store).made('l');
    await loyaltyProgram(open.store).offered({});
    const consumerId = await everywhere();
    const { body } = await world.asked(consumerId);
    const before = JSON.stringify((await open.items()).filter((item) => item['pk']?.S === `C#${consumerId}`));
    for (const [name, response] of Object.entries(await askedAbout(consumerId)))
      expect([name, ...codeOf(response)]).toEqual([name, ...GONE]);
    expect(JSON.stringify((await open.items()).filter((item) => item['pk']?.S === `C#${consumerId}`))).toBe(before);
    await world.carriedOut(body.erasureId);
    const after = await everything();
    for (const [name, response] of Object.entries(await askedAbout(consumerId)))
      expect([name, ...codeOf(response)]).toEqual([name, ...GONE]);
    expect(await everything()).toBe(after);
  });

  it('is refused in batches without affecting other events', async () => {
    const [consumerId, { consumerId: other }] = [await everywhere(), await shop(open.store).born()];
    await world.erased(consumerId);
    const call = clientOf(depsOn(open.store), { now: NOW });
    const events = [consumerId, other].map((id) => ({ consumerId: id, type: 'review_written', attributes: {} }));
    const { body } = await call('events.recordBatch', { body: { events } });
    expect(body.items).toMatchObject([
      { status: 'rejected', problem: { code: 'erased', status: 410 } },
      { status: 'created' },
    ]);
  });

  it('is refused by retries of earlier requests, which create no one', async () => {
    const key = { headers: { 'idempotency-key': 'first' } };
    const { call } = shop(open.store);
    const born = await call('create', { body: MARKED, ...key });
    const { consumerId } = born.body;
    const edit = {
      method: 'PATCH',
      params: { consumerId },
      body: { handler: 'h' },
      headers: { 'idempotency-key': 'second' },
    };
    expect((await call('edit', edit)).status).toBe(200);
    await world.erased(consumerId);
    expect(codeOf(await call('create', { body: MARKED, ...key }))).toEqual(GONE);
    expect(codeOf(await call('edit', edit))).toEqual(GONE);
    expect(residueOf([consumerId, ...MARKS], await everything())).toEqual([]);
  });

  it('is in no stored response from the moment of the freeze', async () => {
    const key = { headers: { 'idempotency-key': 'first' } };
    const { call } = shop(open.store);
    const { consumerId } = (await call('create', { body: MARKED, ...key })).body;
    const tag = { method: 'PUT', params: { consumerId, tag: 'x' }, headers: { 'idempotency-key': 'second' } };
    expect((await call('addTag', tag)).status).toBe(204);
    await world.asked(consumerId);
    expect(codeOf(await call('create', { body: MARKED, ...key }))).toEqual(GONE);
    expect(codeOf(await call('addTag', tag))).toEqual(GONE);
  });

  it('is on no page of members and not among the advocates from the moment of the freeze', async () => {
    const grouped = groups(open.store);
    await grouped.made('l');
    const { consumerId } = await shop(open.store).born(MARKED);
    await grouped.added('l', consumerId);
    await recordEvents(depsOn(open.store), { consumerId, now: NOW }, [
      { type: 'friend_referred', eventId: 'f', occurredAt: NOW, attributes: {} },
    ]);
    await rankAdvocates(depsOn(open.store), NOW);
    expect([await grouped.membersOf('l'), (await listAdvocates(open.store)).items.length]).toEqual([[consumerId], 1]);
    await world.asked(consumerId);
    expect([await grouped.membersOf('l'), (await listAdvocates(open.store)).items.length]).toEqual([[], 0]);
  });

  it('that is frozen during a request without changes is refused by it', async () => {
    const grouped = groups(open.store);
    await grouped.made('l');
    const { consumerId } = await shop(open.store).born(MARKED);
    await grouped.added('l', consumerId);
    let isFrozen = false;
    const slow = withEach(open.store, async (call, name) => {
      const answer = await call();
      if (name === 'get' && !isFrozen) {
        isFrozen = true;
        await world.asked(consumerId);
      }
      return answer;
    });
    const response = await groups(slow).added('l', consumerId, { headers: { 'idempotency-key': 'k' } });
    expect(codeOf(response)).toEqual(GONE);
    expect(codeOf(await grouped.takenOff('l', 'missing', { headers: { 'idempotency-key': 'n' } }))).toEqual([
      204,
      undefined,
    ]);
  });

  it('can register again with the same contacts and a new id', async () => {
    const consumerId = await everywhere();
    await world.asked(consumerId);
    const { call } = shop(open.store);
    const again = await call('create', { body: MARKED });
    expect(again.status).toBe(201);
    expect(again.body.consumerId).not.toBe(consumerId);
    await world.erased(consumerId);
    const found = await call('lookUp', { method: 'GET', query: `email=${encodeURIComponent(MARKED.email)}` });
    expect(found.body.consumerId).toBe(again.body.consumerId);
  });

  it('is named by no stored response to a batch, yet a retry returns the complete response', async () => {
    const { consumerId } = await shop(open.store).born({});
    const call = clientOf(depsOn(open.store), { now: NOW });
    const events = [
      { consumerId, eventId: 'my-own-marked-id', type: 'review_written', attributes: {} },
      { consumerId, type: 'review_written', attributes: {} },
      { consumerId, type: 'Nonsense', attributes: {} },
    ];
    const sent = { body: { events }, headers: { 'idempotency-key': 'b' } };
    const first = await call('events.recordBatch', sent);
    const again = await call('events.recordBatch', sent);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect(again.body).toEqual(first.body);
    await world.erased(consumerId);
    expect(residueOf(['my-own-marked-id', consumerId], await everything())).toEqual([]);
    const last = await call('events.recordBatch', sent);
    expect(last.body.items.map(({ status, problem }: Body) => [status, problem?.code])).toEqual(
      Array.from({ length: 3 }, () => ['rejected', 'erased']),
    );
  });
});

describe('an erasure during faults', () => {
  /** The data of all other consumers, and the traces of this one. */
  const state = async (consumerId: string) => ({
    held: await heldOf(consumerId),
    residue: residueOf([consumerId, ...MARKS], await everything()),
  });

  it.each(['before', 'after', 'conflict', 'unnoticed'] as const)(
    'ends clean if any call of the store fails (%s), and counts each item once',
    async (fault) => {
      jest.spyOn(process.stdout, 'write').mockReturnValue(true);
      for (let call = 1, failed = true; failed; call += 1) {
        open = openTable();
        world = erasing(open.store);
        const consumerId = await everywhere();
        const held = await heldOf(consumerId);
        const { body } = await world.asked(consumerId);
        const broken = failingEach(open.store, call, fault);
        await world.hastened(body.erasureId, broken.store);
        failed = broken.hasFailed();
        expect(await world.receipt(body.erasureId)).toMatchObject({ status: 'completed', itemsRemoved: held });
        expect(await state(consumerId)).toEqual({ held: {}, residue: [] });
        if (!failed) expect(call).toBeGreaterThan(25);
      }
    },
  );

  it('can be requested if any call of the store fails', async () => {
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    for (const fault of ['before', 'after', 'conflict', 'unnoticed'] as const) {
      for (let call = 1, failed = true; failed; call += 1) {
        open = openTable();
        world = erasing(open.store);
        const consumerId = await everywhere();
        const broken = failingEach(open.store, call, fault);
        let response = await world.asked(consumerId, { confirm: consumerId }, broken.store);
        if (response.status === 500) response = await world.asked(consumerId, { confirm: consumerId }, broken.store);
        failed = broken.hasFailed();
        expect(response).toMatchObject({ status: 202, body: { status: 'running' } });
        await world.hastened(response.body.erasureId, open.store);
        expect((await world.receipt(response.body.erasureId)).status).toBe('completed');
        expect(await state(consumerId)).toEqual({ held: {}, residue: [] });
      }
    }
  });

  it('that runs twice concurrently and beside another counts each item once', async () => {
    const ids = [await everywhere(), await everywhere({ email: 'other@example.org', fullName: 'Other' })];
    const held = [];
    for (const consumerId of ids) held.push(await heldOf(consumerId));
    const requests = await Promise.all(ids.map((consumerId) => world.asked(consumerId)));
    const slow = withEach(open.store, async (call) => {
      await new Promise((resolve) => setImmediate(resolve));
      return call();
    });
    const runs = requests.flatMap(({ body }) => [
      world.carriedOut(body.erasureId, slow),
      world.carriedOut(body.erasureId, slow),
    ]);
    await Promise.all(runs);
    for (const [n, { body }] of requests.entries()) {
      expect(await world.receipt(body.erasureId)).toMatchObject({ status: 'completed', itemsRemoved: held[n] });
      expect(await heldOf(ids[n] ?? '')).toEqual({});
    }
  });

  it('that keeps failing is given up as failed and restarted by a request or by the hourly job', async () => {
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const consumerId = await everywhere();
    const { body } = await world.asked(consumerId);
    const { erasureId } = body;
    const broken = withEach(open.store, async (call, name) => {
      if (name === 'answersTo') throw new Error('never');
      return call();
    });
    await world.carriedOut(erasureId, broken);
    const failed = await world.receipt(erasureId);
    expect(failed).toMatchObject({ status: 'failed', completedAt: null });
    expect(failed.steps.at(-1)).toMatchObject({ name: 'give_up', status: 'failed' });
    expect(codeOf(await shop(open.store).call('read', { method: 'GET', params: { consumerId } }))).toEqual(GONE);

    const { store, changes } = streaming(open.store);
    expect((await world.asked(consumerId, { confirm: consumerId }, store)).body).toEqual({
      erasureId,
      status: 'running',
    });
    const resume = erasureResume(depsOn(store));
    const at = (scheduledAt: string) => resume({ job: 'erasure-resume', scheduledAt, trigger: 'schedule' });
    expect(await at(NOW)).toMatchObject({ running: 1, restarted: 0 });
    expect(await at('2026-03-01T14:00:00.000Z')).toMatchObject({ running: 1, restarted: 1 });
    const started: string[] = [];
    const workflows = { start: async (_: string, name: string) => void started.push(name) };
    await publishChanges({ bus: { publish: async () => 0 }, workflows }, changes);
    expect(started).toEqual([`erasure-${erasureId}-2`, `erasure-${erasureId}-3`]);
    await world.carriedOut(erasureId);
    expect(await world.receipt(erasureId)).toMatchObject({ status: 'completed' });
    expect(await state(consumerId)).toEqual({ held: {}, residue: [] });
    expect(await at('2026-03-01T16:00:00.000Z')).toEqual({ running: 0, restarted: 0, nextDueAt: null });
  });

  it('finds late writes and completes only after they are removed', async () => {
    const consumerId = await everywhere();
    const { body } = await world.asked(consumerId);
    // A record of any kind whose write was in flight during the freeze.
    const late = everyKind(consumerId).filter((record) => record.kind === 'event' || record.kind === 'idempotency');
    let planted = 0;
    const store = withEach(open.store, async (call, name) => {
      if (name === 'exportsOf' && planted < late.length) await plant(late[planted++]);
      return call();
    });
    await world.carriedOut(body.erasureId, store);
    expect(planted).toBe(late.length);
    expect(await state(consumerId)).toEqual({ held: {}, residue: [] });
  });

  /** Bypasses the store, which would refuse the write. */
  const plant = async (record: StoredRecord | undefined) => {
    if (!record) return;
    const { itemOf } = await import('../../../shared/data/items.ts');
    await open.storage.write([{ key: keyOf(record), item: itemOf(record), expect: 'anything' }]);
  };
});

describe('a table restored to an earlier time', () => {
  /** A copy of a table at one time. */
  const copyOf = async (from: OpenTable): Promise<OpenTable> => {
    const copy = openTable();
    for (const item of await from.items()) {
      const key = { pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' };
      await copy.storage.write([{ key, item, expect: 'anything' }]);
    }
    return copy;
  };
  const receiptsOf = async (from: typeof world): Promise<Body[]> => {
    const first = await from.call('listErasures', { method: 'GET', query: 'limit=1' });
    const rest = await from.call('listErasures', { method: 'GET', query: `cursor=${first.body.nextCursor}` });
    expect(receiptsPage.safeParse(first.body).error).toBeUndefined();
    return [...first.body.items, ...rest.body.items];
  };

  it('loses exactly the consumers erased since, by their receipts', async () => {
    const ids = [
      await everywhere(),
      await everywhere({ email: 'b@example.org' }),
      await everywhere({ email: 'c@example.org' }),
    ];
    const [first = '', second = '', other = ''] = ids;
    const backup = await copyOf(open);
    const receipts = [await world.erased(first), await world.erased(second)];
    const saved = await receiptsOf(world);
    const byId = (list: Body[]) => list.toSorted((one, other) => (one.erasureId < other.erasureId ? -1 : 1));
    expect(saved).toEqual(byId(receipts));

    open = backup;
    world = erasing(backup.store);
    const [held, others] = [await heldOf(first), await heldOf(other)];
    const put = () => world.call('restoreReceipts', { body: { receipts: saved } });
    expect(await put()).toMatchObject({ status: 200, body: { restored: 2 } });
    expect((await put()).body).toEqual({ restored: 0 });
    expect(await world.audited()).toEqual({ consumers: 3, differed: 2 });
    expect(await world.audited()).toEqual({ consumers: 1, differed: 0 });
    for (const { erasureId } of receipts) await world.carriedOut(erasureId);

    expect([await heldOf(first), await heldOf(second), await heldOf(other)]).toEqual([{}, {}, others]);
    expect(residueOf([first, second, ...MARKS], await everything())).toEqual([]);
    const again = await world.receipt(receipts[0].erasureId);
    expect(again).toMatchObject({ status: 'completed', requestedAt: NOW, subjectHash: receipts[0].subjectHash });
    expect(again.itemsRemoved).toEqual(
      Object.fromEntries(Object.entries(held).map(([kind, count]) => [kind, 2 * count])),
    );
    expect(again.steps.map(({ name }: Body) => name)).toContain('receipt_restored');
    expect(codeOf(await shop(open.store).call('read', { method: 'GET', params: { consumerId: first } }))).toEqual(GONE);
  });

  it('accepts the old receipt of a consumer erased again since, beside the new one', async () => {
    const consumerId = await everywhere();
    const backup = await copyOf(open);
    const first = await world.erased(consumerId);
    open = backup;
    world = erasing(backup.store);
    const second = await world.erased(consumerId);
    const put = () => world.call('restoreReceipts', { body: { receipts: [first] } });
    expect([(await put()).body, (await put()).body]).toEqual([{ restored: 1 }, { restored: 0 }]);
    expect(await world.audited()).toEqual({ consumers: 0, differed: 0 });
    const { steps, ...same } = await world.receipt(first.erasureId);
    expect(first).toMatchObject(same);
    expect(steps).toEqual([...first.steps, { name: 'receipt_restored', at: NOW, status: 'done' }]);
    expect(await world.receipt(second.erasureId)).toEqual(second);
    expect((await world.asked(consumerId)).body.erasureId).toBe(second.erasureId);
  });

  it('is not reported clean by an earlier run if the consumer was frozen again since', async () => {
    const consumerId = await everywhere();
    const backup = await copyOf(open);
    const saved = await world.erased(consumerId);
    const { erasureId } = saved;
    open = backup;
    world = erasing(backup.store);
    const { store, changes } = streaming(backup.store);
    await world.call('restoreReceipts', { body: { receipts: [saved] } }, store);
    const started: unknown[] = [];
    const workflows = { start: async (_: string, name: string) => void started.push(name) };
    const bus = { publish: async (events: readonly unknown[]) => events.length };
    await publishChanges({ bus, workflows }, changes.splice(0));
    // A restored receipt starts no workflow.
    expect(started).toEqual([]);
    const { verify, complete } = world.steps(backup.store);
    // A delayed run that found only the old receipt and had nothing to do.
    const step = { erasureId, now: NOW };
    expect(await verify(step)).toMatchObject({ clean: true });
    expect(await world.audited()).toEqual({ consumers: 1, differed: 1 });
    await complete(step);
    expect((await world.receipt(erasureId)).status).toBe('running');
    await world.carriedOut(erasureId);
    expect([(await world.receipt(erasureId)).status, await heldOf(consumerId)]).toEqual(['completed', {}]);
  });

  it('refuses a receipt with the id of another erasure', async () => {
    const receipt = await world.erased(await everywhere());
    const { subjectHash } = await world.erased(await everywhere({ email: 'b@example.org' }));
    const body = { receipts: [{ ...receipt, subjectHash }] };
    expect((await world.call('restoreReceipts', { body })).status).toBe(422);
  });

  it('continues an erasure that was running at the time of the backup', async () => {
    const consumerId = await everywhere();
    const { body } = await world.asked(consumerId);
    const backup = await copyOf(open);
    await world.carriedOut(body.erasureId);
    open = backup;
    world = erasing(backup.store);
    expect(await world.audited()).toEqual({ consumers: 0, differed: 0 });
    const resume = erasureResume(depsOn(backup.store));
    expect(
      await resume({ job: 'erasure-resume', scheduledAt: '2026-03-02T12:00:00.000Z', trigger: 'schedule' }),
    ).toMatchObject({ restarted: 1 });
    await world.carriedOut(body.erasureId);
    expect(await heldOf(consumerId)).toEqual({});
  });

  it.each([
    ['no receipt', { receipts: [] }],
    ['a hash that is none', { receipts: [{ erasureId: 'e', subjectHash: 'x' }] }],
  ])('refuses %s', async (_, body) => {
    expect((await world.call('restoreReceipts', { body })).status).toBe(422);
  });
});

describe('every consumer', () => {
  it('has a complete head or none, because erasure removes it in one transaction', () => {
    for (const kind of HEAD) expect(table[kind].erasure).toBe('partition');
  });
});
