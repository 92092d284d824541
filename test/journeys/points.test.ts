import { describe, expect, it } from '@jest/globals';
import { type Answer, servedForAll } from '../support/served-stack.ts';

const stack = servedForAll({ now: '2027-01-31T11:00:00.000Z' });

let people = 0;
const member = async (points = 0): Promise<string> => {
  people += 1;
  const { body } = await stack.call('POST', '/v1/consumers', { email: `member${people}@example.com` });
  if (points > 0) await ledger(body.consumerId, { type: 'add', points, reason: 'to begin with' });
  return body.consumerId;
};
const ledger = (consumerId: string, body: object, key?: string) =>
  stack.call('POST', `/v1/consumers/${consumerId}/points`, body, keyed(key));
const keyed = (key?: string) => (key === undefined ? {} : { headers: { 'idempotency-key': key } });
const claim = (consumerId: string, rewardId: string, key?: string) =>
  stack.call('POST', `/v1/consumers/${consumerId}/reward-claims`, { rewardId }, keyed(key));
const record = (consumerId: string, event: object) => stack.call('POST', `/v1/consumers/${consumerId}/events`, event);
const detailOf = async (consumerId: string) => (await stack.call('GET', `/v1/consumers/${consumerId}`)).body;
const told = ({ status, body }: Answer) => `${status} ${body?.code ?? ''}`.trim();
const tally = (answers: Answer[]) => {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[told(answer)] = (counts[told(answer)] ?? 0) + 1;
  return counts;
};
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

/** Every entry of a ledger, oldest first. */
const wholeLedger = async (consumerId: string) => {
  const entries = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await stack.call('GET', `/v1/consumers/${consumerId}/points?limit=100${query}`);
    entries.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return entries.toReversed();
};

/** Sign of an entry for each balance, written from the product's table. */
const SIGNS: Record<string, [score: number, spent: number, pending: number, reserved: number, expired: number]> = {
  add: [1, 0, 0, 0, 0],
  subtract: [-1, 0, 0, 0, 0],
  spend: [0, 1, 0, 0, 0],
  add_pending: [0, 0, 1, 0, 0],
  accept: [1, 0, -1, 0, 0],
  reject: [0, 0, -1, 0, 0],
  reserve: [0, 0, 0, 1, 0],
  capture: [0, 1, 0, -1, 0],
  release: [0, 0, 0, -1, 0],
  expire: [0, 0, 0, 0, 1],
};
/** What a ledger adds up to; of a reversal its balances tell what it reversed. */
const foldOf = (entries: { type: string; points: number; balances: Record<string, number> }[]) => {
  const sums = [0, 0, 0, 0, 0];
  for (const { type, points, balances } of entries) {
    const signs = SIGNS[type] ?? (balances['score'] === (sums[0] ?? 0) - points ? [-1, 0, 0, 0, 0] : [0, -1, 0, 0, 0]);
    signs.forEach((sign, n) => {
      sums[n] = (sums[n] ?? 0) + sign * points;
    });
    const [score = 0, spent = 0, pending = 0, reserved = 0, expired = 0] = sums;
    const available = score - spent - reserved - expired;
    expect(balances).toEqual({ available, score, spent, pending, reserved, expired });
  }
  return entries.at(-1)?.balances;
};
/** The detail's points are the fold of the ledger, and open lots add up to what is available. */
const expectSound = async (consumerId: string) => {
  const { nextExpiry: _, ...points } = (await detailOf(consumerId)).points;
  expect(points).toEqual(foldOf(await wholeLedger(consumerId)));
  const { body } = await stack.call('GET', `/v1/consumers/${consumerId}/points/lots`);
  const inLots = body.items.reduce((sum: number, { remaining }: { remaining: number }) => sum + remaining, 0);
  expect(inLots).toBe(Math.max(0, points.available));
  return points;
};

