/** Erasing a consumer with much data and ongoing activity, across kills of the stack, and proving it. */
import { describe, expect, it } from '@jest/globals';
import { readAssembly } from '../../infra/local/runtime/assembly/assembly.ts';
import { sharedAssembly } from '../support/assembly.ts';
import { ABOUT_SOMEBODY, heldIn, REMOVED } from '../support/held.ts';
import { rawTable } from '../support/raw-table.ts';
import { type Answer, servedForAll } from '../support/served-stack.ts';
import { keyed, type Person, unmistakable } from '../support/unmistakable.ts';

const stack = servedForAll({ now: '2027-03-01T09:00:00.000Z' });

const { call } = stack;
const settle = () => call('POST', '/_local/settle');
const codeOf = ({ status, body }: Answer) => [status, body?.code];
const GONE = [410, 'erased'];

const { person, suffixOf, record, busy, residueOf, receiptOf, erase } = unmistakable(stack);
const executions = async (): Promise<
  { name: string; status: string; input: object; history: { type: string; state: string }[] }[]
> => (await call('GET', '/_local/executions')).body.items;
/** Every state that the executions of erasures have entered so far. */
const visited = async (): Promise<Set<string>> => {
  const own = (await executions()).filter(({ name }) => name.startsWith('erasure-'));
  return new Set(
    own.flatMap(({ history }) => history.flatMap(({ type, state }) => (/Entered$/.test(type) ? [state] : []))),
  );
};

/** The deployed definition, which also ran here. */
const states = (): Record<string, { Type: string }> => {
  const machines = [...readAssembly(sharedAssembly()).stateMachines.values()];
  const machine = machines.find(({ name }) => /-erasure$/.test(name));
  return machine?.definition['States'] as Record<string, { Type: string }>;
};

