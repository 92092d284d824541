/**
 * Posting to the ledger: each operation leaves one entry and the account as the entry leaves it. What time alone has done
 * is posted first (see `passing-of-time.ts`), so that every operation finds the account as it is at its instant.
 */
import type { Instant } from '../facts.ts';
import { laterOf, plusDays, plusMonths } from '../instants.ts';
import { Refusal } from '../refusal.ts';
import type {
  Account,
  Entry,
  EntryAbout,
  EntryType,
  Hold,
  Lot,
  Part,
  PendingHold,
  ReservedHold,
  Sums,
} from './account.ts';
import { availableIn, balancesOf, EFFECT } from './account.ts';
import { entryIdOf, instantOfEntry } from './ids.ts';
import { given, split, taken } from './lots.ts';
import type { RefundPolicy } from './settings.ts';
import { type Ladder, tierAfter } from './tiers.ts';

/** An account, and what was posted to it since it was read. */
export interface Books {
  account: Account;
  entries: Entry[];
}
/** What every posting of one request has in common. */
export interface PostingContext {
  ladder: Ladder;
  /** Made once for all attempts of the request: see `ids.ts`. */
  mark: string;
  actor: string;
}
/** What an entry says beside its numbers. */
export interface Saying {
  at: Instant;
  reason?: string | null;
  textKey?: string | undefined;
  cause?: 'change' | 'time';
  about?: EntryAbout;
}

/** Where the service acts by itself. */
export const SYSTEM = 'system';

export const opened = (account: Account): Books => ({ account, entries: [] });

/** Points that are there at once. */
export function add(
  books: Books,
  clerk: PostingContext,
  saying: Saying & { points: number; expiresAt: Instant | null },
): Books {
  const { points, expiresAt } = saying;
  return posted(books, clerk, saying, ({ account, entryId, at }) => {
    const lot = { lotId: entryId, earnedAt: at, expiresAt, size: points, points };
    return { type: 'add', points, ...credited(account, [lot]) };
  });
}

/** Takes points out of the balance. Refuses `insufficient_points`. */
export function debit(
  books: Books,
  clerk: PostingContext,
  saying: Saying & { type: 'subtract' | 'spend'; points: number },
): Books {
  const { type, points } = saying;
  refuseBeyond(books.account, points);
  return posted(books, clerk, saying, ({ account }) => ({ type, points, ...taken(account.lots, points) }));
}

export function addPending(
  books: Books,
  clerk: PostingContext,
  saying: Saying & Omit<PendingHold, 'kind' | 'holdId'> & { holdId: string | null },
): Books {
  const { points, settlesAt, expiresAt, expiresAfterDays, expiresAfterMonths, orderId } = saying;
  const lasts = { expiresAt, expiresAfterDays, ...(expiresAfterMonths !== undefined && { expiresAfterMonths }) };
  return posted(books, clerk, saying, ({ account, entryId }) => {
    const holdId = saying.holdId ?? entryId;
    const hold: Hold = { kind: 'pending', holdId, points, settlesAt, ...lasts, orderId };
    return { type: 'add_pending', points, parts: [], holds: [...account.holds, hold], about: { holdId } };
  });
}

/** Of pending points, `points` come to be there; what is left goes on waiting. */
export function accept(
  books: Books,
  clerk: PostingContext,
  saying: Saying & { hold: PendingHold; points: number },
): Books {
  const { hold, points } = saying;
  return posted(books, clerk, saying, ({ account, entryId, at }) => {
    const expiresAt = expiryAfter(hold, at);
    const lotId = isAward(hold, points) ? hold.holdId : entryId;
    const lot = { lotId, earnedAt: instantOfEntry(lotId), expiresAt, size: points, points };
    const holds = reduced(account.holds, hold, points);
    return { type: 'accept', points, ...credited(account, [lot]), holds, about: { holdId: hold.holdId } };
  });
}

