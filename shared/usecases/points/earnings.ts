/** What the events of one request mean for a consumer's points and challenges, one after the other. */

import { isSettling } from '../../domain/event-types.ts';
import type { ConsumerEvent, Instant, OrderState } from '../../domain/facts.ts';
import { isEveryone, type Memberships } from '../../domain/points/audience.ts';
import {
  acceptAwards,
  type Earned,
  type EarningTerms,
  earn,
  type OrderAward,
  takeBackAwards,
} from '../../domain/points/awards.ts';
import { advanced, type Challenge, contribution, NO_PROGRESS } from '../../domain/points/challenges.ts';
import { caughtUp } from '../../domain/points/passing-of-time.ts';
import { add, type Books, type PostingContext } from '../../domain/points/posting.ts';
import { minorDigitsOf, type Settings } from '../../domain/settings.ts';
import { challengesIn } from '../challenges/challenges.ts';
import { scoringOf } from '../organization/scoring.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Write } from '../ports/store.ts';
import { accountWrites, type OpenedAccount } from './accounts.ts';

/** What types of events touch, by the settings: so that no event reads or writes what it has nothing to do with. */
export interface Interest {
  account: boolean;
  rewardsState: boolean;
  /** Whether a rule or a challenge is for some segments or lists alone. */
  memberships: boolean;
}
/** Before anything is known: audiences are few. */
export const FIRST_GUESS: Interest = { account: true, rewardsState: true, memberships: false };

export const interestIn = (settings: RecordOf<'settings'> | undefined, types: readonly string[]): Interest => {
  const rules = scoringOf(settings).settings['earning-rules'].rules.filter(({ event }) => types.includes(event));
  const challenges = challengesIn(settings).filter(({ goal }) => types.includes(goal.event));
  const rewardsState = challenges.length > 0;
  return {
    account: rewardsState || rules.length > 0 || types.some(isSettling),
    rewardsState,
    memberships: [...rules, ...challenges].some(({ audience }) => audience !== undefined && !isEveryone(audience)),
  };
};

/** What one event earned, and what its order's awards are after it. */
export interface Taken {
  earned: Earned | null;
  awards: OrderAward[];
}
export interface Standing {
  opened: OpenedAccount;
  books: Books;
  rewardsState: RecordOf<'rewardsState'> | undefined;
  isMember: boolean;
  /** None where nothing asks for them. */
  memberships: Memberships;
}

const NOTHING: Taken = { earned: null, awards: [] };

export class Earnings {
  readonly #standing: Standing;
  readonly #clerk: PostingContext;
  readonly #terms: EarningTerms;
  readonly #challenges: readonly Challenge[];
  readonly #now: Instant;
  #books: Books;
  #rewardsState: RecordOf<'rewardsState'>;

  constructor(standing: Standing, clerk: PostingContext, settings: RecordOf<'settings'> | undefined, now: Instant) {
    this.#standing = standing;
    this.#clerk = clerk;
    this.#terms = termsOf(scoringOf(settings).settings, standing);
    this.#challenges = challengesIn(settings);
    this.#now = now;
    this.#books = standing.books;
    this.#rewardsState = standing.rewardsState ?? emptyRewardsState(standing.opened.consumerId);
  }

  /** Takes in one event: what it earns or takes back is posted, and its challenges go on. */
  take(event: ConsumerEvent, before: RecordOf<'order'> | undefined, after: OrderState | undefined): Taken {
    const settled = before && after && isSettling(event.type) ? this.#settle(event, after, before.awards) : [];
    const { books, earned, awards: given } = earn(this.#books, this.#clerk, this.#terms, event, this.#now);
    this.#books = books;
    const awards = [...settled, ...given];
    const completed = this.#terms.isMember ? this.#advance(event) : 0;
    if (completed === 0) return { earned, awards };
    const { awarded = 0, ...others } = earned ?? { pending: 0 };
    return { earned: { awarded: awarded + completed, ...others }, awards };
  }

  writes(): Write[] {
    const { opened, rewardsState } = this.#standing;
    const account = accountWrites(opened, caughtUp(this.#books, this.#clerk, this.#now), this.#now);
    if (this.#rewardsState === rewardsState || this.#rewardsState.version === 0) return account;
    const expect = rewardsState ? { version: rewardsState.version } : 'absent';
    return [...account, { put: this.#rewardsState, expect }];
  }

  #settle(event: ConsumerEvent, order: OrderState, awards: OrderAward[]): OrderAward[] {
    if (awards.length === 0) return awards;
    const saying = { at: this.#now, about: { eventId: event.eventId, orderId: order.orderId } };
    if (event.type === 'order_accepted') {
      if (order.settlement?.state === 'accepted') {
        this.#books = acceptAwards(this.#books, this.#clerk, awards, saying);
      }
      return awards;
    }
    const policy = this.#terms.refundPolicy;
    const taken = takeBackAwards(this.#books, this.#clerk, { ...order, awards }, { ...saying, policy });
    this.#books = taken.books;
    return taken.awards;
  }

  /** Counts the event for every challenge that it is about; gives back the points of those that it completed. */
  #advance(event: ConsumerEvent): number {
    let points = 0;
    for (const challenge of this.#challenges) {
      const amount = contribution(challenge, event, this.#terms.memberships, this.#now);
      const before = this.#rewardsState.challenges[challenge.challengeId] ?? NO_PROGRESS;
      const { progress, times } = advanced(challenge, before, amount, this.#now);
      if (progress !== before) this.#note(challenge, progress, times);
      if (times > 0) points += this.#pay(challenge, times, event);
    }
    return points;
  }

  #note(challenge: Challenge, progress: typeof NO_PROGRESS, times: number): void {
    const { challengeId, name } = challenge;
    const points = challenge.points * times;
    const done = { challengeId, name, points, times, completedAt: this.#now };
    this.#rewardsState = {
      ...this.#rewardsState,
      version: (this.#standing.rewardsState?.version ?? 0) + 1,
      challenges: { ...this.#rewardsState.challenges, [challengeId]: progress },
      completed: times === 0 ? this.#rewardsState.completed : [done, ...this.#rewardsState.completed].slice(0, LATEST),
    };
  }

  #pay({ challengeId, points }: Challenge, times: number, { eventId }: ConsumerEvent): number {
    if (points === 0) return 0;
    const saying = { at: this.#now, reason: `challenge:${challengeId}`, about: { challengeId, eventId } };
    this.#books = add(this.#books, this.#clerk, { ...saying, points: points * times, expiresAt: null });
    return points * times;
  }
}

/** Of claims and completions, the newest that the detail shows. */
export const LATEST = 10;

export const emptyRewardsState = (consumerId: string): RecordOf<'rewardsState'> => ({
  kind: 'rewardsState',
  consumerId,
  version: 0,
  claims: {},
  latestClaims: [],
  challenges: {},
  completed: [],
});

const termsOf = (settings: Settings, { isMember, memberships }: Standing): EarningTerms => ({
  rules: settings['earning-rules'].rules,
  modules: settings.modules,
  refundPolicy: settings['earning-rules'].refundPolicy,
  isMember,
  memberships,
  currencyDigits: minorDigitsOf(settings.organization.currency),
  timezone: settings.organization.timezone,
});

/** Without an account in question, events earn nothing and settle nothing. */
export const NO_EARNINGS: Pick<Earnings, 'take' | 'writes'> = {
  take: (_, before) => ({ ...NOTHING, awards: before?.awards ?? [] }),
  writes: () => [],
};
