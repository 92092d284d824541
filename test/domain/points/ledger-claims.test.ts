import { describe, expect, it } from '@jest/globals';
import { balancesOf } from '../../../shared/domain/points/account.ts';
import { isBehind } from '../../../shared/domain/points/passing-of-time.ts';
import { capture, debit } from '../../../shared/domain/points/posting.ts';
import {
  added,
  booksOf,
  clerk,
  debited,
  entriesIn,
  givenBack,
  lotsIn,
  noBooks,
  on,
  reserved,
  reversed,
  settled,
  spent,
  until,
  waiting,
} from './books.ts';

const balances = (...acts: Parameters<typeof booksOf>) => balancesOf(booksOf(...acts).account);
const available = (...acts: Parameters<typeof booksOf>) => balances(...acts).available;
const short = expect.objectContaining({ code: 'insufficient_points' });
const midday = [added('09:00', 5, '12:00')];

describe('points that expire at 12:00:00.000', () => {
  it('can be spent 1 ms before', () => {
    expect(balances(...midday, spent('2026-03-01T11:59:59.999Z', 5))).toMatchObject({
      available: 0,
      spent: 5,
      expired: 0,
    });
  });

  it.each(['12:00', '2026-03-01T12:00:00.001Z', '2027-01-01T00:00:00.000Z'])('cannot be spent at %s', (time) => {
    expect(() => booksOf(...midday, spent(time, 1))).toThrow(short);
    expect(balances(...midday, until(time))).toMatchObject({ available: 0, spent: 0, expired: 5 });
  });

  it('are gone at that instant, whenever it is booked', () => {
    expect(entriesIn(booksOf(...midday, until('2027-01-01T00:00:00.000Z')))).toEqual(['09:00 add 5', '12:00 expire 5']);
    expect(isBehind(booksOf(...midday).account, '2026-03-01T11:59:59.999Z')).toBe(false);
    expect(isBehind(booksOf(...midday).account, on('12:00'))).toBe(true);
  });

  it('are gone for a server whose clock is behind, once an entry at that instant was posted', () => {
    const ahead = booksOf(...midday, added('11:30', 1), added('12:00', 1));
    expect(() => spent('11:59', 3)(ahead)).toThrow(short);
    const tooShort = booksOf(added('12:00', 1), added('11:00', 5, '11:30'));
    expect(balancesOf(tooShort.account)).toMatchObject({ available: 1, expired: 5 });
  });

  it('expire together in one entry where they end together, else in one for each instant', () => {
    const books = booksOf(
      added('09:00', 5, '12:00'),
      added('09:30', 2, '12:00'),
      added('09:45', 1, '11:00'),
      until('13:00'),
    );
    expect(entriesIn(books).slice(3)).toEqual(['11:00 expire 1', '12:00 expire 7']);
  });
});

describe('what is taken', () => {
  const three = [added('08:00', 3), added('09:00', 3, '18:00'), added('10:00', 3, '15:00'), added('10:30', 3, '18:00')];

  it.each<[number, string[]]>([
    [2, ['10:00 1/3 until 15:00', '09:00 3/3 until 18:00', '10:30 3/3 until 18:00', '08:00 3/3']],
    [4, ['09:00 2/3 until 18:00', '10:30 3/3 until 18:00', '08:00 3/3']],
    [7, ['10:30 2/3 until 18:00', '08:00 3/3']],
    [11, ['08:00 1/3']],
    [12, []],
  ])('%d: earliest expiry first, then the oldest, unlimited last', (points, left) => {
    for (const act of [
      debited('11:00', 'subtract', points),
      spent('11:00', points),
      reserved('11:00', points, '12:00'),
    ]) {
      expect(lotsIn(booksOf(...three, act))).toEqual(left);
    }
  });

  it.each(['subtract', 'spend'] as const)(
    'by %s is never more than there is, and the entry says from which lots',
    (type) => {
      expect(() => booksOf(...three, debited('11:00', type, 13))).toThrow(short);
      const [entry] = booksOf(...three, debited('11:00', type, 4)).entries.slice(-1);
      expect(entry?.parts.map(({ points, expiresAt }) => [points, expiresAt])).toEqual([
        [3, on('15:00')],
        [1, on('18:00')],
      ]);
    },
  );

  it('by spending never moves the score, by subtracting it does', () => {
    expect(balances(...three, spent('11:00', 4)).score).toBe(12);
    expect(balances(...three, debited('11:00', 'subtract', 4)).score).toBe(8);
  });

  it('is nothing where it is refused', () => {
    expect(() => debit(noBooks, clerk, { at: on('09:00'), type: 'spend', points: 1 })).toThrow(short);
  });
});

