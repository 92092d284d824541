/** Trying a ladder of tiers out: who would be in which tier if it were in force now. Nothing is written. */
import type { Instant } from '../../domain/facts.ts';
import { type Account, emptyAccount } from '../../domain/points/account.ts';
import { NO_TIER } from '../../domain/points/settings.ts';
import { type Ladder, tierInForce } from '../../domain/points/tiers.ts';
import type { Settings } from '../../domain/settings.ts';
import { scoringOf } from '../organization/scoring.ts';
import { unlessStale } from '../organization/settings.ts';
import { fromAccountsOf } from '../points/accounts-of.ts';
import { ladderIn } from '../points/ledger-session.ts';
import { accountAt } from '../points/shown.ts';
import type { Store } from '../ports/store.ts';

/** Where a consumer is now, and where they would be. */
interface Standing {
  consumerId: string;
  from: string | null;
  to: string | null;
}
export interface Simulated {
  /** Those who would be in another tier than now, by their ids. */
  moves: Standing[];
  /** Of everyone, how many would be in each tier, or in none. */
  counts: Record<string, number>;
  /** Whether there are more moves than these. */
  truncated: boolean;
}

const MOST_MOVES = 1_000;

/** Throws `version_conflict`. */
export const simulateTiers = async (
  store: Store,
  { value, ifMatch, now }: { value: Settings['tiers']; ifMatch: number | undefined; now: Instant },
): Promise<Simulated> => {
  const [record] = await store.get([{ kind: 'settings' }], true);
  unlessStale(record, { name: 'tiers', ifMatch });
  const { settings } = scoringOf(record);
  const ladders = { before: ladderIn(settings), after: ladderIn({ ...settings, tiers: value }) };
  const slices = Array.from({ length: store.slices }, (_, slice) => slice);
  const standings = (await Promise.all(slices.map((slice) => standingsIn(store, slice, ladders, now)))).flat();
  const moves = standings.filter(({ from, to }) => from !== to).sort(byId);
  return {
    moves: moves.slice(0, MOST_MOVES),
    counts: countsOf(standings, ladders.after),
    truncated: moves.length > MOST_MOVES,
  };
};

const byId = (one: Standing, other: Standing): number => (one.consumerId < other.consumerId ? -1 : 1);

const countsOf = (standings: readonly Standing[], ladder: Ladder): Record<string, number> => {
  const counts = new Map([...(ladder ?? []).map(({ tierId }) => tierId), NO_TIER].map((tier) => [tier, 0]));
  for (const { to } of standings) counts.set(to ?? NO_TIER, (counts.get(to ?? NO_TIER) ?? 0) + 1);
  return Object.fromEntries(counts);
};

interface Ladders {
  before: Ladder;
  after: Ladder;
}

const standingsIn = async (store: Store, slice: number, ladders: Ladders, now: Instant): Promise<Standing[]> => {
  const consumerIds: string[] = [];
  for await (const { consumerId } of store.populationSlice(slice)) consumerIds.push(consumerId);
  const standingOf = (consumerId: string, { tier, score }: Account): Standing => {
    const tierOn = (ladder: Ladder) => tierInForce(tier, score, ladder).tier?.tierId ?? null;
    return { consumerId, from: tierOn(ladders.before), to: tierOn(ladders.after) };
  };
  const found = await fromAccountsOf(store, consumerIds, (account) =>
    standingOf(account.consumerId, accountAt(account, now)),
  );
  // Who has no points yet is shown in a tier that asks for none.
  const known = new Set(found.map(({ consumerId }) => consumerId));
  const others = consumerIds.filter((consumerId) => !known.has(consumerId));
  return [...found, ...others.map((consumerId) => standingOf(consumerId, emptyAccount()))];
};
