import { beforeEach, describe, expect, it } from '@jest/globals';
import { bookTime } from '../../../shared/usecases/points/book-time.ts';
import type { ApiResponse, Body } from '../../support/client.ts';
import { NOW } from '../../support/events.ts';
import { ledger } from '../../support/ledger.ts';

let world = ledger();
let who = '';
beforeEach(async () => {
  world = ledger();
  who = await world.member();
});

const SOON = '2026-03-10T00:00:00.000Z';
const LATER = '2026-04-01T00:00:00.000Z';
const reason = 'because';
const minute = (n: number): string => new Date(Date.parse(NOW) + n * 60_000).toISOString();
const told = ({ status, body }: ApiResponse): string => `${status} ${body.code ?? ''}`.trim();
/** Lots by their names, with what was taken or given. */
const shown = (lots: Body[], names: Record<string, string>): string =>
  lots.map(({ lotId, points }) => `${names[lotId] ?? lotId} ${points}`).join(', ');

/** 30 points until soon, 20 until later, 50 for ever; their lots by name. */
const threeLots = async (): Promise<Record<string, string>> => {
  const never = await world.give(who, 50);
  const later = await world.give(who, 20, LATER);
  const soon = await world.give(who, 30, SOON);
  return { [soon.entryId]: 'soon', [later.entryId]: 'later', [never.entryId]: 'never' };
};
const ALL = { available: 100, score: 100, spent: 0, pending: 0, reserved: 0, expired: 0 };

