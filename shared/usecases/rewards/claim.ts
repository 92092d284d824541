/** Claiming a reward: the points and the stock are taken together, or neither is. */
import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import { isEveryone, type Memberships, NO_MEMBERSHIPS } from '../../domain/points/audience.ts';
import { debit } from '../../domain/points/posting.ts';
import { reasonsAgainst } from '../../domain/points/rewards.ts';
import { Refusal } from '../../domain/refusal.ts';
import { catalogueOf, membershipsOf } from '../organization/catalogue.ts';
import { emptyRewardsState, LATEST } from '../points/earnings.ts';
import {
  type Decision,
  type LedgerSession,
  type Request,
  refuseOutsider,
  withLedger,
} from '../points/ledger-session.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';
import { type Claimed, claimedBy } from './claims.ts';
import { stockIn } from './rewards.ts';

export interface ClaimAsked {
  rewardId: string;
  /** Unique for the consumer; without it the service makes one. */
  claimId?: string | undefined;
}
export interface ClaimAnswer {
  claimed: Claimed;
  /** Whether the same was claimed under this id before. */
  replayed: boolean;
}
/** What a claim is decided on, beside the consumer's books. */
interface Offer {
  claimId: string;
  reward: RecordOf<'reward'>;
  stock: RecordOf<'stock'>;
  rewardsState: RecordOf<'rewardsState'> | undefined;
  /** Of the consumer; none where the reward is for everyone. */
  memberships: Memberships;
}

/**
 * Refuses, the first that holds: `consumer_not_found`, `idempotency_key_reused`, `not_found` (the reward), `not_member`,
 * `not_eligible` with every reason, `limit_reached`, `out_of_stock`, `insufficient_points`. A claim that comes again under
 * its own id is answered as the first time, whatever has changed since.
 */
export const claimReward = (
  deps: Deps,
  request: Request,
  { rewardId, ...asked }: ClaimAsked,
  commit: Commit,
): Promise<ClaimAnswer> => {
  const { consumerId } = request;
  const claimId = asked.claimId ?? deps.newId(request.now);
  const keys = [
    { kind: 'claim', consumerId, claimId },
    { kind: 'reward', rewardId },
    { kind: 'stock', rewardId },
    { kind: 'rewardsState', consumerId },
    { kind: 'memberships', consumerId },
  ] as const;
  return withLedger(
    deps,
    request,
    keys,
    async (desk, [claim, reward, stock, rewardsState, record]) => {
      if (claim) return repeated(desk, claim, rewardId);
      if (!reward) throw new Refusal('not_found', 'There is no reward with this id.');
      const memberships = await askedOf(deps.store, reward, desk, record);
      return claiming(desk, { claimId, reward, stock: stockIn(stock), rewardsState, memberships });
    },
    commit,
  );
};

const askedOf = async (
  store: Store,
  { audience }: RecordOf<'reward'>,
  { record: settings }: LedgerSession,
  record: RecordOf<'memberships'> | undefined,
): Promise<Memberships> =>
  isEveryone(audience) ? NO_MEMBERSHIPS : membershipsOf(record, await catalogueOf(store, settings));

const repeated = ({ books }: LedgerSession, claim: RecordOf<'claim'>, rewardId: string): Decision<ClaimAnswer> => {
  if (claim.digest !== digestOf(rewardId)) {
    throw new Refusal('idempotency_key_reused', 'This claimId was used with other content.');
  }
  return { books, answer: { claimed: claimedBy(claim), replayed: true } };
};

/** What the caller said, but for the claim's id. */
const digestOf = (rewardId: string): string => sha256(canonicalJson({ rewardId }));

const claiming = (desk: LedgerSession, offer: Offer): Decision<ClaimAnswer> => {
  refuse(desk, offer);
  const { clerk, now, profile } = desk;
  const { claimId, reward, stock, rewardsState } = offer;
  const { rewardId, name, costPoints: points } = reward;
  const about = { rewardId, claimId };
  const saying = { at: now, reason: `reward:${rewardId}`, about };
  const books = debit(desk.books, clerk, { ...saying, type: 'spend', points });
  const entry = books.entries.at(-1);
  if (!entry) throw new TypeError('a debit without an entry');
  const put: RecordOf<'claim'> = {
    ...{ kind: 'claim', consumerId: profile.consumerId, claimId, version: 1, rewardId, name, points },
    ...{ entryId: entry.entryId, claimedAt: now, cancelledAt: null, parts: entry.parts, digest: digestOf(rewardId) },
  };
  return {
    books,
    writes: [{ put, expect: 'absent' }, taken(stock), unchanged(reward), noted(rewardsState, put)],
    answer: { claimed: claimedBy(put), replayed: false },
  };
};

const refuse = ({ profile, now }: LedgerSession, { reward, stock, rewardsState, memberships }: Offer): void => {
  refuseOutsider(profile);
  const claimer = { isActive: profile.status === 'active', memberships };
  const reasons = reasonsAgainst(reward, claimer, now);
  if (reasons.length > 0) {
    throw new Refusal('not_eligible', 'The consumer may not claim this reward now.', [], reasons);
  }
  const { limitPerConsumer, rewardId } = reward;
  if (limitPerConsumer !== null && (rewardsState?.claims[rewardId] ?? 0) >= limitPerConsumer) {
    throw new Refusal('limit_reached', `A consumer claims this reward ${limitPerConsumer} times at most.`);
  }
  if (stock.left !== null && stock.left <= 0) throw new Refusal('out_of_stock', 'Nothing is left of this reward.');
};

const taken = ({ kind, rewardId, left }: RecordOf<'stock'>): Write => ({
  adjust: { kind, rewardId },
  by: { claimed: 1, ...(left !== null && { left: -1 }) },
});

/** A claim costs what the reward costs when it is made, and is made while there is a reward. */
const unchanged = ({ kind, rewardId, version }: RecordOf<'reward'>): Write => ({
  check: { kind, rewardId },
  expect: { version },
});

const noted = (before: RecordOf<'rewardsState'> | undefined, claim: RecordOf<'claim'>): Write => {
  const { consumerId, claimId, rewardId, name, points, claimedAt } = claim;
  const rewardsState = before ?? emptyRewardsState(consumerId);
  const { claims, latestClaims, version } = rewardsState;
  const latest = { claimId, rewardId, name, points, claimedAt };
  const put = {
    ...rewardsState,
    version: version + 1,
    claims: { ...claims, [rewardId]: (claims[rewardId] ?? 0) + 1 },
    latestClaims: [latest, ...latestClaims].slice(0, LATEST),
  };
  return { put, expect: before ? { version } : 'absent' };
};
