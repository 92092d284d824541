/**
 * The questions that use cases ask the table. Adapters: `shared/data` (DynamoDB and memory, one contract suite for both).
 *
 * Error contract: a store throws `WriteConflict` if a condition of a commit does not hold. Any other error is a fault that the
 * caller cannot fix.
 */
import type { Instant } from '../../domain/facts.ts';
import type { Group } from '../../domain/segments/counts.ts';
import type { DirectoryFacet, RecordKey, RecordOf, StoredRecord } from './records.ts';

/** The condition of a write. An absent record satisfies `expiredBefore`. */
export type Expectation = 'anything' | 'absent' | 'present' | { version: number } | { expiredBefore: Instant };

export type Write =
  | { put: StoredRecord; expect: Expectation }
  | { remove: RecordKey; expect?: Expectation }
  | { check: RecordKey; expect: Expectation }
  /**
   * Adds to numbers and increments the version without checking it, so concurrent adjustments never conflict. Requires
   * that each number exists, is not null and does not fall below 0.
   */
  | { adjust: { kind: 'stock'; rewardId: string }; by: { left?: number; claimed?: number } };

/** Conditions of a commit did not hold, and nothing was written. Without a failed write, retry: concurrent writers collided. */
export class WriteConflict extends Error {
  readonly failed: { write: Write; existing: StoredRecord | undefined }[];
  constructor(failed: { write: Write; existing: StoredRecord | undefined }[]) {
    super('a condition of the commit did not hold');
    this.name = 'WriteConflict';
    this.failed = failed;
  }
}

export interface Page<T> {
  items: T[];
  /** The opaque cursor of the next page; null on the last page. */
  nextCursor: string | null;
}
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
  /** Other parameters of the question. A cursor is valid only for the question that returned it. */
  boundTo?: string | undefined;
}
/** A consumer in an index, its indexed value, and the cursor of the entries after it. */
export interface Found {
  consumerId: string;
  value: string;
  cursor: string;
}

/** Kinds of records that become due with time. */
export type DueKind = 'profile' | 'metrics' | 'account' | 'memberships';

/** The stored state of a consumer: the records of its head. */
export interface ConsumerState {
  profile: RecordOf<'profile'>;
  metrics: RecordOf<'metrics'>;
  /** Undefined before the consumer's first points. */
  account: RecordOf<'account'> | undefined;
  /** Undefined before the first claim and the first progress in a challenge. */
  rewardsState: RecordOf<'rewardsState'> | undefined;
  /** Undefined before the first list and the first evaluation of segments. */
  memberships: RecordOf<'memberships'> | undefined;
}
export interface ConsumerStateWithEvents extends ConsumerState {
  /** The newest events, newest first. */
  events: RecordOf<'event'>[];
}
/** The parts of a state that lists of consumers show. */
export type ListedState = Pick<ConsumerState, 'profile' | 'metrics' | 'account'>;

export interface Store {
  /**
   * The records of these keys, in the keys' order, undefined where there is none. One request for up to 100 keys.
   * `fresh` asks for a consistent read.
   */
  get<const K extends readonly RecordKey[]>(
    keys: K,
    fresh?: boolean,
  ): Promise<{ [I in keyof K]: RecordOf<K[I]['kind']> | undefined }>;
  /**
   * All or nothing, up to 100 writes. Throws `WriteConflict`. A single unconditional put needs no transaction.
   *
   * Every put about a consumer requires that the consumer exists. Unless a write already checks the version of a part of
   * the head, the commit adds a check of the profile. No write can therefore bring back a consumer who is being erased.
   */
  commit(writes: Write[]): Promise<void>;

