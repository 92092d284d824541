/** A consumer as of an instant. What several attributes are read from is made when first asked for, and once. */
import type { PurchaseHistory } from '../churn.ts';
import { decayOf } from '../decay.ts';
import type { Instant, Profile } from '../facts.ts';
import { DAY_MS, laterOf, msOf } from '../instants.ts';
import { type BestWindow, bestWindow } from '../metrics/best-send-time.ts';
import type { Account } from '../points/account.ts';
import { caughtUp, isBehind, nextChangeAt } from '../points/passing-of-time.ts';
import { opened, type PostingContext, SYSTEM } from '../points/posting.ts';
import type { Tier } from '../points/settings.ts';
import { type Ladder, ladderOf, nextTier, tierInForce } from '../points/tiers.ts';
import type { Settings } from '../settings.ts';
import { percentileIn, type Ranked, rankedOf } from '../summary.ts';
import { NEVER } from './moments.ts';
import type { Picture, RuleContext } from './picture.ts';
import type { Tally } from './tally.ts';

export interface TierInForce {
  tier: Tier;
  manual: boolean;
  since: Instant;
  next: { tier: Tier; pointsNeeded: number } | null;
}

/** Nothing that is only read is posted: what its entries would be called is all the same. */
const NO_MARK = '00000000';

export class Reading {
  readonly picture: Picture;
  readonly context: RuleContext;
  readonly now: Instant;
  readonly nowMs: number;
  #account: Account | undefined;
  #tier: TierInForce | null | undefined;
  #ranked: Ranked | null | undefined;
  #bestWindow: BestWindow | null | undefined;
  #decayOfLoyalty: ((ms: number) => number) | undefined;
  #decayOfActivity: ((ms: number) => number) | undefined;
  #lastOrderMs: number | null | undefined;
  #accountChangesMs: number | undefined;
  #ordered: { x: number; tx: number; firstMs: number } | null | undefined;

  constructor(picture: Picture, context: RuleContext, now: Instant) {
    this.picture = picture;
    this.context = context;
    this.now = now;
    this.nowMs = msOf(now);
  }

  get profile(): Profile {
    return this.picture.profile;
  }

  get metrics(): Picture['metrics'] {
    return this.picture.metrics;
  }

  /** With all that time has done to it. */
  get account(): Account {
    if (this.#account === undefined) {
      const { account } = this.picture;
      const clerk: PostingContext = { ladder: ladderIn(this.context.settings), mark: NO_MARK, actor: SYSTEM };
      this.#account = isBehind(account, this.now) ? caughtUp(opened(account), clerk, this.now).account : account;
    }
    return this.#account;
  }

  /** When time changes the account next. */
  get accountChangesMs(): number {
    if (this.#accountChangesMs === undefined) {
      const at = nextChangeAt(this.account);
      this.#accountChangesMs = at === null ? NEVER : msOf(at);
    }
    return this.#accountChangesMs;
  }

  get tier(): TierInForce | null {
    if (this.#tier === undefined) this.#tier = this.#tierNow();
    return this.#tier;
  }

  /** Null outside the population. */
  percentile(dimension: keyof Ranked): number | null {
    const { summary } = this.context;
    if (this.#ranked === undefined) this.#ranked = rankedOf(this.metrics, this.metrics.eligible);
    return summary === null ? null : percentileIn(summary, dimension, this.#ranked);
  }

  get bestWindow(): BestWindow | null {
    if (this.#bestWindow === undefined) {
      const { engagedMinutes } = this.metrics;
      this.#bestWindow = engagedMinutes.length === 0 ? null : bestWindow(engagedMinutes, this.timezone);
    }
    return this.#bestWindow;
  }

  get timezone(): string | null {
    return this.metrics.timezone?.value ?? null;
  }

  loyaltyAt(ms: number): number {
    const { loyaltySum, halfLifeDays } = this.metrics;
    this.#decayOfLoyalty ??= decayOf(loyaltySum, halfLifeDays);
    return this.#decayOfLoyalty(ms);
  }

  activityAt(ms: number): number {
    const { activitySum, activityHalfLifeDays } = this.metrics;
    this.#decayOfActivity ??= decayOf(activitySum, activityHalfLifeDays);
    return this.#decayOfActivity(ms);
  }

  get lastOrderMs(): number | null {
    if (this.#lastOrderMs === undefined) {
      const { firstOrderAt, lastOrderAt } = this.metrics;
      this.#lastOrderMs = firstOrderAt === null || lastOrderAt === null ? null : msOf(lastOrderAt);
    }
    return this.#lastOrderMs;
  }

  /** What the churn model sees as of an instant, in days; null without orders. */
  purchaseHistoryAt(ms: number): PurchaseHistory | null {
    if (this.#ordered === undefined) this.#ordered = this.#orders();
    if (this.#ordered === null) return null;
    const { x, tx, firstMs } = this.#ordered;
    return { x, tx, T: Math.max(tx, (ms - firstMs) / DAY_MS) };
  }

  /** What a condition over events has counted; see `tallyKeyOf`. */
  tally(key: string): Tally | undefined {
    return this.metrics.tallies[key];
  }

  #orders() {
    const { lastOrderMs } = this;
    const { orders, firstOrderAt } = this.metrics;
    if (orders === 0 || lastOrderMs === null || firstOrderAt === null) return null;
    const firstMs = msOf(firstOrderAt);
    return { x: orders - 1, tx: (lastOrderMs - firstMs) / DAY_MS, firstMs };
  }

  #tierNow(): TierInForce | null {
    const { account } = this;
    const ladder = ladderIn(this.context.settings);
    const { tier, manual } = tierInForce(account.tier, account.score, ladder);
    if (tier === null) return null;
    const { createdAt } = this.profile;
    const otherwise = laterOf(this.context.tiersUpdatedAt, createdAt) ?? createdAt;
    const since = (account.tier.tierId === tier.tierId ? account.tier.since : null) ?? otherwise;
    return { tier, manual, since, next: nextTier(tier, account.score, ladder) };
  }
}

const ladders = new WeakMap<Settings, { ladder: Ladder }>();

function ladderIn(settings: Settings): Ladder {
  const known = ladders.get(settings);
  if (known) return known.ladder;
  const ladder = ladderOf(settings.tiers.tiers, settings.modules.tiers);
  ladders.set(settings, { ladder });
  return ladder;
}