describe('many at once', () => {
  it('a hundred spendings of 10 out of 500 points: fifty succeed, and none errors otherwise', async () => {
    const consumerId = await member(500);
    const spend = { type: 'spend', points: 10, reason: 'till' };
    const answers = await Promise.all(times(100, () => ledger(consumerId, spend)));
    expect(tally(answers)).toEqual({ '201': 50, '409 insufficient_points': 50 });
    expect(await expectSound(consumerId)).toMatchObject({ available: 0, spent: 500 });
  }, 120_000);

  it('each of them sent twice under its own key: fifty are spent, and each is answered the same', async () => {
    const consumerId = await member(500);
    const spend = { type: 'spend', points: 10, reason: 'till' };
    const answers = await Promise.all(times(200, (n) => ledger(consumerId, spend, `spend-${consumerId}-${n % 100}`)));
    expect(tally(answers)).toEqual({ '201': 100, '409 insufficient_points': 100 });
    const entries = answers.filter(({ status }) => status === 201).map(({ body }) => body.entryId);
    expect(new Set(entries).size).toBe(50);
    expect(await expectSound(consumerId)).toMatchObject({ available: 0, spent: 500 });
  }, 120_000);

  it.each([
    ['once', (_: string) => undefined],
    ['twice under one key', (consumerId: string) => `claim-${consumerId}`],
  ])(
    'two hundred who claim %s a reward of which there are twenty: twenty get it',
    async (how, keyOf) => {
      const rewardId = `mug-${how.length}`;
      await stack.call('POST', '/v1/rewards', { rewardId, name: 'Mug', costPoints: 30, stock: 20 });
      const members = await Promise.all(times(200, () => member(50)));
      const tries = how === 'once' ? members : [...members, ...members];
      const answers = await Promise.all(tries.map((consumerId) => claim(consumerId, rewardId, keyOf(consumerId))));
      expect(tally(answers)).toEqual({ '201': tries.length / 10, '409 out_of_stock': tries.length * 0.9 });
      expect(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.claimId)).size).toBe(20);
      expect((await stack.call('GET', `/v1/rewards/${rewardId}`)).body).toMatchObject({ stock: 0, claimed: 20 });
      const details = await Promise.all(members.map(detailOf));
      expect(details.filter(({ points }) => points.available === 20)).toHaveLength(20);
      expect(details.filter(({ points }) => points.available === 50)).toHaveLength(180);
    },
    240_000,
  );

  it('orders, refunds and spendings of one member, in any order: the ledger is right', async () => {
    await stack.call('PUT', '/v1/settings/earning-rules', {
      rules: [{ ruleId: 'orders', event: 'order_placed', pointsPerMajorUnit: 1 }],
    });
    const consumerId = await member(1_000);
    const orders = times(20, (n) =>
      record(consumerId, { type: 'order_placed', attributes: { orderId: `o${n}`, totalMinor: 1_999 } }),
    );
    const spendings = times(20, () => ledger(consumerId, { type: 'spend', points: 10, reason: 'till' }));
    expect(tally(await Promise.all([...orders, ...spendings]))).toEqual({ '201': 40 });
    const refunds = times(20, (n) =>
      record(consumerId, {
        type: 'order_refunded',
        attributes: { orderId: `o${n}`, refundId: 'r', amountMinor: 1_999 },
      }),
    );
    expect(tally(await Promise.all(refunds))).toEqual({ '201': 20 });
    expect(await expectSound(consumerId)).toMatchObject({ available: 800, score: 1_000, spent: 200 });
  }, 120_000);
});