describe('each operation', () => {
  const spend = (points: number) => ({ type: 'spend', points, reason });
  const reserve = { type: 'reserve', points: 40, reservationId: 'r' };
  const capture = { type: 'capture', reservationId: 'r' };
  const release = { type: 'release', reservationId: 'r' };
  const wait = { type: 'add_pending', points: 40, pendingId: 'p', expiresAt: LATER };
  const accept = { type: 'accept', pendingId: 'p' };
  const reject = { type: 'reject', pendingId: 'p' };
  const some = { points: 15 };

  it.each<[string, object[], number, Partial<typeof ALL>, string]>([
    ['add', [{ type: 'add', points: 9, reason }], 9, { available: 109, score: 109 }, 'own 9'],
    ['subtract', [{ type: 'subtract', points: 40, reason }], 40, { available: 60, score: 60 }, 'soon 30, later 10'],
    ['spend', [spend(60)], 60, { available: 40, spent: 60 }, 'soon 30, later 20, never 10'],
    ['spend all there is', [spend(100)], 100, { available: 0, spent: 100 }, 'soon 30, later 20, never 50'],
    ['add_pending', [wait], 40, { pending: 40 }, ''],
    ['accept', [wait, accept], 40, { available: 140, score: 140 }, 'own 40'],
    ['accept some', [wait, { ...accept, ...some }], 15, { available: 115, score: 115, pending: 25 }, 'own 15'],
    ['reject', [wait, reject], 40, {}, ''],
    ['reject some', [wait, { ...reject, ...some }], 15, { pending: 25 }, ''],
    ['accept what is left', [wait, { ...reject, ...some }, accept], 25, { available: 125, score: 125 }, 'own 25'],
    ['reserve', [reserve], 40, { available: 60, reserved: 40 }, 'soon 30, later 10'],
    ['capture', [reserve, capture], 40, { available: 60, spent: 40 }, 'soon 30, later 10'],
    [
      'capture some: first what expires first, and the rest goes back',
      [reserve, { ...capture, ...some }],
      15,
      { available: 85, spent: 15 },
      'soon 15',
    ],
    ['capture more', [reserve, { ...capture, points: 31 }], 31, { available: 69, spent: 31 }, 'soon 30, later 1'],
    ['release', [reserve, release], 40, {}, 'soon 30, later 10'],
    [
      'release some: first what expires last',
      [reserve, { ...release, ...some }],
      15,
      { available: 75, reserved: 25 },
      'soon 5, later 10',
    ],
    ['capture what is left', [reserve, { ...release, ...some }, capture], 25, { available: 75, spent: 25 }, 'soon 25'],
  ])('%s', async (_, operations, points, balances, lots) => {
    const names = await threeLots();
    let answer: Body;
    for (const operation of operations) answer = await world.posted(who, operation);
    const { type } = operations.at(-1) as Body;
    expect(answer).toMatchObject({ type, points, balances: { ...ALL, ...balances } });
    expect(shown(answer.lots, { ...names, [answer.entryId]: 'own' })).toBe(lots);
    expect(await world.audited(who)).toMatchObject({ ...ALL, ...balances });
  });

  it('is an entry with who did it, why, and what consumers are told', async () => {
    await world.post(
      who,
      { type: 'add', points: 9, reason: 'Ümlaut <b>', textKey: 'birthday.2026' },
      { person: 'ada' },
    );
    await world.post(who, spend(4), { person: 'grace' });
    await world.posted(who, { type: 'reserve', points: 1, reservationId: 'r' });
    const [reserved, spent, added] = (await world.entries(who)).body.items;
    expect(added).toMatchObject({ type: 'add', at: NOW, actor: 'ada', reason: 'Ümlaut <b>', textKey: 'birthday.2026' });
    expect(spent).toMatchObject({
      actor: 'grace',
      textKey: 'point_sub',
      cause: 'change',
      lots: [{ lotId: added.entryId }],
    });
    expect(reserved).toMatchObject({
      reason: null,
      reservationId: 'r',
      balances: { available: 4, reserved: 1, spent: 4 },
    });
  });

  it('on held points names what was held in each of its entries', async () => {
    await world.give(who, 10);
    await world.posted(who, { type: 'reserve', points: 10, reservationId: 'r' });
    await world.posted(who, { type: 'capture', reservationId: 'r', points: 4 });
    for (const type of ['accept', 'reject']) {
      await world.posted(who, { type: 'add_pending', points: 5, pendingId: type });
      await world.posted(who, { type, pendingId: type });
    }
    const named = (await world.wholeLedger(who)).map((entry) => [entry.type, entry.reservationId, entry.pendingId]);
    expect(named).toEqual([
      ['add', undefined, undefined],
      ['reserve', 'r', undefined],
      ['capture', 'r', undefined],
      ['release', 'r', undefined],
      ['add_pending', undefined, 'accept'],
      ['accept', undefined, 'accept'],
      ['add_pending', undefined, 'reject'],
      ['reject', undefined, 'reject'],
    ]);
  });

  it('without an id of its own answers the one that settles it', async () => {
    await world.give(who, 10);
    const { entryId: reservationId } = await world.posted(who, { type: 'reserve', points: 10 });
    const { entryId: pendingId } = await world.posted(who, { type: 'add_pending', points: 5 });
    await world.posted(who, { type: 'capture', reservationId });
    await world.posted(who, { type: 'accept', pendingId });
    expect(await world.audited(who)).toMatchObject({ available: 5, score: 15, spent: 10, pending: 0, reserved: 0 });
  });

  it('gives back to their lots what a reservation held, with their own expiry', async () => {
    const names = await threeLots();
    await world.posted(who, { type: 'reserve', points: 100, reservationId: 'r' });
    expect((await world.lots(who)).body.items).toEqual([]);
    await world.posted(who, release);
    const lots = (await world.lots(who)).body.items;
    expect(lots.map(({ lotId, ...lot }: Body) => ({ lot: names[lotId], ...lot }))).toEqual([
      { lot: 'soon', points: 30, remaining: 30, earnedAt: NOW, expiresAt: SOON },
      { lot: 'later', points: 20, remaining: 20, earnedAt: NOW, expiresAt: LATER },
      { lot: 'never', points: 50, remaining: 50, earnedAt: NOW, expiresAt: null },
    ]);
  });
});

