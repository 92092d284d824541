/** Booking what time alone has done to points: expiries, ends of reservations, pending points that came to be there. */
import type { Instant } from '../../domain/facts.ts';
import { SYSTEM } from '../../domain/points/posting.ts';
import { type WorkedThrough, workThroughDue } from '../common/work-through-due.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import { withLedger } from './ledger-session.ts';

/** Of everyone who is due. It took effect at its instant already; from now on the ledger tells it too. */
export const bookTime = (deps: Deps, run: { now: Instant; most: number }): Promise<WorkedThrough> =>
  workThroughDue(deps, 'account', run, (consumerId) => bookTimeOf(deps, consumerId, run.now));

/** Of one consumer; whether there was anything to book. Throws `Refusal('consumer_not_found')`. */
export const bookTimeOf = (deps: Deps, consumerId: string, now: Instant): Promise<boolean> => {
  const commit: Commit = async (writes, result) => {
    await deps.store.commit(writes);
    return result;
  };
  const request = { consumerId, actor: SYSTEM, now };
  return withLedger(deps, request, [], ({ books }) => ({ books, answer: books.entries.length > 0 }), commit);
};