/**
 * What an order earned, or the last of it, is a lot by the id of the entry that earned it, whoever or whatever accepted
 * it: there a refund finds it.
 */
const isAward = ({ orderId, points: waiting }: PendingHold, points: number): boolean =>
  orderId !== null && points === waiting;

/** When points will be gone that are there from this instant on; null: never. */
export function expiryAfter(
  {
    expiresAt,
    expiresAfterDays,
    expiresAfterMonths,
  }: Pick<PendingHold, 'expiresAt' | 'expiresAfterDays' | 'expiresAfterMonths'>,
  at: Instant,
): Instant | null {
  if (expiresAfterMonths !== undefined) return plusMonths(at, expiresAfterMonths);
  return expiresAfterDays === null ? expiresAt : plusDays(at, expiresAfterDays);
}

export function reject(
  books: Books,
  clerk: PostingContext,
  saying: Saying & { hold: PendingHold; points: number },
): Books {
  const { hold, points } = saying;
  return posted(books, clerk, saying, ({ account }) => {
    const holds = reduced(account.holds, hold, points);
    return { type: 'reject', points, parts: [], holds, about: { holdId: hold.holdId } };
  });
}

/** Refuses `insufficient_points`. */
export function reserve(
  books: Books,
  clerk: PostingContext,
  saying: Saying & { points: number; holdId: string | null; settlesAt: Instant },
): Books {
  const { points, settlesAt } = saying;
  refuseBeyond(books.account, points);
  return posted(books, clerk, saying, ({ account, entryId }) => {
    const { lots, parts } = taken(account.lots, points);
    const holdId = saying.holdId ?? entryId;
    const hold: Hold = { kind: 'reserved', holdId, points, settlesAt, parts };
    return { type: 'reserve', points, lots, parts, holds: [...account.holds, hold], about: { holdId, settlesAt } };
  });
}

/** Spends of a reservation what expires first; the rest goes back to its lots, and the text is not about that. */
export function capture(
  books: Books,
  clerk: PostingContext,
  saying: Saying & { hold: ReservedHold; points: number },
): Books {
  const { hold, points } = saying;
  const [parts, rest] = split(hold.parts, points);
  const captured = posted(books, clerk, saying, ({ account }) => {
    const holds = replaced(account.holds, hold, { ...hold, points: hold.points - points, parts: rest });
    return { type: 'capture', points, parts, holds, about: { holdId: hold.holdId } };
  });
  const left = captured.account.holds.find((other) => other.holdId === hold.holdId);
  return left?.kind === 'reserved'
    ? release(captured, clerk, { ...saying, textKey: undefined, hold: left, points: left.points })
    : captured;
}

/** Gives of a reservation back what expires last; it goes on for the rest. */
export function release(
  books: Books,
  clerk: PostingContext,
  saying: Saying & { hold: ReservedHold; points: number },
): Books {
  const { hold, points } = saying;
  return posted(books, clerk, saying, ({ account }) => {
    const [rest, parts] = split(hold.parts, hold.points - points);
    const holds = replaced(account.holds, hold, { ...hold, points: hold.points - points, parts: rest });
    return { type: 'release', points, ...credited(account, parts), holds, about: { holdId: hold.holdId } };
  });
}

/** The lots that reached their end: gone with what is left in them. */
export function expire(books: Books, clerk: PostingContext, saying: Saying & { lots: Lot[] }): Books {
  const parts = saying.lots.map(({ remaining, ...identity }) => ({ ...identity, points: remaining }));
  const gone = new Set(parts.map(({ lotId }) => lotId));
  return posted(books, clerk, saying, ({ account }) => ({
    type: 'expire',
    points: sumOf(parts),
    parts,
    lots: account.lots.filter(({ lotId }) => !gone.has(lotId)),
  }));
}

/**
 * Takes back what an award gave, from its own lot first. Points that were spent already: by the policy they are left, or
 * become a debt. The same books where there is nothing to take.
 */
