/**
 * What time alone does to points: pending ones are accepted, reservations end, lots expire, each at its own instant. It
 * takes effect on every read and decision, whether or not it was booked; booking it later says the same.
 */
import type { Instant } from '../facts.ts';
import { earlierOf, laterOf } from '../instants.ts';
import type { Account, Hold } from './account.ts';
import { accept, type Books, expire, type PostingContext, release, type Saying } from './posting.ts';

/** The next instant at which time changes the account; null where it never will. */
export function nextChangeAt({ holds, lots }: Account): Instant | null {
  let next = lots[0]?.expiresAt ?? null;
  for (const { settlesAt } of holds) next = earlierOf(next, settlesAt);
  return next;
}

/**
 * The books with all that time has done by `now`, entry by entry in order of its instants; after `most` entries it leaves
 * off. What is released or accepted at the instant at which lots expire is there before them.
 */
export function caughtUp(books: Books, clerk: PostingContext, now: Instant, most = Number.POSITIVE_INFINITY): Books {
  let caught = books;
  for (let entries = 0; entries < most; entries++) {
    const at = dueAt(caught.account, now);
    if (at === null) return caught;
    caught = changedAt(caught, clerk, at);
  }
  return caught;
}

/** Whether time has done what the account doesn't show yet. */
export const isBehind = (account: Account, now: Instant): boolean => dueAt(account, now) !== null;

/**
 * Clocks of servers differ, and what is posted now is not earlier than the newest entry: where a clock is behind it, time
 * has come as far as that entry.
 */
function dueAt(account: Account, now: Instant): Instant | null {
  const at = nextChangeAt(account);
  return at !== null && at <= (laterOf(account.at, now) ?? now) ? at : null;
}

function changedAt(books: Books, clerk: PostingContext, at: Instant): Books {
  const { holds, lots } = books.account;
  const saying: Saying = { at, cause: 'time' };
  const hold = holds.filter(({ settlesAt }) => settlesAt === at).sort(pendingFirst)[0];
  if (hold?.kind === 'pending')
    return accept(books, clerk, { ...saying, hold, points: hold.points, about: aboutOf(hold) });
  if (hold?.kind === 'reserved') return release(books, clerk, { ...saying, hold, points: hold.points });
  return expire(books, clerk, { ...saying, lots: lots.filter(({ expiresAt }) => expiresAt === at) });
}

const pendingFirst = (one: Hold, other: Hold): number =>
  Number(one.kind === 'reserved') - Number(other.kind === 'reserved');
const aboutOf = ({ orderId }: { orderId: string | null }) => (orderId === null ? {} : { orderId });
