/**
 * What the use cases ask of the table. Adapters: `shared/data` (DynamoDB and memory, one contract suite for both).
 *
 * Error contract: a store throws `WriteConflict` where a condition of a commit does not hold, and anything else only
 * for faults that the caller cannot mend.
 */
import type { Instant } from '../../domain/facts.ts';
import type { Group } from '../../domain/segments/counts.ts';
import type { DirectoryFacet, RecordKey, RecordOf, StoredRecord } from './records.ts';

/** What must hold for a write to happen. `expiredBefore` is met by absence too. */
export type Expectation = 'anything' | 'absent' | 'present' | { version: number } | { expiredBefore: Instant };

export type Write =
  | { put: StoredRecord; expect: Expectation }
  | { remove: RecordKey; expect?: Expectation }
  | { check: RecordKey; expect: Expectation }
  /**
   * Adds to numbers, and moves the version, whatever it is: of many at once, none decides again because of the others. It
   * holds where each number is there, not null, and does not fall below 0.
   */
  | { adjust: { kind: 'stock'; rewardId: string }; by: { left?: number; claimed?: number } };

/** Some conditions of a commit did not hold; nothing was written. No failed write: others were writing, try again. */
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
  /** Where to go on, opaque; null on the last page. */
  nextCursor: string | null;
}
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
  /** What else the caller asks: a cursor serves only the question that it came from. */
  boundTo?: string | undefined;
}
/** A consumer in an index, what it stands there under, and the cursor that goes on behind it. */
export interface Found {
  consumerId: string;
  value: string;
  cursor: string;
}

/** What index entries say that time alone will change. */
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
   * Whatever is put about a consumer is put on condition that there is the consumer: where no write says so by the version
   * of a part of the head, a check of the profile goes with them. So nothing brings back who is being erased.
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
  membersOfUnit(unit: number, page: PageRequest): Promise<Page<RecordOf<'member'>>>;
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
   * A page of a list at hand, which is in the order of its ids; `question` names the list. Throws
   * `Refusal('invalid_cursor')`.
   */
  pageAmong<T>(question: string, list: readonly T[], idOf: (one: T) => string, page: PageRequest): Page<T>;
  /** What a settings document was, newest first. Throws `Refusal('invalid_cursor')`. */
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
   * Who is in a unit or on a list, newest first, perhaps of a moment ago; `boundTo` says which question it is, so that a
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
  /** The hash under a secret that erased ids are known by: nobody without it can tell whose it is, or what it is of. */
  keyedHashOf(text: string): string;
  /** What a consumer agreed to, the newest first. Throws `Refusal('invalid_cursor')`. */
  consentsOf(consumerId: string, page: PageRequest): Promise<Page<RecordOf<'consent'>>>;
  /** Everything under the consumer's key, in the order of keys, read fresh: what is written meanwhile may be missed. */
  everythingOf(consumerId: string): AsyncIterable<StoredRecord>;
  /** All of a kind under the consumer's key, in the order of keys, read fresh: what is written meanwhile may be missed. */
  partOf<K extends 'entry' | 'claim' | 'consent'>(consumerId: string, kind: K): AsyncIterable<RecordOf<K>>;
  /** Kept answers, and exports, that name the consumer; found through an index, so perhaps not those of a moment ago. */
  answersTo(consumerId: string): Promise<RecordOf<'idempotency'>[]>;
  exportsOf(consumerId: string): Promise<RecordOf<'export'>[]>;
  /** Receipts of erasures, the oldest first; perhaps not those of a moment ago. Throws `Refusal('invalid_cursor')`. */
  erasures(page: PageRequest): Promise<Page<RecordOf<'erasure'>>>;
  /** Whom erasures are under way about; perhaps as of a moment ago. */
  erasing(): AsyncIterable<RecordOf<'erasureSubject'>>;
  /** How many slices the population is stored in. */
  readonly slices: number;
  /** Consumers whose record of this kind has a `dueAt` no later than `until`, the earliest first, at most `limit`. */
  dueConsumers(kind: DueKind, until: Instant, limit: number): Promise<{ consumerId: string; dueAt: Instant }[]>;
  /** The earliest `dueAt` of all, null where none is. */
  nextDueAt(kind: DueKind): Promise<Instant | null>;
}

/** A change of one record, as the table's stream tells it; absent before it was there, and after it is gone. */
export interface Change {
  /** When it was written, to the second. */
  at: Instant;
  before: StoredRecord | undefined;
  after: StoredRecord | undefined;
}
/** Reads the images of the table's stream. */
export interface Images {
  /** Throws where an image is none of ours. */
  recordOf(image: object): StoredRecord;
}
