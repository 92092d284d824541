/** Accounts between the table and the ledger's rules: read whole, caught up with time, written with what was posted. */
import type { Instant } from '../../domain/facts.ts';
import { dueAfter } from '../../domain/instants.ts';
import type { Account } from '../../domain/points/account.ts';
import { availableIn, emptyAccount } from '../../domain/points/account.ts';
import { type LotPage, paged } from '../../domain/points/lot-pages.ts';
import { caughtUp, isBehind, nextChangeAt } from '../../domain/points/passing-of-time.ts';
import { type Books, opened as booksOf, type PostingContext } from '../../domain/points/posting.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store, Write } from '../ports/store.ts';
import { WriteConflict } from '../ports/store.ts';

/** An account as it was read. */
export interface OpenedAccount {
  consumerId: string;
  /** Undefined before the first entry. */
  record: RecordOf<'account'> | undefined;
  pages: RecordOf<'lotPage'>[];
  account: Account;
}

/** The account with the lots of all its pages. Throws `WriteConflict` where it was being written meanwhile. */
export const openAccount = async (
  store: Store,
  consumerId: string,
  record: RecordOf<'account'> | undefined,
): Promise<OpenedAccount> => {
  if (record === undefined) return { consumerId, record, pages: [], account: emptyAccount() };
  const keys = record.pages.map((page) => ({ kind: 'lotPage', consumerId, page }) as const);
  const pages = keys.length === 0 ? [] : (await store.get(keys, true)).filter((page) => page !== undefined);
  const account = accountIn(record, pages);
  const inLots = account.lots.reduce((sum, { remaining }) => sum + remaining, 0);
  if (inLots !== Math.max(0, availableIn(account))) throw new WriteConflict([]);
  return { consumerId, record, pages, account };
};

/** So often an account is read again that others keep writing to. */
const MOST_READS = 10;

/** As `openAccount`, for who only reads it: what was being written meanwhile is read again. */
export const readAccount = async (
  store: Store,
  consumerId: string,
  record: RecordOf<'account'> | undefined,
): Promise<Account> => {
  let latest = record;
  for (let reads = 1; ; reads++) {
    try {
      return (await openAccount(store, consumerId, latest)).account;
    } catch (error) {
      if (!(error instanceof WriteConflict) || reads === MOST_READS) throw error;
      [latest] = await store.get([{ kind: 'account', consumerId }], true);
    }
  }
};

const accountIn = (record: RecordOf<'account'>, pages: readonly RecordOf<'lotPage'>[]): Account => {
  const { score, spent, pending, reserved, expired, entries, at, holds, tier, given } = record;
  const lots = [...record.lots, ...pages.flatMap((page) => page.lots)];
  return { score, spent, pending, reserved, expired, entries, at, lots, holds, tier, given };
};

/** So many entries of time's own doing go into the transaction of what somebody does; more are booked before it. */
const MOST_BOOKED = 30;

/** The account as of now: what time has done is in the books, ready to be written with whatever comes next. */
export const upToDate = async (
  store: Store,
  read: OpenedAccount,
  clerk: PostingContext,
  now: Instant,
): Promise<{ opened: OpenedAccount; books: Books }> => {
  for (let opened = read; ; ) {
    const books = caughtUp(booksOf(opened.account), clerk, now, MOST_BOOKED);
    if (!isBehind(books.account, now)) return { opened, books };
    await store.commit(accountWrites(opened, books, now));
    const { consumerId } = opened;
    const [record] = await store.get([{ kind: 'account', consumerId }], true);
    opened = await openAccount(store, consumerId, record);
  }
};

/** Who gave a tier by hand, and why. */
export interface ByHand {
  actor: string;
  reason: string;
}

/**
 * What it takes to write the books: account, pages, entries, and the move to another tier. None where nothing changed, and
 * it is not yet time to look again.
 */
export const accountWrites = (
  { consumerId, record, pages, account }: OpenedAccount,
  books: Books,
  now: Instant,
  byHand?: ByHand,
): Write[] => {
  const isDue = record?.dueAt !== null && record?.dueAt !== undefined && record.dueAt <= now;
  if (books.account === account && !isDue) return [];
  const { lots, ...rest } = books.account;
  const before: LotPage[] = pages.map(({ page, lots }) => ({ page, lots }));
  const stored = paged(lots, before, record?.nextPage ?? 1);
  const put: RecordOf<'account'> = {
    kind: 'account',
    consumerId,
    version: (record?.version ?? 0) + 1,
    ...rest,
    lots: stored.first,
    pages: stored.pages.map(({ page }) => page),
    nextPage: Math.max(record?.nextPage ?? 1, ...stored.pages.map(({ page }) => page + 1)),
    dueAt: dueAfter(record?.dueAt ?? null, nextChangeAt(books.account), now),
  };
  return [
    { put, expect: record ? { version: record.version } : 'absent' },
    ...pageWrites(consumerId, pages, before, stored.pages),
    ...books.entries.map((entry): Write => ({ put: { kind: 'entry', consumerId, ...entry }, expect: 'absent' })),
    ...tierWrites(account, put, now, byHand),
  ];
};

const pageWrites = (
  consumerId: string,
  records: readonly RecordOf<'lotPage'>[],
  before: readonly LotPage[],
  after: readonly LotPage[],
): Write[] => {
  const versions = new Map(records.map(({ page, version }) => [page, version]));
  const kept = new Set(after.map(({ page }) => page));
  const puts = after
    .filter((page) => !before.includes(page))
    .map(({ page, lots }): Write => {
      const version = versions.get(page);
      const put = { kind: 'lotPage', consumerId, page, version: (version ?? 0) + 1, lots } as const;
      return { put, expect: version === undefined ? 'absent' : { version } };
    });
  const removals = records
    .filter(({ page }) => !kept.has(page))
    .map(({ page, version }): Write => ({ remove: { kind: 'lotPage', consumerId, page }, expect: { version } }));
  return [...puts, ...removals];
};

/** Moving to another tier is an event of the history. With the account's version, its id is one that no other move has. */
const tierWrites = (
  before: Account,
  { consumerId, version, tier }: RecordOf<'account'>,
  now: Instant,
  byHand?: ByHand,
): Write[] => {
  if (tier.tierId === before.tier.tierId) return [];
  const put: RecordOf<'event'> = {
    kind: 'event',
    consumerId,
    eventId: `tier-${version}-${tier.tierId ?? 'none'}`,
    type: 'tier_changed',
    occurredAt: tier.since ?? now,
    source: byHand?.actor ?? null,
    attributes: { from: before.tier.tierId, to: tier.tierId, manual: tier.manual, cause: tier.cause, ...byHand },
    receivedAt: now,
    digest: '',
    earned: null,
  };
  return [{ put, expect: 'anything' }];
};
