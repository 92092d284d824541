/** Points by hand and by other systems: one operation of the ledger. */
import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import type { Instant } from '../../domain/facts.ts';
import { instantOf, laterOf, MINUTE_MS, msOf } from '../../domain/instants.ts';
import type { Balances, Entry, Hold } from '../../domain/points/account.ts';
import { balancesOf } from '../../domain/points/account.ts';
import { isEntryId } from '../../domain/points/ids.ts';
import { caughtUp } from '../../domain/points/passing-of-time.ts';
import {
  accept,
  add,
  addPending,
  type Books,
  capture,
  debit,
  reject,
  release,
  reserve,
} from '../../domain/points/posting.ts';
import { RESERVATION_MINUTES } from '../../domain/points/settings.ts';
import { invalid, Refusal } from '../../domain/refusal.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';
import { type Decision, type LedgerSession, type Request, refuseOutsider, withLedger } from './ledger-session.ts';

interface Said {
  reason?: string | undefined;
  textKey?: string | undefined;
}
/** What is asked of the ledger, by type. */
export type PointsCommand = Said &
  (
    | { type: 'add'; points: number; expiresAt?: Instant | undefined }
    | { type: 'subtract' | 'spend'; points: number }
    | { type: 'add_pending'; points: number; expiresAt?: Instant | undefined; pendingId?: string | undefined }
    | { type: 'reserve'; points: number; expiresAt?: Instant | undefined; reservationId?: string | undefined }
    | { type: 'accept' | 'reject'; points?: number | undefined; pendingId: string }
    | { type: 'capture' | 'release'; points?: number | undefined; reservationId: string }
  );
type Opening = Extract<PointsCommand, { type: 'add_pending' | 'reserve' }>;
type Settling = Extract<PointsCommand, { type: 'accept' | 'reject' | 'capture' | 'release' }>;

export interface Posted {
  entryId: string;
  type: string;
  points: number;
  /** After all that the operation did. */
  balances: Balances;
  lots: { lotId: string; points: number }[];
}

/** `replayed`: it was answered before, under the same id. */
export interface PointsAnswer {
  posted: Posted;
  replayed: boolean;
}

/** Open holds of one consumer, of those that callers ask for. */
const MOST_HOLDS = 500;

/**
 * Refuses `not_member`, `insufficient_points`, `hold_not_found`, `hold_settled`, `reservation_expired`, `limit_reached`,
 * and `idempotency_key_reused` where a hold's id was used for something else. A hold that is asked for again under its own
 * id is answered as the first time.
 */
export const postPoints = async (
  deps: Deps,
  request: Request,
  command: PointsCommand,
  commit: Commit,
): Promise<PointsAnswer> => {
  switch (command.type) {
    case 'add':
    case 'subtract':
    case 'spend':
      return withLedger(deps, request, [], (desk) => atOnce(desk, command), commit);
    case 'add_pending':
    case 'reserve':
      return open(deps, request, command, commit);
    default:
      return settle(deps, request, command, commit);
  }
};

const open = async (deps: Deps, request: Request, command: Opening, commit: Commit): Promise<PointsAnswer> => {
  const holdId = command.type === 'reserve' ? command.reservationId : command.pendingId;
  if (holdId === undefined) return withLedger(deps, request, [], (desk) => opening(desk, command, null), commit);
  const { consumerId } = request;
  const first = await firstOf(deps, consumerId, holdId, command);
  if (first) return first;
  try {
    const keys = [{ kind: 'holdClaim', consumerId, holdId }] as const;
    const decide = (desk: LedgerSession, [claim]: readonly [RecordOf<'holdClaim'> | undefined]) => {
      if (claim) throw new TakenMeanwhile();
      return opening(desk, command, holdId);
    };
    return await withLedger(deps, request, keys, decide, commit);
  } catch (error) {
    const other = error instanceof TakenMeanwhile ? await firstOf(deps, consumerId, holdId, command) : null;
    if (other) return other;
    throw error;
  }
};
/** The same hold was asked for at the same time. */
class TakenMeanwhile extends Error {}