describe('who is no member', () => {
  const guest = async () => (await world.born({ fullName: 'Guest' }, { now: NOW })).consumerId;
  const quitter = async () => {
    await threeLots();
    await world.posted(who, { type: 'add_pending', points: 5, pendingId: 'p' });
    await world.posted(who, { type: 'reserve', points: 5, reservationId: 'r' });
    await world.callShop('setMembership', { params: { consumerId: who }, body: { state: 'opted_out' }, now: NOW });
    return who;
  };

  it.each([
    [{ type: 'add', points: 1, reason }],
    [{ type: 'spend', points: 1, reason }],
    [{ type: 'reserve', points: 1 }],
    [{ type: 'reserve', points: 1, reservationId: 'other' }],
    [{ type: 'add_pending', points: 1 }],
    [{ type: 'add_pending', points: 1, pendingId: 'other' }],
  ])('earns, spends and reserves nothing: %o', async (body) => {
    expect(told(await world.post(await guest(), body))).toBe('409 not_member');
    const left = await quitter();
    const before = await world.audited(left);
    expect(told(await world.post(left, body))).toBe('409 not_member');
    expect(await world.audited(left)).toEqual(before);
  });

  it('is corrected all the same, and what was held before is settled', async () => {
    await quitter();
    await world.posted(who, { type: 'subtract', points: 95, reason });
    await world.posted(who, { type: 'capture', reservationId: 'r' });
    await world.posted(who, { type: 'reject', pendingId: 'p' });
    expect(await world.audited(who)).toMatchObject({ available: 0, score: 5, spent: 5, pending: 0, reserved: 0 });
  });
});

