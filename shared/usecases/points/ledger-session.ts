/**
 * Every decision about points: read all it needs at once, let time have its effect, decide, commit once. Who was
 * overtaken decides again; who took effect unnoticed finds its own entry, and posts no second one.
 */
import type { Instant } from '../../domain/facts.ts';
import { markOf } from '../../domain/points/ids.ts';
import type { Books, PostingContext } from '../../domain/points/posting.ts';
import { ladderOf } from '../../domain/points/tiers.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Settings } from '../../domain/settings.ts';
import { absenceOf } from '../common/absence.ts';
import { retrying } from '../common/retrying.ts';
import { scoringOf } from '../organization/scoring.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordKey, RecordOf } from '../ports/records.ts';
import type { Write } from '../ports/store.ts';
import type { ByHand } from './accounts.ts';
import { accountWrites, openAccount, upToDate } from './accounts.ts';

export interface Request {
  consumerId: string;
  /** Who asks. */
  actor: string;
  now: Instant;
}
/** What a decision is made on: everything read fresh, and the account as of now. */
export interface LedgerSession {
  profile: RecordOf<'profile'>;
  settings: Settings;
  /** The settings as they are stored. */
  record: RecordOf<'settings'> | undefined;
  books: Books;
  clerk: PostingContext;
  now: Instant;
}
export interface Decision<T> {
  books: Books;
  /** Where it gave a tier by hand. */
  byHand?: ByHand;
  /** What goes with it into the transaction. */
  writes?: Write[];
  answer: T;
}
type Found<K extends readonly RecordKey[]> = { [I in keyof K]: RecordOf<K[I]['kind']> | undefined };

/** Throws `Refusal('consumer_not_found')`, `('too_busy')`, and what `decide` refuses. */
export const withLedger = <const K extends readonly RecordKey[], T>(
  deps: Deps,
  { consumerId, actor, now }: Request,
  keys: K,
  decide: (desk: LedgerSession, found: Found<K>) => Decision<T> | Promise<Decision<T>>,
  commit: Commit,
): Promise<T> => {
  const mark = markOf(deps.newId(now));
  let attempted: { entryId: string; answer: T } | null = null;
  return retrying(deps, async () => {
    const own = attempted ? ([{ kind: 'entry', consumerId, entryId: attempted.entryId }] as const) : [];
    const [profile, record, settingsRecord, ...others] = await deps.store.get(
      [{ kind: 'profile', consumerId }, { kind: 'account', consumerId }, { kind: 'settings' }, ...keys, ...own],
      true,
    );
    if (attempted && others[keys.length] !== undefined) return attempted.answer;
    if (profile === undefined) throw await absenceOf(deps.store, consumerId);
    const { settings } = scoringOf(settingsRecord);
    const clerk = { ladder: ladderIn(settings), mark, actor };
    const { opened, books } = await upToDate(deps.store, await openAccount(deps.store, consumerId, record), clerk, now);
    const desk = { profile, settings, record: settingsRecord, books, clerk, now };
    const decision = await decide(desk, others.slice(0, keys.length) as unknown as Found<K>);
    const writes = [...accountWrites(opened, decision.books, now, decision.byHand), ...(decision.writes ?? [])];
    const last = decision.books.entries.at(-1);
    attempted = last ? { entryId: last.entryId, answer: decision.answer } : null;
    return writes.length === 0 ? decision.answer : commit(writes, decision.answer);
  });
};

export const ladderIn = ({ tiers, modules }: Settings) => ladderOf(tiers.tiers, modules.tiers);

/** Refuses `not_member`: only members earn, spend and claim. */
export const refuseOutsider = ({ membership }: RecordOf<'profile'>): void => {
  if (membership !== 'opted_in') {
    throw new Refusal('not_member', 'Only members of the loyalty program earn, spend and claim.');
  }
};