  /** The consumer's head (profile, metrics, …) and newest events in one request; null where there is no such consumer. */
  stateWithEventsOf(consumerId: string, fresh?: boolean): Promise<ConsumerStateWithEvents | null>;
  /**
   * The history newest first, `from` included, `to` excluded. A page may end before its limit, even empty: there is more
   * as long as there is a cursor. Throws `Refusal('invalid_cursor')`.
   */
  eventsOf(
    consumerId: string,
    query: PageRequest & {
      type?: string | undefined;
      from?: Instant | undefined;
      to?: Instant | undefined;
      /** Asks for a consistent read. */
      fresh?: boolean | undefined;
    },
  ): Promise<Page<RecordOf<'event'>>>;
  /** The consumer's head alone, read fresh, in one request; null where there is no such consumer. */
  stateOf(consumerId: string): Promise<ConsumerState | null>;
  /**
   * Every consumer's head in one slice of the population, perhaps of a moment ago, in the order of their ids; with
   * `after`, those that come after this consumer.
   */
  stateSlice(slice: number, after?: string): AsyncIterable<ConsumerState>;
  /** Members of a unit, or of a list, in the order of their ids. Throws `Refusal('invalid_cursor')`. */
  membersOfRuleVersion(unit: number, page: PageRequest): Promise<Page<RecordOf<'member'>>>;
  membersOfList(listId: string, page: PageRequest): Promise<Page<RecordOf<'listMember'>>>;
  /** All segments, all lists, in the order of their ids. */
  segments(): Promise<RecordOf<'segment'>[]>;
  lists(): Promise<RecordOf<'list'>[]>;
  /** The ledger newest first, `from` included, `to` excluded. Throws `Refusal('invalid_cursor')`. */
  ledgerOf(
    consumerId: string,
    query: PageRequest & { from?: Instant | undefined; to?: Instant | undefined },
  ): Promise<Page<RecordOf<'entry'>>>;
  /** A consumer's claims, newest first. Throws `Refusal('invalid_cursor')`. */
  claimsOf(consumerId: string, page: PageRequest): Promise<Page<RecordOf<'claim'>>>;
  /** All rewards in the order of their ids. Throws `Refusal('invalid_cursor')`. */
  rewards(page: PageRequest): Promise<Page<RecordOf<'reward'>>>;
  /**
   * A page of an array that is sorted by id; `question` names the list. Throws
   * `Refusal('invalid_cursor')`.
   */
  pageAmong<T>(question: string, list: readonly T[], idOf: (one: T) => string, page: PageRequest): Page<T>;
  /** The versions of a settings document, newest first. Throws `Refusal('invalid_cursor')`. */
  settingsVersions(name: string, page: PageRequest): Promise<Page<RecordOf<'settingsVersion'>>>;
  /** The whole history in order of occurrence, page by page, all that was written before the call included. */
  historyOf(consumerId: string): AsyncIterable<RecordOf<'event'>>;
  /** Consumers newest first. Throws `Refusal('invalid_cursor')`. */
  newestConsumers(page: PageRequest): Promise<Page<Found>>;
  /**
   * Consumers with a directory entry of this facet that begins with the value, in text order (one with two such entries
   * comes twice); for tag and status, that equals it, newest first. Throws `Refusal('invalid_cursor')`.
   */
  consumersFoundBy(facet: DirectoryFacet, value: string, page: PageRequest): Promise<Page<Found>>;
  /**
   * The members of a unit or a list, newest first, eventually consistent. `boundTo` identifies the question, so that a
   * segment may have another unit on the next page. Throws `Refusal('invalid_cursor')`.
   */
  consumersIn(group: Group, page: PageRequest & { boundTo: string }): Promise<Page<Found>>;
  /** Profiles, metrics and accounts of these consumers, in their order; those that are gone are left out. */
  statesOf(consumerIds: string[]): Promise<ListedState[]>;
  /**
   * Every consumer's metrics in one slice of the population, for jobs, in the order of their ids; with `after`, those
   * that come after this consumer. `slice` is from 0 to `slices` − 1.
   */
  populationSlice(slice: number, after?: string): AsyncIterable<RecordOf<'metrics'>>;
  /** The keyed hash that identifies erased ids. Without the secret key it reveals nothing about its input. */
  keyedHashOf(text: string): string;
  /** The consent statements of a consumer, newest first. Throws `Refusal('invalid_cursor')`. */
  consentsOf(consumerId: string, page: PageRequest): Promise<Page<RecordOf<'consent'>>>;
  /** Everything under the consumer's key, in the order of keys, read fresh: what is written meanwhile may be missed. */
  everythingOf(consumerId: string): AsyncIterable<StoredRecord>;
  /** All of a kind under the consumer's key, in the order of keys, read fresh: what is written meanwhile may be missed. */
  partOf<K extends 'entry' | 'claim' | 'consent'>(consumerId: string, kind: K): AsyncIterable<RecordOf<K>>;
  /** Saved answers and exports that name the consumer; eventually consistent, because an index finds them. */
  answersTo(consumerId: string): Promise<RecordOf<'idempotency'>[]>;
  exportsOf(consumerId: string): Promise<RecordOf<'export'>[]>;
  /** Receipts of erasures, oldest first; eventually consistent. Throws `Refusal('invalid_cursor')`. */
  erasures(page: PageRequest): Promise<Page<RecordOf<'erasure'>>>;
  /** The subjects of running erasures; eventually consistent. */
  erasing(): AsyncIterable<RecordOf<'erasureSubject'>>;
  /** How many slices the population is stored in. */
  readonly slices: number;
  /** Consumers whose record of this kind has a `dueAt` no later than `until`, the earliest first, at most `limit`. */
  dueConsumers(kind: DueKind, until: Instant, limit: number): Promise<{ consumerId: string; dueAt: Instant }[]>;
  /** The earliest `dueAt` of all, null where none is. */
  nextDueAt(kind: DueKind): Promise<Instant | null>;
}

/** A change of one record in the table's stream. `before` is absent for a new record, `after` for a removed one. */
export interface Change {
  /** When it was written, to the second. */
  at: Instant;
  before: StoredRecord | undefined;
  after: StoredRecord | undefined;
}
/** Reads the images of the table's stream. */
export interface Images {
  /** Throws if the image is not a record of this table. */
  recordOf(image: object): StoredRecord;
}