describe('time', () => {
  const clockTo = (now: string) => stack.call('PUT', '/_local/clock', { now });

  it('a point that expires at noon is there a moment before, and can not be spent after, job or no job', async () => {
    const consumerId = await member();
    const noon = '2027-01-31T12:00:00.000Z';
    await ledger(consumerId, { type: 'add', points: 100, expiresAt: noon, reason: 'soon gone' });
    await clockTo('2027-01-31T11:59:00.000Z');
    expect(told(await ledger(consumerId, { type: 'spend', points: 40, reason: 'in time' }))).toBe('201');
    expect((await detailOf(consumerId)).points.nextExpiry).toEqual({ points: 60, at: noon });
    await clockTo('2027-01-31T12:00:00.001Z');
    expect(told(await ledger(consumerId, { type: 'spend', points: 1, reason: 'too late' }))).toBe(
      '409 insufficient_points',
    );
    expect((await detailOf(consumerId)).points).toMatchObject({ available: 0, expired: 60, nextExpiry: null });
    const [expiry] = (await wholeLedger(consumerId)).toReversed();
    expect(expiry).toMatchObject({ type: 'expire', at: noon, points: 60, cause: 'time', actor: 'system' });
    await expectSound(consumerId);
  }, 60_000);

  it('the job books what is due, once, each at its own instant, and tells the bus', async () => {
    const consumerId = await member();
    const gone = times(3, (n) => `2027-02-0${n + 1}T08:00:00.000Z`);
    for (const expiresAt of gone) await ledger(consumerId, { type: 'add', points: 10, expiresAt, reason: 'x' });
    await clockTo('2027-02-05T00:00:00.000Z');
    await stack.call('POST', '/_local/jobs/points-expiry');
    await stack.call('POST', '/_local/settle');
    const { body } = await stack.call('GET', '/_local/bus');
    const told = body.items
      .filter(({ detail }: { detail: { consumerId?: string } }) => detail.consumerId === consumerId)
      .filter(({ detail }: { detail: { type?: string } }) => detail.type === 'expire');
    expect(told.map(({ detail }: { detail: { at: string } }) => detail.at)).toEqual(gone);
    expect(told[0]).toMatchObject({ detailType: 'points.changed', detail: { cause: 'time', points: 10 } });
    await expectSound(consumerId);
  }, 60_000);

  it('a reservation ends at its instant: its points are there again, and it can not be captured', async () => {
    const consumerId = await member(100);
    const reserve = { type: 'reserve', points: 80, reservationId: 'basket', expiresAt: '2027-02-05T01:00:00.000Z' };
    expect(told(await ledger(consumerId, { ...reserve, reason: 'basket' }))).toBe('201');
    expect(told(await ledger(consumerId, { type: 'spend', points: 21, reason: 'x' }))).toBe('409 insufficient_points');
    await clockTo('2027-02-05T01:00:00.000Z');
    expect((await detailOf(consumerId)).points).toMatchObject({ available: 100, reserved: 0 });
    expect(told(await ledger(consumerId, { type: 'capture', reservationId: 'basket' }))).toBe(
      '409 reservation_expired',
    );
    expect(told(await ledger(consumerId, { type: 'capture', reservationId: 'nothing' }))).toBe('404 hold_not_found');
    await expectSound(consumerId);
  }, 60_000);

  it('points of a rule wait their days, then are there for theirs', async () => {
    await stack.call('PUT', '/v1/settings/earning-rules', {
      rules: [{ ruleId: 'reviews', event: 'review_written', points: 50, pendingDays: 14, expiresAfterDays: 30 }],
    });
    const consumerId = await member();
    const { body } = await record(consumerId, { type: 'review_written', attributes: {} });
    expect(body.points).toEqual({ awarded: 0, pending: 50 });
    const at = async (advance: string) => {
      await stack.call('PUT', '/_local/clock', { advance });
      return (await detailOf(consumerId)).points;
    };
    expect(await at('P13D')).toMatchObject({ available: 0, pending: 50 });
    expect(await at('P1D')).toMatchObject({ available: 50, score: 50, pending: 0 });
    expect(await at('P30D')).toMatchObject({ available: 0, score: 50, expired: 50 });
    await expectSound(consumerId);
  }, 120_000);

  it('points of a rule in months end on the same day of the month, or on its last', async () => {
    await stack.call('PUT', '/v1/settings/earning-rules', {
      rules: [{ ruleId: 'reviews', event: 'review_written', points: 50, expiresAfterMonths: 1 }],
    });
    await clockTo('2027-03-31T10:00:00.000Z');
    const consumerId = await member();
    await record(consumerId, { type: 'review_written', attributes: {} });
    const { points } = await detailOf(consumerId);
    expect(points.nextExpiry.at.slice(0, 13)).toBe('2027-04-30T10');
  }, 60_000);
});

