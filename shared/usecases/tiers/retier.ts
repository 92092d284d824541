/**
 * Everyone's tier again, slice by slice, after the ladder was edited or its module switched on. Answers show the tier in
 * force anyway; this writes it down, so that the history and other systems are told of the move.
 */
import type { Instant } from '../../domain/facts.ts';
import { laterOf } from '../../domain/instants.ts';
import { SYSTEM } from '../../domain/points/posting.ts';
import { type Ladder, tierAfter } from '../../domain/points/tiers.ts';
import { isAbsence } from '../common/absence.ts';
import { inParallel } from '../common/in-parallel.ts';
import { overSlice, type SliceDone, type SliceProgress } from '../common/over-slice.ts';
import { scoringOf } from '../organization/scoring.ts';
import { fromAccountsOf } from '../points/accounts-of.ts';
import { type Decision, type LedgerSession, ladderIn, withLedger } from '../points/ledger-session.ts';
import { accountAt } from '../points/shown.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';

const AT_ONCE = 8;

/** Those differed who were last said to be in another tier than the one in force. */
export const retierSlice = async (
  deps: Deps,
  progress: SliceProgress,
  { now, most }: { now: Instant; most: number },
): Promise<SliceDone> => {
  const [settings] = await deps.store.get([{ kind: 'settings' }], true);
  const ladder = ladderIn(scoringOf(settings).settings);
  return overSlice(deps.store, progress, most, async (consumerIds) => {
    const found = await fromAccountsOf(deps.store, consumerIds, (account) =>
      isElsewhere(account, ladder, now) ? [account.consumerId] : [],
    );
    const elsewhere = found.flat();
    await inParallel(elsewhere, AT_ONCE, (consumerId) => retier(deps, consumerId, now));
    return elsewhere.length;
  });
};

const isElsewhere = (account: RecordOf<'account'>, ladder: Ladder, now: Instant): boolean =>
  tierAfter(account.tier, accountAt(account, now).score, ladder, { at: now, cause: 'change' }) !== account.tier;

/** Decided on what is there now. Who is gone is in no tier. */
const retier = async (deps: Deps, consumerId: string, now: Instant): Promise<void> => {
  const commit: Commit = async (writes, result) => {
    await deps.store.commit(writes);
    return result;
  };
  try {
    await withLedger(deps, { consumerId, actor: SYSTEM, now }, [], retiered, commit);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
};

/** The stream gives the instant of an edit in whole seconds, so that it may precede the account's last posting. */
const retiered = ({ books, clerk, now }: LedgerSession): Decision<null> => {
  const { account } = books;
  const at = laterOf(now, account.at) ?? now;
  const tier = tierAfter(account.tier, account.score, clerk.ladder, { at, cause: 'change' });
  return { books: tier === account.tier ? books : { ...books, account: { ...account, tier } }, answer: null };
};
