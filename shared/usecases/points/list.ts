/** A consumer's points: the ledger, and the lots that are open. */
import type { Instant } from '../../domain/facts.ts';
import { isBehind } from '../../domain/points/passing-of-time.ts';
import { absenceOf } from '../common/absence.ts';
import type { Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Page, PageRequest, Store } from '../ports/store.ts';
import { readAccount } from './accounts.ts';
import { bookTimeOf } from './book-time.ts';
import { accountAt } from './shown.ts';

export type ListedEntry = ReturnType<typeof entryShown>;

/**
 * The ledger, newest first. What time has done by now is booked before it is told, so that a page never leaves it out.
 * Throws `Refusal` `consumer_not_found` and `invalid_cursor`.
 */
export const listPoints = async (
  deps: Deps,
  consumerId: string,
  query: PageRequest & { from?: Instant | undefined; to?: Instant | undefined },
  now: Instant,
): Promise<Page<ListedEntry>> => {
  const account = await accountOf(deps.store, consumerId);
  if (account && isBehind(account, now)) await bookTimeOf(deps, consumerId, now);
  const { items, nextCursor } = await deps.store.ledgerOf(consumerId, query);
  return { items: items.map(entryShown), nextCursor };
};

/** Open lots in the order in which they are taken. Throws `Refusal('consumer_not_found')`. */
export const listLots = async ({ store }: Deps, consumerId: string, now: Instant) => {
  const record = await accountOf(store, consumerId);
  const account = await readAccount(store, consumerId, record);
  const items = accountAt(account, now).lots.map(({ lotId, size, remaining, earnedAt, expiresAt }) => ({
    lotId,
    points: size,
    remaining,
    earnedAt,
    expiresAt,
  }));
  return { items };
};

const accountOf = async (store: Store, consumerId: string): Promise<RecordOf<'account'> | undefined> => {
  const [account, profile] = await store.get(
    [
      { kind: 'account', consumerId },
      { kind: 'profile', consumerId },
    ],
    true,
  );
  if (!profile) throw await absenceOf(store, consumerId);
  return account;
};

/** Whatever gives back what was taken is told as a reversal. */
const typeShown = (type: RecordOf<'entry'>['type']) => (type === 'return' ? 'reverse' : type);

export const entryShown = (entry: RecordOf<'entry'>) => {
  const { entryId, at, type, points, balances, reason, textKey, actor, cause, parts, about } = entry;
  const { holdId, settlesAt: _, ...others } = about;
  const isPending = type === 'add_pending' || type === 'accept' || type === 'reject';
  return {
    entryId,
    at,
    type: typeShown(type),
    points,
    balances,
    reason,
    textKey,
    actor,
    cause,
    lots: parts.map(({ lotId, points }) => ({ lotId, points })),
    ...others,
    ...(holdId !== undefined && { [isPending ? 'pendingId' : 'reservationId']: holdId }),
  };
};