describe('a consumer with much data', () => {
  const LISTS = 20;
  const SEGMENTS = 50;
  let one: Person;
  const others: string[] = [];
  /** Each with its own expiry, so that there are more lots than the account record holds. */
  const LOTS = 100;
  const heldNow = async () => heldIn(await (await rawTable(stack.data)).scan(), one.consumerId);
  let held: Record<string, number>;

  it('has records of every kind', async () => {
    await call('PUT', '/v1/settings/earning-rules', {
      rules: [{ ruleId: 'orders', event: 'order_placed', points: 3 }],
    });
    for (let n = 0; n < SEGMENTS; n++) {
      const rule = { attribute: 'customerValue.orders', operator: 'gte', value: 1 + (n % 3) };
      await call('POST', '/v1/segments', { segmentId: `s${n}`, name: `S ${n}`, rule });
    }
    for (let n = 0; n < LISTS; n++) await call('POST', '/v1/lists', { listId: `l${n}`, name: `L ${n}` });
    await call('POST', '/v1/rewards', { rewardId: 'last', name: 'The last one', costPoints: 5, stock: 1 });
    await call('POST', '/v1/rewards', { rewardId: 'mug', name: 'Mug', costPoints: 5 });
    const goal = { event: 'friend_referred', measure: 'count', target: 100_000 };
    await call('POST', '/v1/challenges', { challengeId: 'refer', name: 'Refer', kind: 'custom', goal, points: 5 });
    await settle();
    one = await person();
    const path = `/v1/consumers/${one.consumerId}`;
    for (let n = 1; n <= 4; n++) {
      const other = await person();
      others.push(other.consumerId);
      for (let k = 0; k < n; k++) {
        await record(other.consumerId, {
          type: 'order_placed',
          attributes: { orderId: `o${k}`, totalMinor: 1_000 * n },
        });
        await record(other.consumerId, { type: 'friend_referred', attributes: {} });
      }
      await call('PUT', `/v1/lists/l0/members/${other.consumerId}`);
    }
    await busy(one, 8);
    for (let n = 0; n < LISTS; n++)
      expect((await call('PUT', `/v1/lists/l${n}/members/${one.consumerId}`)).status).toBe(204);
    const firstExpiryMs = Date.parse('2027-06-01T00:00:00.000Z');
    for (let n = 0; n < LOTS; n += 10) {
      await Promise.all(
        Array.from({ length: 10 }, (_, i) => {
          const expiresAt = new Date(firstExpiryMs + (n + i) * 86_400_000).toISOString();
          const added = { type: 'add', points: 1, reason: `quilltext${suffixOf(one)}`, expiresAt };
          return call('POST', `${path}/points`, added, keyed(`p${n + i}`));
        }),
      );
    }
    await call('POST', `${path}/points`, { type: 'reserve', points: 2, reason: 'held', reservationId: 'r1' });
    expect((await call('POST', `${path}/reward-claims`, { rewardId: 'last' })).status).toBe(201);
    expect((await call('POST', `${path}/reward-claims`, { rewardId: 'mug', claimId: 'c1' })).status).toBe(201);
    expect((await call('DELETE', `${path}/reward-claims/c1`)).status).toBe(204);
    const refund = { orderId: `quillorder${suffixOf(one)}-0`, refundId: 'f1', amountMinor: 400 };
    expect((await record(one.consumerId, { type: 'order_refunded', attributes: refund })).status).toBe(201);
    for (const state of ['granted', 'withdrawn', 'granted']) {
      await call('POST', `${path}/consents`, {
        channel: 'sms',
        state,
        source: `quilltext${suffixOf(one)}`,
        method: 'form',
      });
    }
    const asked = await call('POST', `${path}/exports`, { format: 'json' });
    expect(asked.status).toBe(202);
    await settle();
    await call('POST', '/_local/jobs/influencer-scoring');
    expect((await call('GET', `/v1/exports/${asked.body.exportId}`)).body.status).toBe('completed');
    expect((await call('GET', '/v1/brand-advocates')).body.items[0].consumerId).toBe(one.consumerId);
    const { segments, lists } = (await call('GET', path)).body;
    expect([segments.length, lists.length]).toEqual([SEGMENTS, LISTS]);
    expect((await residueOf(one)).length).toBeGreaterThan(1_000);
    held = await heldNow();
    expect(Object.keys(held).sort()).toEqual(ABOUT_SOMEBODY);
  }, 240_000);

  it('is erased during ongoing activity, and connected systems are notified', async () => {
    const { consumerId } = one;
    let isBusy = true;
    const outcomes = new Set<string>();
    const going = Array.from({ length: 3 }, async (_, lane) => {
      for (let n = 0; isBusy; n++) {
        const event = { type: 'friend_referred', eventId: `late-${lane}-${n}`, attributes: {} };
        outcomes.add(codeOf(await record(consumerId, event)).join(' '));
        const batch = await call(
          'POST',
          '/v1/events/batch',
          { events: [{ consumerId, ...event, eventId: `b-${lane}-${n}` }] },
          keyed(`late ${lane} ${n}`),
        );
        outcomes.add(`batch ${batch.body.items[0].problem?.code ?? 'created'}`);
        outcomes.add(codeOf(await call('PUT', `/v1/lists/l1/members/${consumerId}`)).join(' '));
        outcomes.add(
          codeOf(
            await call(
              'POST',
              `/v1/consumers/${consumerId}/points`,
              { type: 'add', points: 1, reason: 'late' },
              keyed(`late p ${lane} ${n}`),
            ),
          ).join(' '),
        );
      }
    });
    const { status, body } = await erase(one);
    expect([status, body.status]).toEqual([202, 'running']);
    expect((await erase(one)).body.erasureId).toBe(body.erasureId);
    do await settle();
    while ((await receiptOf(body.erasureId)).status === 'running');
    isBusy = false;
    await Promise.all(going);
    await settle();
    const receipt = await receiptOf(body.erasureId);
    expect(receipt).toMatchObject({
      status: 'completed',
      itemsRemoved: { profile: 1, contact: 3, listMember: LISTS, member: SEGMENTS, export: 1, claim: 2, consent: 3 },
    });
    expect(receipt.itemsRemoved.event).toBeGreaterThanOrEqual(800 + SEGMENTS);
    expect(receipt.itemsRemoved.entry).toBeGreaterThanOrEqual(300);
    // For each kind, all records that existed, plus those written until the freeze.
    expect(Object.keys(receipt.itemsRemoved).sort()).toEqual(REMOVED);
    const fewer = REMOVED.filter((kind) => receipt.itemsRemoved[kind] < (held[kind] ?? 0));
    expect(fewer).toEqual([]);
    expect([...outcomes]).toEqual(expect.arrayContaining(['410 erased', 'batch erased']));
    expect([...outcomes].filter((outcome) => /^5|429/.test(outcome))).toEqual([]);
    for (const [method, path, sent] of [
      ['GET', `/v1/consumers/${consumerId}`],
      ['GET', `/v1/consumers/${consumerId}/events`],
      ['GET', `/v1/consumers/${consumerId}/points`],
      ['GET', `/v1/consumers/${consumerId}/points/lots`],
      ['GET', `/v1/consumers/${consumerId}/reward-claims`],
      ['GET', `/v1/consumers/${consumerId}/challenges`],
      ['GET', `/v1/consumers/${consumerId}/consents`],
      ['GET', `/v1/consumers/${consumerId}/contactability?channel=sms`],
      ['GET', `/v1/segments/s0/explain/${consumerId}`],
      ['PATCH', `/v1/consumers/${consumerId}`, { fullName: 'Back' }],
      ['POST', `/v1/consumers/${consumerId}/exports`, { format: 'csv' }],
      ['POST', `/v1/consumers/${consumerId}/consents`, { channel: 'sms', state: 'granted', source: 's', method: 'm' }],
      ['POST', `/v1/consumers/${consumerId}/reward-claims`, { rewardId: 'last' }],
      ['POST', `/v1/consumers/${consumerId}/tier`, { tierId: 't', reason: 'r' }],
      ['DELETE', `/v1/lists/l0/members/${consumerId}`],
    ] as const) {
      expect([method, path, ...codeOf(await call(method, path, sent))]).toEqual([method, path, ...GONE]);
    }
    // The creation's response was stored under this key. A retry creates no one.
    expect(codeOf(await call('POST', '/v1/consumers', one.contacts, keyed('born 001')))).toEqual(GONE);
  }, 240_000);

  it('is nowhere in the table and the bucket: not plain, hashed or encoded', async () => {
    expect(await residueOf(one)).toEqual([]);
    expect(await heldNow()).toEqual({});
  }, 60_000);

  it('is excluded from figures about the others, who are unchanged', async () => {
    await call('POST', '/_local/jobs/insights-rebuild');
    const advocates = (await call('GET', '/v1/brand-advocates')).body.items;
    expect(advocates.map(({ consumerId }: { consumerId: string }) => consumerId)).toEqual(others.toReversed());
    expect(advocates.map(({ rank }: { rank: number }) => rank)).toEqual([1, 2, 3, 4]);
    expect((await call('GET', '/v1/segments/s2')).body.memberCount).toBe(2);
    expect((await call('GET', '/v1/lists/l0')).body.memberCount).toBe(4);
    expect((await call('GET', '/v1/lists/l1/members')).body.items).toEqual([]);
    expect((await call('GET', '/v1/rewards/last')).body).toMatchObject({ stock: 0, claimed: 1 });
    // Four consumers with 1, 2, 3 and 4 orders: a percentile counts all below and half of those equal.
    for (const [n, consumerId] of others.entries()) {
      const { rfm } = (await call('GET', `/v1/consumers/${consumerId}`)).body;
      expect(rfm.population).toBe(4);
      const below = rfm.frequency.percentile;
      const first = (await call('GET', `/v1/consumers/${others[0]}`)).body.rfm.frequency.percentile;
      expect(below - first).toBeCloseTo(25 * n, 5);
    }
  }, 60_000);

  it('can register again with the same email', async () => {
    const again = await call('POST', '/v1/consumers', one.contacts);
    expect(again.status).toBe(201);
    expect((await call('GET', `/v1/consumers/${one.consumerId}`)).status).toBe(410);
    expect((await call('GET', `/v1/consumers/${again.body.consumerId}/events`)).body.items).toEqual([]);
  });
});