describe('orders', () => {
  it('pending points are settled by acceptance and rejection; refunds take back the exact share', async () => {
    await stack.call('PUT', '/v1/settings/earning-rules', {
      rules: [{ ruleId: 'orders', event: 'order_placed', pointsPerMajorUnit: 1 }],
    });
    const consumerId = await member();
    const order = (orderId: string, totalMinor: number, pending: boolean) =>
      record(consumerId, { type: 'order_placed', attributes: { orderId, totalMinor, pending } });
    expect((await order('a', 10_000, true)).body.points).toEqual({ awarded: 0, pending: 100 });
    expect((await order('b', 5_000, true)).body.points).toEqual({ awarded: 0, pending: 50 });
    await record(consumerId, { type: 'order_accepted', attributes: { orderId: 'a' } });
    await record(consumerId, { type: 'order_rejected', attributes: { orderId: 'b' } });
    expect(await expectSound(consumerId)).toMatchObject({ available: 100, pending: 0 });
    for (const [refundId, amountMinor] of [
      ['r1', 3_333],
      ['r2', 3_333],
      ['r3', 3_334],
    ] as const) {
      await record(consumerId, { type: 'order_refunded', attributes: { orderId: 'a', refundId, amountMinor } });
    }
    expect(await expectSound(consumerId)).toMatchObject({ available: 0, score: 0 });
  });
});