describe('refused is', () => {
  it.each<[string, object, string]>([
    ['subtracting more than there is', { type: 'subtract', points: 101, reason }, '409 insufficient_points'],
    ['spending more than there is', { type: 'spend', points: 101, reason }, '409 insufficient_points'],
    ['reserving more than there is', { type: 'reserve', points: 101 }, '409 insufficient_points'],
    ['capturing what nobody reserved', { type: 'capture', reservationId: 'x' }, '404 hold_not_found'],
    ['releasing what nobody reserved', { type: 'release', reservationId: 'x' }, '404 hold_not_found'],
    ['accepting what does not wait', { type: 'accept', pendingId: 'x' }, '404 hold_not_found'],
    ['rejecting what does not wait', { type: 'reject', pendingId: 'x' }, '404 hold_not_found'],
    ['accepting a reservation', { type: 'accept', pendingId: 'open' }, '404 hold_not_found'],
    ['releasing what waits', { type: 'release', reservationId: 'waiting' }, '404 hold_not_found'],
    ['capturing what waits', { type: 'capture', reservationId: 'waiting' }, '404 hold_not_found'],
    ['capturing what was captured', { type: 'capture', reservationId: 'captured' }, '409 hold_settled'],
    ['releasing what was captured', { type: 'release', reservationId: 'captured' }, '409 hold_settled'],
    ['capturing what was released', { type: 'capture', reservationId: 'released' }, '409 hold_settled'],
    ['accepting what was rejected', { type: 'accept', pendingId: 'rejected' }, '409 hold_settled'],
    ['rejecting what was accepted', { type: 'reject', pendingId: 'accepted' }, '409 hold_settled'],
    ['rejecting a reservation that was released', { type: 'reject', pendingId: 'released' }, '404 hold_not_found'],
  ])('%s', async (_, body, code) => {
    await threeLots();
    await world.give(who, 30);
    for (const reservationId of ['open', 'captured', 'released']) {
      await world.posted(who, { type: 'reserve', points: 10, reservationId });
    }
    for (const pendingId of ['waiting', 'rejected', 'accepted']) {
      await world.posted(who, { type: 'add_pending', points: 10, pendingId });
    }
    await world.posted(who, { type: 'capture', reservationId: 'captured' });
    await world.posted(who, { type: 'release', reservationId: 'released' });
    await world.posted(who, { type: 'reject', pendingId: 'rejected' });
    await world.posted(who, { type: 'accept', pendingId: 'accepted' });
    await world.posted(who, { type: 'subtract', points: 20, reason });
    const before = await world.audited(who);
    expect(before.available).toBe(100);
    expect(told(await world.post(who, body))).toBe(code);
    expect(await world.audited(who)).toEqual(before);
  });

  it('anything of a consumer who is not there', async () => {
    const bodies = [
      { type: 'add', points: 1, reason },
      { type: 'reserve', points: 1, reservationId: 'r' },
      { type: 'capture', reservationId: 'r' },
    ];
    for (const body of bodies) expect(told(await world.post('nobody', body))).toBe('404 consumer_not_found');
    expect(told(await world.entries('nobody'))).toBe('404 consumer_not_found');
    expect(told(await world.lots('nobody'))).toBe('404 consumer_not_found');
  });

  it('a reservation that somebody who owes points asks for, however small', async () => {
    await world.set('earning-rules', {
      rules: [{ ruleId: 'r', event: 'order_placed', points: 50 }],
      refundPolicy: 'debt',
    });
    await world.record(who, { type: 'order_placed', attributes: { orderId: 'o', totalMinor: 100 } });
    await world.posted(who, { type: 'spend', points: 50, reason });
    const refund = { orderId: 'o', refundId: 'r', amountMinor: 100 };
    await world.record(who, { type: 'order_refunded', attributes: refund });
    expect(await world.audited(who)).toMatchObject({ available: -50, score: 0, spent: 50 });
    for (const type of ['reserve', 'spend', 'subtract']) {
      const body = { type, points: 1, ...(type !== 'reserve' && { reason }) };
      expect(told(await world.post(who, body))).toBe('409 insufficient_points');
    }
    await world.give(who, 60);
    expect(await world.audited(who)).toMatchObject({ available: 10, score: 60 });
  });

  const spend = { type: 'spend', points: 1, reason };
  it.each<[string, unknown, string, string]>([
    ['no points', { ...spend, points: 0 }, 'points', 'too_small'],
    ['fewer than none', { ...spend, points: -1 }, 'points', 'too_small'],
    ['a part of one', { ...spend, points: 1.5 }, 'points', 'wrong_type'],
    ['more than a milliard', { ...spend, points: 1e9 + 1 }, 'points', 'too_big'],
    ['points that are text', { ...spend, points: '1' }, 'points', 'wrong_type'],
    ['none of how many', { type: 'spend', reason }, 'points', 'required'],
    ['no part of what is held', { type: 'capture', reservationId: 'r', points: 0 }, 'points', 'too_small'],
    ['no type', { points: 1, reason }, 'type', 'required'],
    ['a type that is none', { ...spend, type: 'steal' }, 'type', 'invalid_value'],
    ['a type that only time has', { ...spend, type: 'expire' }, 'type', 'invalid_value'],
    ['a type that only refunds have', { ...spend, type: 'reverse' }, 'type', 'invalid_value'],
    ['a field that is none', { ...spend, colour: 'red' }, 'colour', 'unknown_field'],
    ['an expiry of what is spent', { ...spend, expiresAt: LATER }, 'expiresAt', 'unknown_field'],
    ['a reservation of what is added', { ...spend, type: 'add', reservationId: 'r' }, 'reservationId', 'unknown_field'],
    ['points without a reason', { type: 'add', points: 1 }, 'reason', 'required'],
    ['points taken without a reason', { type: 'subtract', points: 1 }, 'reason', 'required'],
    ['points spent without a reason', { type: 'spend', points: 1 }, 'reason', 'required'],
    ['an empty reason', { ...spend, reason: '' }, 'reason', 'too_short'],
    ['a long reason', { ...spend, reason: 'x'.repeat(501) }, 'reason', 'too_long'],
    ['a key that is none', { ...spend, textKey: 'a b' }, 'textKey', 'invalid_format'],
    ['a day that is none', { ...spend, type: 'add', expiresAt: '2026-02-30T00:00:00Z' }, 'expiresAt', 'invalid_format'],
    ['an expiry at once', { ...spend, type: 'add', expiresAt: NOW }, 'expiresAt', 'invalid_value'],
    ['an end at once', { type: 'reserve', points: 1, expiresAt: NOW }, 'expiresAt', 'invalid_value'],
    ['an expiry in the past', { type: 'add_pending', points: 1, expiresAt: minute(-1) }, 'expiresAt', 'invalid_value'],
    ['nothing to capture', { type: 'capture' }, 'reservationId', 'required'],
    ['nothing to accept', { type: 'accept', reservationId: 'r' }, 'pendingId', 'required'],
    ['an id with a blank', { type: 'reserve', points: 1, reservationId: 'a b' }, 'reservationId', 'invalid_format'],
    ['a long id', { type: 'reserve', points: 1, reservationId: 'x'.repeat(65) }, 'reservationId', 'invalid_format'],
    ['more than is held', { type: 'capture', reservationId: 'r', points: 11 }, 'points', 'too_big'],
    ['more than waits', { type: 'accept', pendingId: 'p', points: 11 }, 'points', 'too_big'],
    ['a list', [spend], '', 'wrong_type'],
  ])('%s', async (_, body, path, code) => {
    await world.give(who, 100);
    await world.posted(who, { type: 'reserve', points: 10, reservationId: 'r' });
    await world.posted(who, { type: 'add_pending', points: 10, pendingId: 'p' });
    const before = await world.wholeLedger(who);
    const answer = await world.post(who, body);
    expect(told(answer)).toBe('422 invalid_request');
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path, code }));
    expect(await world.wholeLedger(who)).toEqual(before);
  });

  it('the 501st hold, until another one is settled', async () => {
    await world.give(who, 1_000);
    for (let n = 0; n < 500; n++) {
      const hold = n % 2 === 0 ? { type: 'reserve', reservationId: `h${n}` } : { type: 'add_pending' };
      await world.posted(who, { ...hold, points: 1 });
    }
    expect(told(await world.post(who, { type: 'reserve', points: 1 }))).toBe('409 limit_reached');
    expect(told(await world.post(who, { type: 'add_pending', points: 1, pendingId: 'p' }))).toBe('409 limit_reached');
    await world.posted(who, { type: 'capture', reservationId: 'h0' });
    await world.posted(who, { type: 'reserve', points: 1, reservationId: 'one-more' });
    expect(await world.audited(who)).toMatchObject({ available: 749, pending: 250, reserved: 250, spent: 1 });
  });

  it('an id of held points that stands for others already', async () => {
    await world.give(who, 100);
    const { entryId } = await world.posted(who, { type: 'reserve', points: 10 });
    const { entryId: waiting } = await world.posted(who, { type: 'add_pending', points: 10 });
    for (const id of [entryId, waiting]) {
      const reservation = { type: 'reserve', points: 5, reservationId: id };
      expect(told(await world.post(who, reservation))).toBe('409 idempotency_key_reused');
      const pending = { type: 'add_pending', points: 5, pendingId: id };
      expect(told(await world.post(who, pending))).toBe('409 idempotency_key_reused');
    }
    await world.posted(who, { type: 'capture', reservationId: entryId });
    expect(told(await world.post(who, { type: 'reserve', points: 10, reservationId: entryId }))).toBe(
      '409 idempotency_key_reused',
    );
    expect(await world.audited(who)).toMatchObject({ available: 90, reserved: 0, spent: 10, pending: 10 });
  });
});