export function reverse(
  books: Books,
  clerk: PostingContext,
  saying: Saying & { points: number; lotId: string | null; policy: RefundPolicy },
): Books {
  const available = availableIn(books.account);
  const points = saying.policy === 'debt' ? saying.points : Math.min(saying.points, Math.max(0, available));
  if (points === 0) return books;
  return posted(books, clerk, saying, ({ account }) => {
    const there = Math.min(points, Math.max(0, available));
    return { type: 'reverse', points, ...taken(account.lots, there, saying.lotId ?? undefined) };
  });
}

/** Gives a spending back to the lots that it came from, with their own expiry. */
export function giveBack(books: Books, clerk: PostingContext, saying: Saying & { parts: readonly Part[] }): Books {
  return posted(books, clerk, saying, ({ account }) => ({
    type: 'return',
    points: sumOf(saying.parts),
    ...credited(account, saying.parts),
  }));
}

export const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, { points }) => sum + points, 0);

interface Moment {
  account: Account;
  entryId: string;
  at: Instant;
}
/** What an operation changes; lots and holds stay where it doesn't name them. */
interface Move {
  type: EntryType;
  points: number;
  parts: Part[];
  lots?: Lot[];
  holds?: Hold[];
  about?: EntryAbout;
}

/** Clocks of servers differ: an entry is never earlier than the one before it. */
function posted(books: Books, clerk: PostingContext, saying: Saying, move: (moment: Moment) => Move): Books {
  const { account } = books;
  const at = laterOf(account.at, saying.at) ?? saying.at;
  const entries = account.entries + 1;
  const entryId = entryIdOf(at, entries, clerk.mark);
  const { type, points, parts, lots = account.lots, holds = account.holds, about } = move({ account, entryId, at });
  const sums = sumsAfter(account, type, points);
  const cause = saying.cause ?? 'change';
  const tier =
    sums.score === account.score ? account.tier : tierAfter(account.tier, sums.score, clerk.ladder, { at, cause });
  const entry: Entry = {
    entryId,
    at,
    type,
    points,
    balances: balancesOf(sums),
    parts,
    reason: saying.reason ?? null,
    textKey: saying.textKey ?? (GIVES.has(type) ? 'point_add' : 'point_sub'),
    actor: cause === 'time' ? SYSTEM : clerk.actor,
    cause,
    about: { ...saying.about, ...about },
  };
  return {
    account: { ...account, ...sums, entries, at, lots, holds, tier },
    entries: [...books.entries, entry],
  };
}

const GIVES: ReadonlySet<EntryType> = new Set(['add', 'add_pending', 'accept', 'release', 'return']);

function sumsAfter(sums: Sums, type: EntryType, points: number): Sums {
  const effect = EFFECT[type];
  return {
    score: sums.score + effect.score * points,
    spent: sums.spent + effect.spent * points,
    pending: sums.pending + effect.pending * points,
    reserved: sums.reserved + effect.reserved * points,
    expired: sums.expired + effect.expired * points,
  };
}

/** A debt is repaid before anything is there to take. */
function credited(account: Account, parts: readonly Part[]): { lots: Lot[]; parts: Part[] } {
  const debt = Math.max(0, -availableIn(account));
  const left = split(parts, debt)[1];
  return { lots: given(account.lots, left), parts: left };
}

const reduced = (holds: readonly Hold[], hold: PendingHold, points: number): Hold[] =>
  replaced(holds, hold, { ...hold, points: hold.points - points });

const replaced = (holds: readonly Hold[], hold: Hold, next: Hold): Hold[] =>
  holds.flatMap((other) => (other.holdId !== hold.holdId ? [other] : next.points > 0 ? [next] : []));

function refuseBeyond(account: Account, points: number): void {
  const available = Math.max(0, availableIn(account));
  if (points <= available) return;
  throw new Refusal('insufficient_points', `${points} points are needed, and ${available} are available.`);
}