describe('the programme', () => {
  it('refuses whom it must, each by its own code', async () => {
    const guest = (await stack.call('POST', '/v1/consumers', {})).body.consumerId;
    expect(told(await ledger(guest, { type: 'add', points: 1, reason: 'x' }))).toBe('409 not_member');
    const consumerId = await member(100);
    await stack.call('POST', '/v1/rewards', { rewardId: 'one', name: 'One', costPoints: 10, limitPerConsumer: 1 });
    await stack.call('POST', '/v1/rewards', { rewardId: 'dear', name: 'Dear', costPoints: 1_000 });
    await stack.call('POST', '/v1/rewards', { rewardId: 'none', name: 'None', costPoints: 10, stock: 0 });
    const audience = { lists: ['nobody'] };
    await stack.call('POST', '/v1/rewards', { rewardId: 'few', name: 'Few', costPoints: 10, audience });
    expect(told(await claim(consumerId, 'one'))).toBe('201');
    expect(told(await claim(consumerId, 'one'))).toBe('409 limit_reached');
    expect(told(await claim(consumerId, 'dear'))).toBe('409 insufficient_points');
    expect(told(await claim(consumerId, 'none'))).toBe('409 out_of_stock');
    const few = await claim(consumerId, 'few');
    expect([told(few), few.body.reasons]).toEqual(['409 not_eligible', ['not_in_audience']]);
    await stack.call('POST', `/v1/consumers/${consumerId}/membership`, { state: 'opted_out' });
    expect(told(await claim(consumerId, 'one'))).toBe('409 not_member');
    await stack.call('PUT', '/v1/settings/modules', { tiers: false });
    expect(told(await stack.call('POST', `/v1/consumers/${consumerId}/tier`, { tierId: 'x', reason: 'y' }))).toBe(
      '409 module_off',
    );
    await stack.call('PUT', '/v1/settings/modules', {});
  });

  it('a cancelled claim gives the points back to their own lots, with their own expiry', async () => {
    await stack.call('POST', '/v1/rewards', { rewardId: 'hat', name: 'Hat', costPoints: 70, stock: 1 });
    const consumerId = await member();
    const expiresAt = '2027-12-31T00:00:00.000Z';
    await ledger(consumerId, { type: 'add', points: 50, expiresAt, reason: 'x' });
    await ledger(consumerId, { type: 'add', points: 50, reason: 'x' });
    const lots = async () => (await stack.call('GET', `/v1/consumers/${consumerId}/points/lots`)).body.items;
    const before = await lots();
    const { body } = await claim(consumerId, 'hat');
    expect((await detailOf(consumerId)).claimedRewards).toMatchObject([{ rewardId: 'hat', name: 'Hat', points: 70 }]);
    const path = `/v1/consumers/${consumerId}/reward-claims/${body.claimId}`;
    for (const _ of [1, 2]) expect((await stack.call('DELETE', path)).status).toBe(204);
    expect(await lots()).toEqual(before);
    expect((await stack.call('GET', '/v1/rewards/hat')).body).toMatchObject({ stock: 1, claimed: 0 });
    expect(await expectSound(consumerId)).toMatchObject({ available: 100, spent: 0 });
  });

  it('a challenge is completed once, however often its events are sent, and pays once', async () => {
    const goal = {
      event: 'activity',
      where: [{ attribute: 'kind', operator: 'eq', value: 'fitbit_steps' }],
      measure: { sum: 'quantity' },
      target: 10_000,
    };
    const body = { challengeId: 'steps', name: 'Steps', kind: 'activity', goal, points: 200, repeatable: false };
    expect((await stack.call('POST', '/v1/challenges', body)).status).toBe(201);
    const consumerId = await member();
    const walk = (eventId: string, quantity: number) =>
      record(consumerId, { eventId, type: 'activity', attributes: { kind: 'fitbit_steps', quantity } });
    const answers = await Promise.all(times(30, (n) => walk(`walk-${n % 10}`, 1_500)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    expect((await detailOf(consumerId)).completedChallenges).toMatchObject([{ challengeId: 'steps', points: 200 }]);
    const { items } = (await stack.call('GET', `/v1/consumers/${consumerId}/challenges`)).body;
    expect(items).toMatchObject([{ challengeId: 'steps', progress: 10_500, target: 10_000, completions: 1 }]);
    expect(await expectSound(consumerId)).toMatchObject({ available: 200, score: 200 });
  }, 60_000);

  it('tiers follow the score, by hand for as long as it has not earned them, and a new ladder moves everyone', async () => {
    const ladder = (...thresholds: number[]) => ({
      tiers: ['bronze', 'silver', 'gold'].map((tierId, n) => ({ tierId, name: tierId, threshold: thresholds[n] })),
    });
    await stack.call('PUT', '/v1/settings/tiers', ladder(0, 100, 500));
    const consumerId = await member(120);
    expect((await detailOf(consumerId)).tier).toMatchObject({
      tierId: 'silver',
      manual: false,
      next: { tierId: 'gold', pointsNeeded: 380 },
    });
    await stack.call('POST', `/v1/consumers/${consumerId}/tier`, { tierId: 'gold', reason: 'a friend' });
    await ledger(consumerId, { type: 'add', points: 10, reason: 'x' });
    expect((await detailOf(consumerId)).tier).toMatchObject({ tierId: 'gold', manual: true, next: null });
    const other = await member(60);
    const dry = await stack.call('PUT', '/v1/settings/tiers?dryRun=true', ladder(0, 50, 500));
    expect(dry.body.moves).toContainEqual({ consumerId: other, from: 'bronze', to: 'silver' });
    expect((await detailOf(other)).tier.tierId).toBe('bronze');
    await stack.call('PUT', '/v1/settings/tiers', ladder(0, 50, 500));
    expect((await detailOf(other)).tier.tierId).toBe('silver');
    await stack.call('POST', '/_local/settle');
    const { body } = await stack.call('GET', '/_local/bus');
    const moves = body.items.filter(({ detailType }: { detailType: string }) => detailType === 'tier.changed');
    expect(moves.map(({ detail }: { detail: object }) => detail)).toContainEqual(
      expect.objectContaining({ consumerId: other, from: 'bronze', to: 'silver' }),
    );
    const history = (await stack.call('GET', `/v1/consumers/${other}/events?type=tier_changed`)).body.items;
    expect(history[0].attributes).toMatchObject({ from: 'bronze', to: 'silver' });
  }, 120_000);
});