describe('an erasure whose stack is killed', () => {
  /** Records events across restarts of the stack until stopped. Returns the responses. */
  const goingOn = (consumerId: string, isUp: () => Promise<unknown>) => {
    let isOver = false;
    const answers: string[] = [];
    const lanes = Array.from({ length: 2 }, async (_, lane) => {
      for (let n = 0; !isOver; n++) {
        const event = { type: 'friend_referred', eventId: `on-${lane}-${n}`, attributes: {} };
        const answer = await record(consumerId, event).catch(() => null);
        if (answer === null) await isUp();
        else answers.push(answer.status === 201 ? 'created' : codeOf(answer).join(' '));
      }
    });
    return async () => {
      isOver = true;
      await Promise.all(lanes);
      return answers;
    };
  };

  it('at each step in turn during ongoing events resumes, ends clean, and counts what it removed', async () => {
    const tasks = Object.entries(states()).filter(
      ([name, { Type }]) => Type === 'Task' && !/^(GiveUp|TellOperators)$/.test(name),
    );
    expect(tasks.length).toBeGreaterThan(6);
    for (const [state] of tasks) {
      const one = await person();
      await busy(one, 1);
      await settle();
      const up = Promise.withResolvers<void>();
      const finished = goingOn(one.consumerId, () => up.promise);
      const { body } = await erase(one);
      for (let isThere = false; !isThere; ) {
        const run = (await executions()).find(({ name }) => name === `erasure-${body.erasureId}-1`);
        isThere = run?.history.some((event) => event.state === state) ?? false;
      }
      await stack.kill();
      await stack.startAgain();
      up.resolve();
      do await settle();
      while ((await receiptOf(body.erasureId)).status === 'running');
      const answers = await finished();
      const created = answers.filter((answer) => answer === 'created').length;
      expect([state, [...new Set(answers)].filter((answer) => answer !== 'created')]).toEqual([state, ['410 erased']]);
      await settle();
      const receipt = await receiptOf(body.erasureId);
      expect([state, receipt.status]).toEqual([state, 'completed']);
      expect(receipt.itemsRemoved).toMatchObject({
        profile: 1,
        metrics: 1,
        contact: 3,
        eventClaim: 100 + created,
        order: 25,
        message: 25,
      });
      expect(await residueOf(one)).toEqual([]);
    }
  }, 600_000);
});