describe('a reservation', () => {
  const held = [added('08:00', 3, '15:00'), added('09:00', 5), reserved('10:00', 6, '12:00')];

  it('takes its points out of the balance until its instant, and then gives them back by itself', () => {
    expect(balances(...held, until('2026-03-01T11:59:59.999Z'))).toMatchObject({ available: 2, reserved: 6 });
    const ended = booksOf(...held, until('12:00'));
    expect(balancesOf(ended.account)).toMatchObject({ available: 8, reserved: 0 });
    expect(lotsIn(ended)).toEqual(['08:00 3/3 until 15:00', '09:00 5/5']);
    expect(ended.account.holds).toEqual([]);
    expect(ended.entries.at(-1)).toMatchObject({ type: 'release', at: on('12:00'), cause: 'time', actor: 'system' });
  });

  it('captured in part spends what expires first, and the rest goes back to its lots', () => {
    const books = booksOf(...held, settled('11:00', 'capture', 4));
    expect(balancesOf(books.account)).toMatchObject({ available: 4, spent: 4, reserved: 0 });
    expect(lotsIn(books)).toEqual(['09:00 4/5']);
    expect(entriesIn(books).slice(-2)).toEqual(['11:00 capture 4', '11:00 release 2']);
    expect(books.account.holds).toEqual([]);
  });

  it('captured whole leaves one entry', () => {
    const books = booksOf(...held, settled('11:00', 'capture'));
    expect(entriesIn(books).slice(-1)).toEqual(['11:00 capture 6']);
    expect(balancesOf(books.account)).toMatchObject({ available: 2, spent: 6, reserved: 0 });
  });

  it('captured in part says the caller’s text of what was spent alone', () => {
    const books = booksOf(...held);
    const [hold] = books.account.holds;
    if (hold?.kind !== 'reserved') throw new Error('nothing is reserved');
    const said = { at: on('11:00'), textKey: 'tickets_bought', reason: 'r1', about: { claimId: 'c1' } };
    const entries = capture(books, clerk, { ...said, hold, points: 4 }).entries.slice(-2);
    expect(entries.map(({ type, textKey, reason, about }) => ({ type, textKey, reason, about }))).toEqual([
      { type: 'capture', textKey: 'tickets_bought', reason: 'r1', about: { claimId: 'c1', holdId: 'held' } },
      { type: 'release', textKey: 'point_add', reason: 'r1', about: { claimId: 'c1', holdId: 'held' } },
    ]);
  });

  it('released in part gives back what expires last, and goes on for the rest', () => {
    const books = booksOf(...held, settled('11:00', 'release', 4));
    expect(lotsIn(books)).toEqual(['08:00 1/3 until 15:00', '09:00 5/5']);
    expect(books.account.holds).toMatchObject([{ points: 2, settlesAt: on('12:00') }]);
    expect(lotsIn(booksOf(...held, settled('11:00', 'release', 4), until('12:00')))).toEqual(
      lotsIn(booksOf(...held, until('12:00'))),
    );
  });

  it('released after a lot’s expiry returns to the lot, which expires at once', () => {
    const books = booksOf(added('08:00', 3, '11:00'), reserved('10:00', 2, '12:00'), until('12:30'));
    expect(entriesIn(books).slice(-3)).toEqual(['11:00 expire 1', '12:00 release 2', '12:00 expire 2']);
    expect(balancesOf(books.account)).toMatchObject({ available: 0, reserved: 0, expired: 3 });
    const byHand = booksOf(added('08:00', 3, '11:00'), reserved('10:00', 2, '12:00'), settled('11:15', 'release'));
    expect(entriesIn(byHand).slice(-2)).toEqual(['11:15 release 2', '11:15 expire 2']);
  });

  it('that ends as its lot does gives back first: the points expire, and none is lost', () => {
    const books = booksOf(added('08:00', 3, '12:00'), reserved('10:00', 2, '12:00'), until('12:00'));
    expect(entriesIn(books).slice(-2)).toEqual(['12:00 release 2', '12:00 expire 3']);
  });
});

describe('pending points', () => {
  it('are in no balance but their own until they are accepted', () => {
    expect(balances(waiting('09:00', 5))).toEqual({
      available: 0,
      score: 0,
      spent: 0,
      pending: 5,
      reserved: 0,
      expired: 0,
    });
    expect(balances(waiting('09:00', 5), settled('10:00', 'accept'))).toMatchObject({
      available: 5,
      score: 5,
      pending: 0,
    });
    expect(balances(waiting('09:00', 5), settled('10:00', 'reject'))).toMatchObject({
      available: 0,
      score: 0,
      pending: 0,
    });
  });

  it('are accepted or rejected in part, and the rest goes on waiting', () => {
    const books = booksOf(waiting('09:00', 5), settled('10:00', 'accept', 2), settled('11:00', 'reject', 1));
    expect(balancesOf(books.account)).toMatchObject({ available: 2, score: 2, pending: 2 });
    expect(books.account.holds).toMatchObject([{ holdId: 'held', points: 2 }]);
  });

  it.each<[string, Parameters<typeof waiting>[2], string, string[]]>([
    ['days after acceptance', { days: 2 }, '2026-03-01T10:00:00.000Z', ['10:00 5/5 until 03-03']],
    ['at an instant', { expires: '18:00' }, '10:00', ['10:00 5/5 until 18:00']],
    ['at once, where their instant is past', { expires: '09:30' }, '10:00', []],
    ['never', {}, '10:00', ['10:00 5/5']],
  ])('expire %s', (_, terms, accepted, lots) => {
    expect(lotsIn(booksOf(waiting('09:00', 5, terms), settled(accepted, 'accept')))).toEqual(lots);
  });

  it('that settle by time do so at their instant, and their expiry is counted from it, whenever it is booked', () => {
    const books = booksOf(waiting('09:00', 5, { settles: '12:00', days: 1 }), until('2026-03-02T11:59:59.999Z'));
    expect(entriesIn(books)).toEqual(['09:00 add_pending 5', '12:00 accept 5']);
    expect(lotsIn(books)).toEqual(['12:00 5/5 until 03-02']);
    expect(available(waiting('09:00', 5, { settles: '12:00', days: 1 }), until('2026-03-02T12:00:00.000Z'))).toBe(0);
  });

  it('are there before a reservation of the same instant ends, and before lots of that instant expire', () => {
    const books = booksOf(
      added('08:00', 3, '12:00'),
      reserved('08:30', 1, '12:00', 'r'),
      waiting('09:00', 5, { settles: '12:00' }),
      until('12:00'),
    );
    expect(entriesIn(books).slice(-3)).toEqual(['12:00 accept 5', '12:00 release 1', '12:00 expire 3']);
  });
});

