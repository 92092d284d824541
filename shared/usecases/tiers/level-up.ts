/** Giving a tier by hand: it is kept until the score has earned it. */
import type { Account } from '../../domain/points/account.ts';
import { tierByHand } from '../../domain/points/tiers.ts';
import { type LedgerSession, type Request, withLedger } from '../points/ledger-session.ts';
import { type TierShown, tierShown } from '../points/shown.ts';
import type { Commit, Deps } from '../ports/deps.ts';

export interface LevelUp {
  tierId: string;
  reason: string;
}
export interface LeveledUp {
  consumerId: string;
  tier: TierShown | null;
}

/** Safe to repeat. Refuses `module_off`, and a tier that there is not or that is below the one earned. */
export const levelUp = (
  deps: Deps,
  request: Request,
  { tierId, reason }: LevelUp,
  commit: Commit,
): Promise<LeveledUp> => {
  const { consumerId, actor } = request;
  const decide = ({ books, clerk, settings, now }: LedgerSession) => {
    const before = books.account;
    const answer = (account: Account) => ({ consumerId, tier: tierShown(account, settings, now) });
    const tier = tierByHand(before.tier, before.score, clerk.ladder, { tierId, at: now });
    if (tier === before.tier) return { books, answer: answer(before) };
    const account = { ...before, tier };
    return { books: { ...books, account }, byHand: { actor, reason }, answer: answer(account) };
  };
  return withLedger(deps, request, [], decide, commit);
};
