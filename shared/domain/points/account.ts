/**
 * A consumer's points: balances, open lots, what is held. All of it is the fold of the ledger; nothing but an entry of
 * the ledger changes it.
 *
 * available = score − spent − reserved − expired, at all times. The open lots add up to it, unless a refund left a debt:
 * then available is below 0, and there is no lot.
 */
import type { Instant } from '../facts.ts';

/** What an entry of the ledger does to the balances; `available` follows from them. */
export const EFFECT = {
  add: { score: +1, spent: 0, pending: 0, reserved: 0, expired: 0 },
  subtract: { score: -1, spent: 0, pending: 0, reserved: 0, expired: 0 },
  spend: { score: 0, spent: +1, pending: 0, reserved: 0, expired: 0 }, // spending never moves the tier
  add_pending: { score: 0, spent: 0, pending: +1, reserved: 0, expired: 0 },
  accept: { score: +1, spent: 0, pending: -1, reserved: 0, expired: 0 },
  reject: { score: 0, spent: 0, pending: -1, reserved: 0, expired: 0 },
  reserve: { score: 0, spent: 0, pending: 0, reserved: +1, expired: 0 },
  capture: { score: 0, spent: +1, pending: 0, reserved: -1, expired: 0 },
  release: { score: 0, spent: 0, pending: 0, reserved: -1, expired: 0 },
  expire: { score: 0, spent: 0, pending: 0, reserved: 0, expired: +1 },
  /** Of an award, by a refund. */
  reverse: { score: -1, spent: 0, pending: 0, reserved: 0, expired: 0 },
  /** Of a spending: a cancelled claim. */
  return: { score: 0, spent: -1, pending: 0, reserved: 0, expired: 0 },
} as const satisfies Record<string, Record<keyof Sums, number>>;
export type EntryType = keyof typeof EFFECT;

export interface Sums {
  /** Earned since member; defines the tier. */
  score: number;
  spent: number;
  pending: number;
  reserved: number;
  expired: number;
}
export type Balances = Sums & { available: number };

/** Points that were earned together and expire together. `size` is how many they were. */
export interface LotIdentity {
  /** Of the entry that earned them: it begins with `earnedAt`. */
  lotId: string;
  earnedAt: Instant;
  /** Null: never. At this instant they are gone. */
  expiresAt: Instant | null;
  size: number;
}
export type Lot = LotIdentity & { remaining: number };
/** What was taken from a lot, or given to it. */
export type Part = LotIdentity & { points: number };

/** Points that wait for a decision. */
interface Held {
  holdId: string;
  /** What is left to decide on. */
  points: number;
  /** When time decides: pending points are accepted, reserved ones released. Null: never. */
  settlesAt: Instant | null;
}
export type PendingHold = Held & {
  kind: 'pending';
  /** When the points will expire: at an instant, or so many days or months after they were accepted. */
  expiresAt: Instant | null;
  expiresAfterDays: number | null;
  expiresAfterMonths?: number | undefined;
  /** The order that earned them. */
  orderId: string | null;
};
export type ReservedHold = Held & { kind: 'reserved'; parts: Part[] };
export type Hold = PendingHold | ReservedHold;

/** The tier that a consumer was last said to be in. */
export interface TierState {
  tierId: string | null;
  since: Instant | null;
  /** Given by hand. */
  manual: boolean;
  cause: 'change' | 'time';
}

export interface Account extends Sums {
  /** How many entries the ledger has. */
  entries: number;
  /** The instant of the newest entry: none is earlier than the one before it. */
  at: Instant | null;
  /** What is left, in the order in which it is taken. */
  lots: Lot[];
  holds: Hold[];
  tier: TierState;
  /** What capped rules gave, by rule. */
  given: Record<string, Given>;
}
/** Points by day and by month of the organization's calendar, the newest ones only. */
export interface Given {
  days: Record<string, number>;
  months: Record<string, number>;
}

/** One entry of the ledger; never changed. `points` is positive, its type says what happened to it. */
export interface Entry {
  entryId: string;
  at: Instant;
  type: EntryType;
  points: number;
  /** After it. */
  balances: Balances;
  /** What it took from lots, or gave to them. */
  parts: Part[];
  /** For staff; null where the service acted by itself. */
  reason: string | null;
  /** The text that consumers are shown, to be translated. */
  textKey: string;
  actor: string;
  /** Whether somebody did something, or time passed. */
  cause: 'change' | 'time';
  /** What it is about, as far as it is about something. */
  about: EntryAbout;
}
export interface EntryAbout {
  eventId?: string;
  orderId?: string;
  /** The reservation or the pending points. */
  holdId?: string;
  /** When the reservation ends. */
  settlesAt?: Instant;
  rewardId?: string;
  claimId?: string;
  challengeId?: string;
  /** The earning rule as it was then. */
  rule?: Record<string, unknown>;
}

export const emptyAccount = (): Account => ({
  ...{ score: 0, spent: 0, pending: 0, reserved: 0, expired: 0 },
  entries: 0,
  at: null,
  lots: [],
  holds: [],
  tier: { tierId: null, since: null, manual: false, cause: 'change' },
  given: {},
});

export const availableIn = ({ score, spent, reserved, expired }: Sums): number => score - spent - reserved - expired;

export const balancesOf = (sums: Sums): Balances => ({
  available: availableIn(sums),
  score: sums.score,
  spent: sums.spent,
  pending: sums.pending,
  reserved: sums.reserved,
  expired: sums.expired,
});

/** Whether the entry's parts went into lots (+1), came out of them (−1), or only changed their name (0). */
export const LOT_DIRECTION: Readonly<Record<EntryType, -1 | 0 | 1>> = {
  add: +1,
  accept: +1,
  release: +1,
  return: +1,
  subtract: -1,
  spend: -1,
  reserve: -1,
  expire: -1,
  reverse: -1,
  add_pending: 0,
  reject: 0,
  capture: 0,
};