/** What the first request under this id was answered; null where there was none. */
const firstOf = async ({ store }: Deps, consumerId: string, holdId: string, command: Opening) => {
  const [claim, other] = await store.get(
    [{ kind: 'holdClaim', consumerId, holdId }, ...entryKeys(consumerId, holdId)],
    true,
  );
  if (!claim && other) {
    throw new Refusal('idempotency_key_reused', 'This id is that of an entry: it stands for what that one held.');
  }
  if (!claim) return null;
  if (claim.digest !== digestOf(command)) {
    throw new Refusal('idempotency_key_reused', 'This id was used for a hold with other content.');
  }
  const [entry] = await store.get([{ kind: 'entry', consumerId, entryId: claim.entryId }], true);
  if (!entry) throw new TypeError('a hold without its entry');
  return { posted: postedBy(entry, entry.balances), replayed: true };
};

/** A hold without an id of its own goes by that of the entry that opened it. */
const entryKeys = (consumerId: string, holdId: string) =>
  isEntryId(holdId) ? [{ kind: 'entry', consumerId, entryId: holdId } as const] : [];

const digestOf = (command: Opening): string => sha256(canonicalJson(command));

const atOnce = (
  desk: LedgerSession,
  command: Extract<PointsCommand, { type: 'add' | 'subtract' | 'spend' }>,
): Decision<PointsAnswer> => {
  const { profile, books, clerk, now } = desk;
  if (command.type !== 'subtract') refuseOutsider(profile);
  const saying = sayingOf(command, now);
  const { points } = command;
  return command.type === 'add'
    ? answered(desk, add(books, clerk, { ...saying, points, expiresAt: laterThan(now, command.expiresAt) ?? null }))
    : answered(desk, debit(books, clerk, { ...saying, type: command.type, points }));
};

const opening = (desk: LedgerSession, command: Opening, holdId: string | null): Decision<PointsAnswer> => {
  const { profile, books, clerk, now } = desk;
  refuseOutsider(profile);
  if (books.account.holds.length >= MOST_HOLDS) {
    throw new Refusal('limit_reached', `A consumer has ${MOST_HOLDS} open holds at most.`);
  }
  const { points } = command;
  const expiresAt = laterThan(now, command.expiresAt);
  const saying = { ...sayingOf(command, now), points, holdId };
  const after =
    command.type === 'reserve'
      ? reserve(books, clerk, { ...saying, settlesAt: expiresAt ?? reservedUntil(now) })
      : addPending(books, clerk, {
          ...saying,
          settlesAt: null,
          expiresAt: expiresAt ?? null,
          expiresAfterDays: null,
          orderId: null,
        });
  const decision = answered(desk, after);
  if (holdId === null) return decision;
  const { consumerId } = profile;
  const { entryId } = decision.answer.posted;
  const put = { kind: 'holdClaim', consumerId, holdId, entryId, digest: digestOf(command) } as const;
  return { ...decision, writes: [{ put, expect: 'absent' }] };
};

const reservedUntil = (now: Instant): Instant => instantOf(msOf(now) + RESERVATION_MINUTES * MINUTE_MS);

/** Refuses an instant that is not ahead: points would be gone, or given back, before they were there. */
const laterThan = (now: Instant, expiresAt: Instant | undefined): Instant | undefined => {
  if (expiresAt !== undefined && expiresAt <= now) {
    throw invalid('expiresAt', 'invalid_value', 'This instant is not in the future.');
  }
  return expiresAt;
};

const settle = async (deps: Deps, request: Request, command: Settling, commit: Commit): Promise<PointsAnswer> => {
  const { consumerId, now } = request;
  const holdId = 'pendingId' in command ? command.pendingId : command.reservationId;
  const kind = 'pendingId' in command ? 'pending' : 'reserved';
  const found = await openHold(deps, consumerId, holdId);
  const orderId = found?.kind === 'pending' ? found.orderId : null;
  const keys = orderId === null ? [] : [{ kind: 'order', consumerId, orderId } as const];
  try {
    return await withLedger(
      deps,
      request,
      keys,
      (desk, [order]) => {
        const hold = desk.books.account.holds.find((one) => one.holdId === holdId);
        if (hold?.kind !== kind) throw new NoSuchHold();
        const points = command.points ?? hold.points;
        if (points > hold.points) throw invalid('points', 'too_big', `Of these points ${hold.points} are left.`);
        const decision = answered(desk, settled(desk, hold, points, command));
        return { ...decision, writes: orderWrites(order, command, holdId, points) };
      },
      commit,
    );
  } catch (error) {
    throw error instanceof NoSuchHold ? await refusalOfHold(deps, { consumerId, holdId, kind, now }) : error;
  }
};
/** Nothing of this id is held now; why, is looked up. */
class NoSuchHold extends Error {}

