/** A consumer's points and tier as answers show them, as of now, whether or not what time has done is booked. */
import type { Instant } from '../../domain/facts.ts';
import { laterOf } from '../../domain/instants.ts';
import type { Account, Balances } from '../../domain/points/account.ts';
import { balancesOf, emptyAccount } from '../../domain/points/account.ts';
import { caughtUp } from '../../domain/points/passing-of-time.ts';
import { opened, type PostingContext, SYSTEM } from '../../domain/points/posting.ts';
import { nextTier, tierInForce } from '../../domain/points/tiers.ts';
import type { Settings } from '../../domain/settings.ts';
import type { RecordOf } from '../ports/records.ts';
import type { ConsumerState, Store } from '../ports/store.ts';
import { readAccount } from './accounts.ts';
import { ladderIn } from './ledger-session.ts';

export interface PointsShown extends Balances {
  /** The points that are gone next, all of that instant. */
  nextExpiry: { points: number; at: Instant } | null;
}
export interface TierShown {
  tierId: string;
  name: string;
  since: Instant;
  /** Given by hand. */
  manual: boolean;
  next: { tierId: string; name: string; pointsNeeded: number } | null;
}

/** The account with all its lots, where the first ones alone don't tell what is shown. */
export const withAllLots = async (
  store: Store,
  record: RecordOf<'account'> | undefined,
  now: Instant,
): Promise<RecordOf<'account'> | undefined> => {
  if (record === undefined || record.pages.length === 0 || !tellsOnlyWithPages(record, now)) return record;
  return { ...record, ...(await readAccount(store, record.consumerId, record)) };
};

/** Lots on pages end no earlier than the last one that stands with the account: whatever ends before is all there. */
const tellsOnlyWithPages = (record: RecordOf<'account'>, now: Instant): boolean => {
  const end = record.lots.at(-1)?.expiresAt ?? null;
  const next = accountAt(record, now).lots[0]?.expiresAt ?? null;
  return end !== null && (next === null || next >= end);
};

/** Nothing that is only read is posted: what these entries would be called is all the same. */
const READER: PostingContext = { ladder: null, mark: '00000000', actor: SYSTEM };

export const accountAt = (account: Account | undefined, now: Instant): Account =>
  caughtUp(opened(account ?? emptyAccount()), READER, now).account;

export const pointsShown = (account: Account): PointsShown => {
  const at = account.lots[0]?.expiresAt ?? null;
  const next = account.lots.filter(({ expiresAt }) => expiresAt === at);
  const points = next.reduce((sum, { remaining }) => sum + remaining, 0);
  return { ...balancesOf(account), nextExpiry: at === null ? null : { points, at } };
};

/**
 * The tier in force; null where there is none. Where nothing was posted since the ladder led there, it is in force since
 * `otherwiseSince`.
 */
export const tierShown = (account: Account, settings: Settings, otherwiseSince: Instant): TierShown | null => {
  const ladder = ladderIn(settings);
  const { tier, manual } = tierInForce(account.tier, account.score, ladder);
  if (tier === null) return null;
  const stored = account.tier.tierId === tier.tierId ? account.tier.since : null;
  const next = nextTier(tier, account.score, ladder);
  return {
    tierId: tier.tierId,
    name: tier.name,
    since: stored ?? otherwiseSince,
    manual,
    next: next && { tierId: next.tier.tierId, name: next.tier.name, pointsNeeded: next.pointsNeeded },
  };
};

/** The tier of a consumer who may have no points yet. */
export const tierOf = (
  { profile, account }: Pick<ConsumerState, 'profile' | 'account'>,
  { settings, tiersUpdatedAt }: { settings: Settings; tiersUpdatedAt: Instant | null },
  now: Instant,
): TierShown | null => {
  const since = laterOf(tiersUpdatedAt, profile.createdAt) ?? profile.createdAt;
  return tierShown(accountAt(account, now), settings, since);
};