describe('a spending that is given back', () => {
  const two = [added('08:00', 3, '15:00'), added('09:00', 5)];

  it('fills the lots that it came from, each with its own expiry', () => {
    const books = booksOf(...two, spent('10:00', 6), givenBack('11:00'));
    expect(lotsIn(books)).toEqual(['08:00 3/3 until 15:00', '09:00 5/5']);
    expect(balancesOf(books.account)).toMatchObject({ available: 8, spent: 0, score: 8 });
  });

  it('of what was captured likewise', () => {
    const books = booksOf(...two, reserved('10:00', 6, '12:00'), settled('10:30', 'capture', 4), givenBack('11:00'));
    expect(lotsIn(books)).toEqual(['08:00 3/3 until 15:00', '09:00 5/5']);
  });

  it('turns no expiring points into eternal ones: what is past its expiry expires at once', () => {
    const books = booksOf(...two, spent('10:00', 6), givenBack('16:00'));
    expect(entriesIn(books).slice(-2)).toEqual(['16:00 return 6', '16:00 expire 3']);
    expect(lotsIn(books)).toEqual(['09:00 5/5']);
  });
});

describe('a debt', () => {
  const owing = [added('08:00', 10), spent('09:00', 8), reversed('10:00', 10, 'debt')];

  it('takes the balance below 0, which the other policy never does', () => {
    expect(balances(...owing)).toMatchObject({ available: -8, score: 0, spent: 8 });
    expect(balances(...owing.slice(0, 2), reversed('10:00', 10))).toMatchObject({ available: 0, score: 8, spent: 8 });
    expect(balances(...owing, reversed('10:00', 5))).toMatchObject({ available: -8 });
    expect(balances(...owing, reversed('10:00', 5, 'debt'))).toMatchObject({ available: -13, score: -5 });
  });

  it.each<[string, Parameters<typeof booksOf>, number, string[]]>([
    ['fewer points', [added('11:00', 5)], -3, []],
    ['as many points', [added('11:00', 8)], 0, []],
    ['more points: a lot of what is left', [added('11:00', 12)], 4, ['11:00 4/12']],
    ['one after the other', [added('11:00', 5), added('11:30', 5)], 2, ['11:30 2/5']],
    ['accepted points', [waiting('11:00', 9), settled('12:00', 'accept')], 1, ['12:00 1/9']],
    ['points accepted by time', [waiting('11:00', 9, { settles: '12:00' }), until('12:00')], 1, ['12:00 1/9']],
    ['a spending given back', [givenBack('11:00')], 0, []],
  ])('is repaid first by %s', (_, acts, left, lots) => {
    const books = booksOf(...owing, ...acts);
    expect(balancesOf(books.account).available).toBe(left);
    expect(lotsIn(books)).toEqual(lots);
  });

  it('is repaid first by what a reservation gives back, the earliest expiring first', () => {
    const acts = [
      added('08:00', 4, '18:00'),
      added('08:30', 4),
      reserved('09:00', 8, '12:00'),
      reversed('10:00', 5, 'debt'),
    ];
    expect(available(...acts)).toBe(-5);
    expect(lotsIn(booksOf(...acts, until('12:00')))).toEqual(['08:30 3/4']);
    const captured = booksOf(...acts, settled('11:00', 'capture', 2));
    expect(balancesOf(captured.account)).toMatchObject({ available: 1, spent: 2, reserved: 0 });
    expect(lotsIn(captured)).toEqual(['08:30 1/4']);
  });

  it('leaves nothing to spend or reserve', () => {
    expect(() => booksOf(...owing, spent('11:00', 1))).toThrow(short);
    expect(() => booksOf(...owing, reserved('11:00', 1, '12:00'))).toThrow(short);
  });
});

describe('reversing', () => {
  it('posts nothing where nothing can be taken', () => {
    const books = booksOf(added('08:00', 3), spent('09:00', 3));
    expect(reversed('10:00', 3)(books)).toBe(books);
  });
});