/** The hold before this request, for what it is about. */
const openHold = async ({ store }: Deps, consumerId: string, holdId: string): Promise<Hold | undefined> => {
  const [account] = await store.get([{ kind: 'account', consumerId }], true);
  return account?.holds.find((hold) => hold.holdId === holdId);
};

const settled = ({ books, clerk, now }: LedgerSession, hold: Hold, points: number, command: Settling): Books => {
  const saying = { ...sayingOf(command, now), points };
  if (hold.kind === 'pending') return (command.type === 'accept' ? accept : reject)(books, clerk, { ...saying, hold });
  return (command.type === 'capture' ? capture : release)(books, clerk, { ...saying, hold });
};

const OPENS = { pending: 'add_pending', reserved: 'reserve' } as const;

/** The entry that opened the hold is found by its id, its end by time at the very instant that was said then. */
const refusalOfHold = async (
  { store }: Deps,
  { consumerId, holdId, kind, now }: { consumerId: string; holdId: string; kind: Hold['kind']; now: Instant },
): Promise<Refusal> => {
  const [claim] = await store.get([{ kind: 'holdClaim', consumerId, holdId }], true);
  const entryId = claim?.entryId ?? (isEntryId(holdId) ? holdId : null);
  const [entry] = entryId === null ? [] : await store.get([{ kind: 'entry', consumerId, entryId }], true);
  if (entry?.type !== OPENS[kind]) return new Refusal('hold_not_found', 'There are no held points with this id.');
  const until = entry.about.settlesAt;
  if (kind === 'reserved' && until !== undefined && until <= now) {
    // Not booked yet: time has ended it all the same.
    const [account] = await store.get([{ kind: 'account', consumerId }], true);
    const isOpen = account?.holds.some((hold) => hold.holdId === holdId) ?? false;
    if (isOpen || (await endedAt(store, consumerId, holdId, laterOf(until, entry.at) ?? until)))
      return new Refusal('reservation_expired', 'The reservation ended, and its points were released.');
  }
  return new Refusal('hold_settled', 'These points were settled before.');
};

/** Whether an entry of that very instant ended the hold: time's own entries are no later. */
const endedAt = async (store: Store, consumerId: string, holdId: string, at: Instant): Promise<boolean> => {
  const range = { from: at, to: instantOf(msOf(at) + 1), limit: 100 };
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await store.ledgerOf(consumerId, { ...range, cursor });
    if (page.items.some(({ about }) => about.holdId === holdId)) return true;
    cursor = page.nextCursor;
  }
  return false;
};

/** What is rejected by hand of an order's pending points, no refund takes back once more. */
const orderWrites = (
  order: RecordOf<'order'> | undefined,
  command: Settling,
  holdId: string,
  points: number,
): Write[] => {
  if (!order || command.type !== 'reject') return [];
  const awards = order.awards.map((award) =>
    award.holdId === holdId ? { ...award, taken: award.taken + points } : award,
  );
  return [{ put: { ...order, awards, version: order.version + 1 }, expect: { version: order.version } }];
};

const sayingOf = ({ reason, textKey }: Said, now: Instant) => ({ at: now, reason: reason ?? null, textKey });

/** The first entry that the operation posted tells what it did, the last one what it left. */
const answered = ({ books: before, clerk, now }: LedgerSession, after: Books): Decision<PointsAnswer> => {
  const entry = after.entries[before.entries.length];
  if (!entry) throw new TypeError('an operation without an entry');
  const books = caughtUp(after, clerk, now);
  return { books, answer: { posted: postedBy(entry, balancesOf(books.account)), replayed: false } };
};

const postedBy = ({ entryId, type, points, parts }: Entry, balances: Balances): Posted => ({
  entryId,
  type,
  points,
  balances,
  lots: parts.map(({ lotId, points }) => ({ lotId, points })),
});