describe('two concurrent erasures', () => {
  it('have two receipts with separate counts', async () => {
    const two = [await person(), await person()];
    await Promise.all(two.map((one) => busy(one, 1)));
    await settle();
    const begun = await Promise.all(two.flatMap((one) => [erase(one), erase(one)]));
    expect(new Set(begun.map(({ body }) => body.erasureId)).size).toBe(2);
    await settle();
    for (const [n, one] of two.entries()) {
      expect(await receiptOf(begun[2 * n]?.body.erasureId)).toMatchObject({
        status: 'completed',
        itemsRemoved: { eventClaim: 100, profile: 1 },
      });
      expect(await residueOf(one)).toEqual([]);
    }
  }, 60_000);
});

describe('an erasure of an unknown kind of record', () => {
  it('alerts operators, keeps the consumer frozen, and completes after a restart', async () => {
    const one = await person();
    await settle();
    const table = await rawTable(stack.data);
    const stray = { pk: `C#${one.consumerId}`, sk: 'consent/zzz' };
    await table.put({ pk: { S: stray.pk }, sk: { S: stray.sk }, kind: { S: 'a kind of tomorrow' } });
    const { body } = await erase(one);
    await settle();
    expect((await receiptOf(body.erasureId)).status).toBe('failed');
    expect(codeOf(await call('GET', `/v1/consumers/${one.consumerId}`))).toEqual(GONE);
    const letters = JSON.stringify((await call('GET', '/_local/dead-letters')).body);
    expect(letters).toContain(body.erasureId);
    expect(letters).not.toContain(one.consumerId);
    await table.remove(stray);
    expect((await erase(one)).body).toEqual({ erasureId: body.erasureId, status: 'running' });
    await settle();
    expect((await receiptOf(body.erasureId)).status).toBe('completed');
    expect(await residueOf(one)).toEqual([]);
  }, 120_000);
});

describe('the deployed state machine', () => {
  it('is the one that ran, through every state', async () => {
    expect([...(await visited())].sort()).toEqual(Object.keys(states()).sort());
  });

  it('has executions that name erasures but no consumers', async () => {
    const own = (await executions()).filter(({ name }) => name.startsWith('erasure-'));
    expect(own.length).toBeGreaterThan(10);
    for (const { input } of own) expect(Object.keys(input)).toEqual(['erasureId']);
  });
});
