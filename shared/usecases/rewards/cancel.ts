/** Cancelling a claim: the points go back to the lots that paid for it, the reward back to the stock. */
import { caughtUp } from '../../domain/points/passing-of-time.ts';
import { giveBack } from '../../domain/points/posting.ts';
import { Refusal } from '../../domain/refusal.ts';
import { absenceOf } from '../common/absence.ts';
import { type Decision, type LedgerSession, type Request, withLedger } from '../points/ledger-session.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';
import { stockIn } from './rewards.ts';

type ClaimRecord = RecordOf<'claim'>;

/**
 * Points keep their expiry: those whose time has come meanwhile expire at once. Cancelling again does nothing. Throws
 * `Refusal` `consumer_not_found` and `not_found`.
 */
export const cancelClaim = async (deps: Deps, request: Request, claimId: string, commit: Commit): Promise<null> => {
  const { consumerId } = request;
  const { rewardId } = await claimOf(deps.store, consumerId, claimId);
  const keys = [
    { kind: 'claim', consumerId, claimId },
    { kind: 'stock', rewardId },
    { kind: 'rewardsState', consumerId },
  ] as const;
  return withLedger(
    deps,
    request,
    keys,
    (desk, [claim, stock, rewardsState]) => {
      if (!claim || claim.cancelledAt !== null) return { books: desk.books, answer: null };
      return cancelling(desk, claim, stockIn(stock), rewardsState);
    },
    commit,
  );
};

/** What is claimed under an id stays the same, so that it can be read before. */
const claimOf = async (store: Store, consumerId: string, claimId: string): Promise<ClaimRecord> => {
  const [profile, claim] = await store.get(
    [
      { kind: 'profile', consumerId },
      { kind: 'claim', consumerId, claimId },
    ],
    true,
  );
  if (profile === undefined) throw await absenceOf(store, consumerId);
  if (claim === undefined) throw new Refusal('not_found', 'The consumer has no claim with this id.');
  return claim;
};

const cancelling = (
  { books, clerk, now }: LedgerSession,
  claim: ClaimRecord,
  stock: RecordOf<'stock'>,
  rewardsState: RecordOf<'rewardsState'> | undefined,
): Decision<null> => {
  const { claimId, rewardId, parts, version } = claim;
  const saying = { at: now, reason: `reward:${rewardId}`, about: { rewardId, claimId } };
  const put = { ...claim, version: version + 1, cancelledAt: now };
  return {
    books: caughtUp(giveBack(books, clerk, { ...saying, parts }), clerk, now),
    writes: [{ put, expect: { version } }, putBack(stock), ...forgotten(rewardsState, claim)],
    answer: null,
  };
};

const putBack = ({ kind, rewardId, left }: RecordOf<'stock'>): Write => ({
  adjust: { kind, rewardId },
  by: { claimed: -1, ...(left !== null && { left: 1 }) },
});

const forgotten = (rewardsState: RecordOf<'rewardsState'> | undefined, { claimId, rewardId }: ClaimRecord): Write[] => {
  if (!rewardsState) return [];
  const { claims, latestClaims, version } = rewardsState;
  const { [rewardId]: count = 0, ...others } = claims;
  const put = {
    ...rewardsState,
    version: version + 1,
    claims: count > 1 ? { ...others, [rewardId]: count - 1 } : others,
    latestClaims: latestClaims.filter((claim) => claim.claimId !== claimId),
  };
  return [{ put, expect: { version } }];
};
