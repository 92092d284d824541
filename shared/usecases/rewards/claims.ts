/** Claims as others are told of them. */
import { absenceOf } from '../common/absence.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store } from '../ports/store.ts';

type ClaimRecord = RecordOf<'claim'>;
export type Claimed = Pick<ClaimRecord, 'claimId' | 'rewardId' | 'entryId' | 'points' | 'claimedAt'>;
export type ListedClaim = Claimed & Pick<ClaimRecord, 'name' | 'cancelledAt'>;

export const claimedBy = ({ claimId, rewardId, entryId, points, claimedAt }: ClaimRecord): Claimed => ({
  claimId,
  rewardId,
  entryId,
  points,
  claimedAt,
});

/** All claims of a consumer, cancelled ones too, the last id first. Throws `consumer_not_found` and `invalid_cursor`. */
export const listClaims = async (store: Store, consumerId: string, page: PageRequest): Promise<Page<ListedClaim>> => {
  const [[profile], { items, nextCursor }] = await Promise.all([
    store.get([{ kind: 'profile', consumerId }], true),
    store.claimsOf(consumerId, page),
  ]);
  if (profile === undefined) throw await absenceOf(store, consumerId);
  return {
    items: items.map(listedClaim),
    nextCursor,
  };
};

export const listedClaim = (claim: ClaimRecord): ListedClaim => ({
  ...claimedBy(claim),
  name: claim.name,
  cancelledAt: claim.cancelledAt,
});
