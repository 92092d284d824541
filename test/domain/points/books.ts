/** Postings as one-liners, to write tables of them. */
import type { Instant } from '../../../shared/domain/facts.ts';
import { emptyAccount, type Hold, type Lot } from '../../../shared/domain/points/account.ts';
import { caughtUp } from '../../../shared/domain/points/passing-of-time.ts';
import {
  accept,
  add,
  addPending,
  type Books,
  capture,
  debit,
  giveBack,
  opened,
  type PostingContext,
  reject,
  release,
  reserve,
  reverse,
} from '../../../shared/domain/points/posting.ts';
import type { RefundPolicy } from '../../../shared/domain/points/settings.ts';

export const clerk: PostingContext = { ladder: null, mark: 'MARK0000', actor: 'staff' };
export type Act = (books: Books, by?: PostingContext) => Books;
export const noBooks: Books = opened(emptyAccount());

/** A time of the first of March 2026, or any instant as it is. */
export const on = (time: string): Instant => (time.length === 5 ? `2026-03-01T${time}:00.000Z` : time);
/** The books after all of it, one thing after the other. */
export const booksOf = (...acts: Act[]): Books => booksBy(clerk, ...acts);
export const booksBy = (by: PostingContext, ...acts: Act[]): Books =>
  acts.reduce((books, act) => act(books, by), noBooks);

/** Time passes until then. */
export const until =
  (time: string): Act =>
  (books, by = clerk) =>
    caughtUp(books, by, on(time));
/** The act as every request does it: what time has done is there before it, and after it. */
const acted =
  (time: string, act: (books: Books, by: PostingContext, at: Instant) => Books): Act =>
  (books, by = clerk) =>
    until(time)(act(until(time)(books, by), by, on(time)), by);

export const added = (time: string, points: number, expires: string | null = null): Act =>
  acted(time, (books, by, at) => add(books, by, { at, points, expiresAt: expires === null ? null : on(expires) }));
export const debited = (time: string, type: 'subtract' | 'spend', points: number): Act =>
  acted(time, (books, by, at) => debit(books, by, { at, type, points }));
export const spent = (time: string, points: number): Act => debited(time, 'spend', points);
export const reserved = (time: string, points: number, ends: string, holdId = 'held'): Act =>
  acted(time, (books, by, at) => reserve(books, by, { at, points, holdId, settlesAt: on(ends) }));
export const reversed = (time: string, points: number, policy: RefundPolicy = 'within_balance'): Act =>
  acted(time, (books, by, at) => reverse(books, by, { at, points, lotId: null, policy }));

interface PendingTerms {
  expires?: string;
  days?: number;
  settles?: string;
}
export const waiting = (time: string, points: number, terms: PendingTerms = {}): Act =>
  acted(time, (books, by, at) =>
    addPending(books, by, {
      ...{ at, points, holdId: 'held', orderId: null },
      settlesAt: terms.settles === undefined ? null : on(terms.settles),
      expiresAt: terms.expires === undefined ? null : on(terms.expires),
      expiresAfterDays: terms.days ?? null,
    }),
  );

/** Settles the hold of this name, all of it unless a number says fewer. */
export const settled = (
  time: string,
  how: 'accept' | 'reject' | 'capture' | 'release',
  points?: number,
  holdId = 'held',
): Act =>
  acted(time, (books, by, at) => {
    const hold = holdIn(books, holdId);
    const saying = { at, points: points ?? hold.points };
    if (hold.kind === 'pending') return (how === 'accept' ? accept : reject)(books, by, { ...saying, hold });
    return (how === 'capture' ? capture : release)(books, by, { ...saying, hold });
  });

function holdIn({ account }: Books, holdId: string): Hold {
  const hold = account.holds.find((one) => one.holdId === holdId);
  if (!hold) throw new Error(`nothing is held as ${holdId}`);
  return hold;
}

/** What the newest spending took goes back. */
export const givenBack = (time: string): Act =>
  acted(time, (books, by, at) => {
    const spending = books.entries.findLast(({ type }) => type === 'spend' || type === 'capture');
    return giveBack(books, by, { at, parts: spending?.parts ?? [] });
  });

/** `earned points/size until expiry`, in the order of taking. */
export const lotsIn = ({ account }: Books): string[] => account.lots.map(lotText);
const lotText = ({ earnedAt, remaining, size, expiresAt }: Lot): string =>
  `${timeOf(earnedAt)} ${remaining}/${size}${expiresAt === null ? '' : ` until ${timeOf(expiresAt)}`}`;
/** What each entry was: `at type points`. */
export const entriesIn = ({ entries }: Books): string[] =>
  entries.map(({ at, type, points }) => `${timeOf(at)} ${type} ${points}`);
const timeOf = (at: Instant): string => (at.startsWith('2026-03-01') ? at.slice(11, 16) : at.slice(5, 10));