describe('asked for again', () => {
  const key = (name: string) => ({ headers: { 'idempotency-key': name } });
  const reserve = { type: 'reserve', points: 40, reservationId: 'r', expiresAt: LATER, reason, textKey: 'shop' };
  const wait = { type: 'add_pending', points: 40, pendingId: 'p', expiresAt: LATER };

  it.each([
    ['a reservation', reserve, { type: 'capture', reservationId: 'r', points: 7 }],
    ['pending points', wait, { type: 'accept', pendingId: 'p', points: 7 }],
    ['a reservation without an end', { type: 'reserve', points: 40, reservationId: 'r' }, null],
  ])('%s under its own id answers as the first time, whatever came after', async (_, body, settled) => {
    await threeLots();
    const first = await world.post(who, body);
    expect(first).toMatchObject({
      status: 201,
      headers: expect.not.objectContaining({ 'idempotent-replayed': 'true' }),
    });
    if (settled) await world.posted(who, settled);
    await world.posted(who, { type: 'spend', points: 50, reason });
    const before = await world.wholeLedger(who);
    for (const now of [NOW, minute(5)]) {
      const again = await world.post(who, body, { now });
      expect(again).toMatchObject({ status: 200, headers: { 'idempotent-replayed': 'true' } });
      expect(again.body).toEqual(first.body);
    }
    expect(await world.wholeLedger(who)).toEqual(before);
  });

  it.each([
    ['other points', { ...reserve, points: 41 }],
    ['another end', { ...reserve, expiresAt: SOON }],
    ['no end', { ...reserve, expiresAt: undefined }],
    ['another reason', { ...reserve, reason: 'other' }],
    ['another text', { ...reserve, textKey: undefined }],
    ['pending points', { ...wait, pendingId: 'r' }],
  ])('the id of a reservation with %s is refused', async (_, other) => {
    await threeLots();
    await world.posted(who, reserve);
    expect(told(await world.post(who, other))).toBe('409 idempotency_key_reused');
    expect(await world.audited(who)).toMatchObject({ available: 60, reserved: 40, pending: 0 });
  });

  it('the id of a hold may be used for another consumer', async () => {
    await threeLots();
    await world.posted(who, reserve);
    const other = await world.member();
    await world.give(other, 40);
    expect((await world.post(other, reserve)).status).toBe(201);
  });

  it('twenty times at once, a reservation is made once', async () => {
    await threeLots();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.post(who, reserve)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await world.audited(who)).toMatchObject({ available: 60, reserved: 40 });
  });

  it.each<[string, object]>([
    ['add', { type: 'add', points: 5, reason }],
    ['subtract', { type: 'subtract', points: 60, reason }],
    ['spend', { type: 'spend', points: 60, reason }],
    ['reserve', { type: 'reserve', points: 60 }],
    ['a named reservation', { type: 'reserve', points: 60, reservationId: 'other' }],
    ['add_pending', { type: 'add_pending', points: 5 }],
    ['capture', { type: 'capture', reservationId: 'r' }],
    ['release', { type: 'release', reservationId: 'r' }],
    ['accept', { type: 'accept', pendingId: 'p' }],
    ['reject', { type: 'reject', pendingId: 'p' }],
  ])('under one Idempotency-Key, %s happens once', async (_, body) => {
    await threeLots();
    await world.posted(who, { ...reserve, points: 10 });
    await world.posted(who, wait);
    const first = await world.post(who, body, key('k'));
    const after = await world.wholeLedger(who);
    const again = await world.post(who, body, { ...key('k'), now: minute(20) });
    expect(first.status).toBe(201);
    expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect(await world.wholeLedger(who)).toEqual(after);
    expect(told(await world.post(who, { ...body, reason: 'other' }, key('k')))).toBe('409 idempotency_key_reused');
  });

  it('under one key at once, spending happens once', async () => {
    await threeLots();
    const spend = { type: 'spend', points: 60, reason };
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.post(who, spend, key('k'))));
    expect(new Set(answers.map(told))).toEqual(new Set(['201']));
    expect(await world.audited(who)).toMatchObject({ available: 40, spent: 60 });
  });

  it('a key whose request was refused may be used again', async () => {
    const spend = { type: 'spend', points: 60, reason };
    expect(told(await world.post(who, spend, key('k')))).toBe('409 insufficient_points');
    await threeLots();
    expect(told(await world.post(who, spend, key('k')))).toBe('201');
  });

  it('a reservation under another key is replayed under that one too', async () => {
    await threeLots();
    const first = await world.post(who, reserve, key('k1'));
    for (const name of ['k2', 'k2', 'k1']) {
      const again = await world.post(who, reserve, key(name));
      expect(again).toMatchObject({ body: first.body, headers: { 'idempotent-replayed': 'true' } });
    }
    expect(await world.audited(who)).toMatchObject({ reserved: 40 });
  });
});

describe('what time does', () => {
  const job = (now: string) => bookTime(world.deps, { now, most: 100 });
  const reserve = { type: 'reserve', points: 40, reservationId: 'r' };
  const types = (entries: Body[]) => entries.map(({ type, points, at, cause }) => `${type} ${points} ${at} ${cause}`);

  it('takes effect at its instant on every answer, before any job', async () => {
    await threeLots();
    await world.posted(who, reserve);
    const early = '2026-03-09T23:59:59.999Z';
    expect((await world.detail(who, { now: minute(14) })).body.points).toMatchObject({ available: 60, reserved: 40 });
    expect((await world.detail(who, { now: minute(15) })).body.points).toEqual({
      ...ALL,
      nextExpiry: { points: 30, at: SOON },
    });
    expect((await world.detail(who, { now: early })).body.points).toMatchObject({ available: 100, expired: 0 });
    const then = (await world.detail(who, { now: SOON })).body.points;
    expect(then).toEqual({ ...ALL, available: 70, expired: 30, nextExpiry: { points: 20, at: LATER } });
    const lots = (await world.lots(who, SOON)).body.items;
    expect(lots.map(({ remaining }: Body) => remaining)).toEqual([20, 50]);
    expect(told(await world.post(who, { type: 'spend', points: 71, reason }, { now: SOON }))).toBe(
      '409 insufficient_points',
    );
    expect((await world.post(who, { type: 'spend', points: 70, reason }, { now: SOON })).status).toBe(201);
    expect(await world.audited(who, SOON)).toMatchObject({ available: 0, spent: 70, expired: 30, nextExpiry: null });
  });

  it('is in the ledger before it is told, each at its own instant, by the service itself', async () => {
    await threeLots();
    await world.posted(who, reserve);
    await world.posted(who, { type: 'add_pending', points: 5, pendingId: 'p' });
    const { items } = (await world.entries(who, 'limit=3', '2026-06-01T00:00:00.000Z')).body;
    expect(types(items)).toEqual([
      `expire 20 ${LATER} time`,
      `expire 30 ${SOON} time`,
      `release 40 ${minute(15)} time`,
    ]);
    expect(items[2]).toMatchObject({ actor: 'system', reservationId: 'r', reason: null, textKey: 'point_add' });
    expect(await world.audited(who, '2026-06-01T00:00:00.000Z')).toMatchObject({ available: 50, expired: 50 });
  });

  it('is the same whether a job, a listing or the next operation books it', async () => {
    const end = '2026-06-01T00:00:00.000Z';
    const bookings: ((consumerId: string) => Promise<unknown>)[] = [
      () => job(end),
      (consumerId) => world.entries(consumerId, '', end),
      (consumerId) => world.give(consumerId, 1, undefined, end),
    ];
    const ledgers = [];
    for (const book of bookings) {
      world = ledger();
      who = await world.member();
      await threeLots();
      await world.posted(who, reserve);
      await book(who);
      ledgers.push(types(await world.wholeLedger(who, end)).slice(0, 7));
    }
    expect(ledgers[0]).toHaveLength(7);
    expect(ledgers[1]).toEqual(ledgers[0]);
    expect(ledgers[2]).toEqual(ledgers[0]);
  });

  it('is booked by the job once, for whoever is due', async () => {
    await threeLots();
    const other = await world.member();
    await world.give(other, 5);
    expect(await job(NOW)).toMatchObject({ examined: 0, nextDueAt: SOON });
    expect(await job(SOON)).toMatchObject({ examined: 1, changed: 1, failed: [], nextDueAt: LATER });
    expect(await job(SOON)).toMatchObject({ examined: 0 });
    expect(await job(LATER)).toMatchObject({ changed: 1, nextDueAt: null });
    expect(await world.audited(who, LATER)).toMatchObject({ available: 50, expired: 50 });
  });

  it('is looked for once where nothing is left of what was due', async () => {
    await world.give(who, 5, SOON);
    await world.give(who, 5, LATER);
    await world.posted(who, { type: 'spend', points: 6, reason });
    expect(await job(SOON)).toMatchObject({ examined: 1, changed: 0, nextDueAt: LATER });
    expect(await job(SOON)).toMatchObject({ examined: 0, nextDueAt: LATER });
    await world.posted(who, { type: 'spend', points: 4, reason }, { now: SOON });
    expect(await job(LATER)).toMatchObject({ examined: 1, changed: 0, nextDueAt: null });
    expect(await job(LATER)).toMatchObject({ examined: 0 });
  });

  it.each([
    ['before it is booked', false],
    ['after it was booked', true],
  ])('ends a reservation at its limit: %s', async (_, booked) => {
    await threeLots();
    await world.posted(who, reserve);
    await world.posted(who, { ...reserve, points: 10, reservationId: 'other', expiresAt: minute(20) });
    if (booked) await job(minute(15));
    expect(told(await world.post(who, { type: 'capture', reservationId: 'other' }, { now: minute(15) }))).toBe('201');
    for (const type of ['capture', 'release']) {
      const answer = await world.post(who, { type, reservationId: 'r' }, { now: minute(15) });
      expect(told(answer)).toBe('409 reservation_expired');
    }
    expect(await world.audited(who, minute(15))).toMatchObject({ available: 90, reserved: 0, spent: 10 });
  });

  it('lets a reservation be captured up to its limit', async () => {
    await threeLots();
    await world.posted(who, { ...reserve, expiresAt: minute(30) });
    const now = new Date(Date.parse(minute(30)) - 1).toISOString();
    expect(told(await world.post(who, { type: 'capture', reservationId: 'r' }, { now }))).toBe('201');
    const again = await world.post(who, { type: 'capture', reservationId: 'r' }, { now: minute(40) });
    expect(told(again)).toBe('409 hold_settled');
  });

  it('ends what is left of a reservation of which some was released', async () => {
    await threeLots();
    await world.posted(who, reserve);
    await world.posted(who, { type: 'release', reservationId: 'r', points: 15 });
    const capture = { type: 'capture', reservationId: 'r' };
    expect(told(await world.post(who, capture, { now: minute(15) }))).toBe('409 reservation_expired');
    expect(await world.audited(who, minute(15))).toMatchObject({ available: 100, reserved: 0 });
  });

  it('ends hundreds of reservations at one instant, and tells each that it has', async () => {
    await world.give(who, 300);
    for (let n = 0; n < 250; n++) {
      await world.posted(who, { type: 'reserve', points: 1, reservationId: `r${n}`, expiresAt: minute(5) });
    }
    expect((await world.detail(who, { now: minute(5) })).body.points).toMatchObject({ available: 300, reserved: 0 });
    await job(minute(5));
    expect(await world.audited(who, minute(5))).toMatchObject({ available: 300, reserved: 0 });
    for (const n of [0, 100, 249]) {
      const answer = await world.post(who, { type: 'capture', reservationId: `r${n}` }, { now: minute(6) });
      expect(told(answer)).toBe('409 reservation_expired');
    }
  });

  it('expires at once what comes back too late, and the answer says so', async () => {
    await world.give(who, 30, minute(10));
    await world.posted(who, { ...reserve, points: 30, expiresAt: minute(60) });
    const answer = await world.posted(who, { type: 'capture', reservationId: 'r', points: 10 }, { now: minute(30) });
    expect(answer).toMatchObject({ type: 'capture', points: 10, balances: { available: 0, spent: 10, expired: 20 } });
    expect(types(await world.wholeLedger(who, minute(30))).slice(2)).toEqual([
      `capture 10 ${minute(30)} change`,
      `release 20 ${minute(30)} change`,
      `expire 20 ${minute(30)} time`,
    ]);
  });

  it('expires at once what is accepted too late', async () => {
    await world.posted(who, { type: 'add_pending', points: 30, pendingId: 'p', expiresAt: SOON });
    const answer = await world.posted(who, { type: 'accept', pendingId: 'p' }, { now: LATER });
    expect(answer).toMatchObject({ points: 30, balances: { available: 0, score: 30, pending: 0, expired: 30 } });
    expect(await world.audited(who, LATER)).toMatchObject({ available: 0, score: 30, expired: 30 });
  });
});
