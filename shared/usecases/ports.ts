/**
 * What the use cases need from the world. Adapters: `shared/data` (DynamoDB and memory, one contract suite for both).
 *
 * Error contract: a store throws `WriteConflict` where a condition of a commit does not hold, and anything else only
 * for faults that the caller cannot mend.
 */
import type { ActivityShare } from '../domain/advocates/influence.ts';
import type {
  Channel,
  ConsentState,
  ConsumerEvent,
  Instant,
  JsonObject,
  Membership,
  MessageState,
  MetricsState,
  OrderState,
  Profile,
} from '../domain/facts.ts';
import type { Account, Entry, Lot, Part } from '../domain/points/account.ts';
import type { Earned, OrderAward } from '../domain/points/awards.ts';
import type { Progress } from '../domain/points/challenges.ts';
import type { Reward } from '../domain/points/rewards.ts';
import type { Group } from '../domain/segments/counts.ts';

/** Every kind of thing in the table. A new kind is one row here and one block in `data/table.ts`. */
export interface Records {
  /** Who a consumer is. */
  profile: Profile & {
    /** No later than the instant at which the consumer is archived unless it does anything; null where it is. */
    dueAt: Instant | null;
    /** When it was archived; absent where it is not. */
    archivedAt?: Instant | undefined;
  };
  /** What a consumer did, as sums, and the instants at which time alone changes an answer about it. */
  metrics: MetricsState & {
    consumerId: string;
    version: number;
    /** Whether the consumer counts in the population (active, not archived): mirrored from the profile. */
    eligible: boolean;
    /** Whether the consumer earns points: mirrored from the profile. */
    membership: Membership;
    /** Version of the scoring rules that the decayed sums were made with; another one means: fold again. */
    scoringVersion: number;
    /** When the last of its events was recorded, whenever it happened; absent before the first. */
    recordedAt?: Instant | undefined;
    /** Which event that was; absent where several were recorded together. */
    recordedBy?: string | undefined;
    /** Half-lives of the decayed sums, in days: they are read with those that they were made with. */
    halfLifeDays: number;
    activityHalfLifeDays: number;
    /** The loyalty band last announced, when it was entered and what moved it there. */
    band: string;
    bandSince: Instant;
    bandCause: 'change' | 'time';
    /** No later than the earliest instant at which time alone changes an answer; null where none will. */
    dueAt: Instant | null;
  };
  /** One event of the history; immutable. `digest` identifies what the caller sent. */
  event: ConsumerEvent & { consumerId: string; receivedAt: Instant; digest: string; earned: Earned | null };
  /** That a caller's event id is taken, by what. Absent for ids that the service made itself. */
  eventClaim: {
    consumerId: string;
    eventId: string;
    occurredAt: Instant;
    type: string;
    digest: string;
    /** What a repetition is told that the event earned. */
    earned: Earned | null;
  };
  order: OrderState & {
    consumerId: string;
    version: number;
    eventId: string;
    digest: string;
    earned: Earned | null;
    /** What it earned, rule by rule, and how much of it was taken back. */
    awards: OrderAward[];
  };
  refund: {
    consumerId: string;
    orderId: string;
    refundId: string;
    eventId: string;
    occurredAt: Instant;
    digest: string;
    earned?: Earned;
  };
  message: MessageState & { consumerId: string; version: number };
  /** That an email, a phone or an id in another system belongs to a consumer. Keys hold a hash, never the contact. */
  contact: { channel: 'email' | 'phone' | 'external'; contact: string; consumerId: string };
  /** One way to find a consumer: a word of the name, the email, the phone, a tag, a status. */
  directory: { consumerId: string; facet: DirectoryFacet; value: string };
  /** One statement of what a consumer agrees to; immutable. The id tells its instant: the newest of a purpose counts. */
  consent: {
    consumerId: string;
    consentId: string;
    at: Instant;
    channel: Channel;
    purpose: string;
    state: ConsentState;
    /** Where it was said, and how. */
    source: string;
    method: string;
    wordingVersion: string | null;
  };
  /** A file with all that is held about a consumer: asked for, being written, or there to be fetched. */
  export: {
    exportId: string;
    version: number;
    /** Absent once the consumer was erased: then nobody is named. */
    consumerId?: string;
    sections: string[];
    format: 'json' | 'csv';
    status: 'running' | 'completed' | 'failed' | 'erased';
    requestedAt: Instant;
    completedAt: Instant | null;
    /** When file and record go. */
    expiresAt: Instant;
  };
  /** That an id was erased, by the keyed hash of it: nobody comes back under it. */
  tombstone: { subjectHash: string; erasureId: string; at: Instant };
  /** An erasure: what was done, about nobody that anyone without the key could name. Kept for ever. */
  erasure: {
    erasureId: string;
    version: number;
    subjectHash: string;
    status: 'running' | 'completed' | 'failed';
    /** 1, and one more each time that it was begun again after it failed. */
    attempt: number;
    requestedAt: Instant;
    completedAt: Instant | null;
    /** How many items were removed, by kind. */
    itemsRemoved: Record<string, number>;
    steps: { name: string; at: Instant; status: 'done' | 'failed' }[];
  };
  /** Whom an erasure is about, as long as it runs: what its steps, and connectors, need to know; then it is gone. */
  erasureSubject: {
    erasureId: string;
    consumerId: string;
    contacts: { channel: 'email' | 'phone' | 'external'; contact: string }[];
    sources: { source: string; externalId: string }[];
    /** Exports that were found, whose files must be gone. */
    exportIds: string[];
  };
  /** The answer to a write that carried an Idempotency-Key. */
  idempotency: {
    keyHash: string;
    /** Null where the consumer that it was about was erased: every repetition is told so. */
    digest: string | null;
    status: number;
    body: string | null;
    expiresAt: Instant;
    /** Present where the answer names a consumer, so that erasure finds it. */
    consumerId?: string;
  };
  /** A consumer's points; absent before the first entry. With more lots than fit, the later ones are on pages. */
  account: Account & {
    consumerId: string;
    version: number;
    /** The pages that hold lots, in the order of taking, and the number that the next one will have. */
    pages: number[];
    nextPage: number;
    /** No later than the next instant at which time changes the account; null where it never will. */
    dueAt: Instant | null;
  };
  lotPage: { consumerId: string; page: number; version: number; lots: Lot[] };
  /** One entry of the ledger; immutable. */
  entry: Entry & { consumerId: string };
  /** That a caller's id of a reservation or of pending points is taken, and by which entry. */
  holdClaim: { consumerId: string; holdId: string; entryId: string; digest: string };
  /** What a consumer has claimed and completed, in short. */
  programme: {
    consumerId: string;
    version: number;
    /** Claims that were not cancelled, by reward. */
    claims: Record<string, number>;
    /** The newest ones, newest first. */
    latestClaims: ClaimedReward[];
    challenges: Record<string, Progress>;
    completed: CompletedChallenge[];
  };
  claim: {
    consumerId: string;
    claimId: string;
    version: number;
    rewardId: string;
    name: string;
    points: number;
    entryId: string;
    claimedAt: Instant;
    cancelledAt: Instant | null;
    /** The lots that paid for it. */
    parts: Part[];
    digest: string;
  };
  reward: Reward & Edited & { version: number; createdAt: Instant; updatedAt: Instant };
  /**
   * What is left of a reward, apart from it: claims adjust it, staff edit the reward. `left` null: no end. It outlives the
   * reward, as claims do, and its version is never below the reward's.
   */
  stock: { rewardId: string; version: number; left: number | null; claimed: number };
  segment: SegmentRecord;
  /** That a consumer is in a segment by one of its rules; with what a page of members shows. */
  member: { consumerId: string; unit: number; segmentId: string; enteredAt: Instant } & Named;
  list: { listId: string; name: string; version: number; createdAt: Instant; updatedAt: Instant } & Edited;
  listMember: { consumerId: string; listId: string; addedAt: Instant } & Named;
  /** The segments and lists of a consumer, and the instant at which time alone may change them. */
  memberships: {
    consumerId: string;
    version: number;
    /** When the consumer entered, by unit: a rule of a segment (see `SegmentRecord`). */
    units: Record<number, Instant>;
    lists: { listId: string; addedAt: Instant }[];
    /** Those of the units that nobody was told of, as their rule was being filled; absent where there are none. */
    untold?: number[] | undefined;
    /** The newest instant of a flip that was told: no later one is told of an earlier instant. Absent before the first. */
    flippedAt?: Instant | undefined;
    /** No later than the next instant at which time alone changes what a rule says; null where it never will. */
    dueAt: Instant | null;
  };
  /** How many members each unit and each list has (see domain/segments/counts.ts), as JSON text. */
  memberCounts: { version: number; content: string };
  /** Who fills new rules with members, and until when it may be taken for alive. */
  backfillLease: {
    version: number;
    runId: string;
    expiresAt: Instant;
    slicesDone: number;
    /** How many consumers the run has gone over so far; a step that was repeated counted some twice. */
    consumersDone?: number | undefined;
    /** How many they were in all, the last time; absent before the first. */
    everyone?: number | undefined;
    /** The youngest of the units that the run fills; younger ones wait for the next. */
    lastUnit?: number | undefined;
    /** What rules went by when everyone was gone over last, and when the run that is under way began (see rule-grounds.ts). */
    goneBy?: Record<string, string> | undefined;
    goingBy?: Record<string, string> | undefined;
  };
  /** The percentile summaries as of their last renewal: what rules go by until the next one. */
  ruleSummary: {
    version: number;
    asOf: Instant;
    content: string;
    /** Whether those who cross a rule's value by them were refreshed. */
    isApplied: boolean;
  };
  settings: SettingsRecord;
  /** A settings document as it was at a version. */
  settingsVersion: { name: string; version: number; updatedAt: Instant; updatedBy: string; value: JsonObject } & Edited;
  liability: LiabilityRecord;
  /** The brand advocates as of their last ranking, best first; who went since is gone from it. */
  advocates: { version: number; computedAt: Instant; items: RankedAdvocate[] };
  summary: SummaryRecord;
  churnModel: ChurnModelRecord;
}
export type DirectoryFacet = 'word' | 'email' | 'phone' | 'tag' | 'status';

/** What lists of members show of a consumer beside its id. */
export interface Named {
  fullName: string | null;
  email: string | null;
}

/**
 * Which request wrote it: an id made once for all of its attempts, so that one that took effect unnoticed is told from
 * somebody else's that says the same at the same moment. Absent where none of the kind wrote it.
 */
export interface Edited {
  editId?: string | undefined;
}

/**
 * A segment. Each of its rules is a unit with a number of its own: while a new rule is being filled with members, those
 * of the old one are told, and then all at once those of the new one.
 */
export interface SegmentRecord extends Edited {
  segmentId: string;
  name: string;
  source: 'rule' | 'import';
  version: number;
  /** The unit that is told; null until the first rule has its members. */
  live: SegmentUnit | null;
  /** The unit that is being filled; null where none is. */
  next: (SegmentUnit & { since: Instant }) | null;
  /** The unit that was told before, as long as its members are being taken leave of. */
  last: SegmentUnit | null;
  createdAt: Instant;
  updatedAt: Instant;
  /** When the live unit's members stood. */
  refreshedAt: Instant | null;
}
export interface SegmentUnit {
  unit: number;
  /** Null where another system says who is in it. */
  rule: JsonObject | null;
}

export interface ClaimedReward {
  claimId: string;
  rewardId: string;
  name: string;
  points: number;
  claimedAt: Instant;
}
export interface CompletedChallenge {
  challengeId: string;
  name: string;
  /** All that this completion gave. */
  points: number;
  /** How often it was completed by the same event. */
  times: number;
  completedAt: Instant;
}

export interface RankedAdvocate {
  consumerId: string;
  fullName: string | null;
  score: number;
  activities: ActivityShare[];
}

/** Points outstanding of the whole organization, as JSON text (see domain/points/liability.ts). */
export interface LiabilityRecord {
  version: number;
  asOf: Instant;
  content: string;
}

/** All small settings documents in one item: one read brings them all. Big ones get their own item. */
export interface SettingsRecord {
  version: number;
  documents: { [name: string]: { version: number; updatedAt: Instant; updatedBy: string; value: JsonObject } };
}
/** The population's percentile summaries (see domain/percentiles.ts), as one JSON text. */
export interface SummaryRecord {
  version: number;
  asOf: Instant;
  rebuiltAt: Instant | null;
  /** Changes counted so close to a rebuild that it may have seen them too: they call for another one. */
  unsettled: number;
  /**
   * Changes written up to here are unsettled. Null after a rebuild, until the first change counted after it tells what
   * time it is.
   */
  settlesAt: Instant | null;
  content: string;
}
/** Parameters of the churn model, in days. */
export interface ChurnModelRecord {
  version: number;
  r: number;
  alpha: number;
  a: number;
  b: number;
  consumers: number;
  logLikelihood: number;
  fittedAt: Instant;
}

export type Kind = keyof Records;
export type RecordOf<K extends Kind> = { kind: K } & Records[K];
export type StoredRecord = { [K in Kind]: RecordOf<K> }[Kind];

/** What names a record: its kind and the fields that make its key. */
export type RecordKey =
  | { kind: 'profile' | 'metrics' | 'account' | 'programme' | 'memberships'; consumerId: string }
  | { kind: 'member'; consumerId: string; unit: number }
  | { kind: 'listMember'; consumerId: string; listId: string }
  | { kind: 'segment'; segmentId: string }
  | { kind: 'list'; listId: string }
  | { kind: 'lotPage'; consumerId: string; page: number }
  | { kind: 'entry'; consumerId: string; entryId: string }
  | { kind: 'holdClaim'; consumerId: string; holdId: string }
  | { kind: 'claim'; consumerId: string; claimId: string }
  | { kind: 'reward' | 'stock'; rewardId: string }
  | { kind: 'settingsVersion'; name: string; version: number }
  | { kind: 'event'; consumerId: string; occurredAt: Instant; eventId: string }
  | { kind: 'eventClaim'; consumerId: string; eventId: string }
  | { kind: 'order'; consumerId: string; orderId: string }
  | { kind: 'refund'; consumerId: string; orderId: string; refundId: string }
  | { kind: 'message'; consumerId: string; messageId: string }
  | { kind: 'contact'; channel: 'email' | 'phone' | 'external'; contact: string }
  | { kind: 'directory'; consumerId: string; facet: DirectoryFacet; value: string }
  | { kind: 'idempotency'; keyHash: string }
  | { kind: 'consent'; consumerId: string; consentId: string }
  | { kind: 'export'; exportId: string }
  | { kind: 'tombstone'; subjectHash: string }
  | { kind: 'erasure' | 'erasureSubject'; erasureId: string }
  | {
      kind:
        | 'settings'
        | 'summary'
        | 'churnModel'
        | 'liability'
        | 'advocates'
        | 'memberCounts'
        | 'backfillLease'
        | 'ruleSummary';
    };

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

export interface ConsumerOverview {
  profile: RecordOf<'profile'>;
  metrics: RecordOf<'metrics'>;
  /** Undefined before the consumer's first points. */
  account: RecordOf<'account'> | undefined;
}
/** What index entries say that time alone will change. */
export type DueKind = 'profile' | 'metrics' | 'account' | 'memberships';

/** A consumer's head with the newest events. */
export interface ConsumerHead extends ConsumerOverview {
  /** Undefined before the first claim or progress. */
  programme: RecordOf<'programme'> | undefined;
  /** Undefined before the first list, and the first look of a segment. */
  memberships: RecordOf<'memberships'> | undefined;
  events: RecordOf<'event'>[];
}

/** The head alone. */
export type ConsumerPicture = Omit<ConsumerHead, 'events'>;

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
  detailOf(consumerId: string, fresh?: boolean): Promise<ConsumerHead | null>;
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
  pictureOf(consumerId: string): Promise<ConsumerPicture | null>;
  /**
   * Every consumer's head in one slice of the population, perhaps of a moment ago, in the order of their ids; with
   * `after`, those that come after this consumer.
   */
  pictureSlice(slice: number, after?: string): AsyncIterable<ConsumerPicture>;
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
  overviewsOf(consumerIds: string[]): Promise<ConsumerOverview[]>;
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

/** Something that other systems are told. Details carry ids, never contacts. */
export interface DomainEvent {
  detailType: string;
  detail: JsonObject;
  at: Instant;
}
/** The bus: domain events for other systems. Each may be delivered more than once. */
export interface Bus {
  /** How many were taken, from the first on: with fewer than all, the next one was not. */
  publish(events: readonly DomainEvent[]): Promise<number>;
}
/** Starts workflows; a name that ran already is not started again. */
export interface Workflows {
  start(name: string, executionName: string, input: JsonObject): Promise<void>;
}

/** The file of an export. Its name is the export's id: it tells nobody whom it is about. */
export type ExportFile = Pick<Records['export'], 'exportId' | 'format'>;
/** The files of exports. Each is there whole or not at all, and goes by itself a day later. */
export interface Files {
  /**
   * Puts it there, in place of what is there, and never holds more of it than a part. Rejects, and changes nothing, where
   * the content fails, or a removal came in between. Content is asked for only once a removal would notice: content that
   * looks first whether it is still wanted is never there after a removal.
   */
  write(file: ExportFile, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Where anybody may fetch it, from this instant on for a quarter of an hour. */
  link(file: ExportFile, now: Instant): Promise<string>;
  /** Takes it away, and ends what is being written of it. It needn't be there. */
  remove(exportId: string): Promise<void>;
  /** Whether it is there, or being written. */
  has(exportId: string): Promise<boolean>;
}

/**
 * Commits the writes of a use case together with its result, so that a repeated request is given the first answer
 * again. The edge provides it; it gives back the result. Throws `WriteConflict` as the store does.
 */
export type Commit = <T>(writes: Write[], result: T) => Promise<T>;

/** What every use case is given. */
export interface Deps {
  store: Store;
  /** A new sortable id (ULID, 26 characters) of this instant. */
  newId(now: Instant): string;
  /** Waits before the given retry (1, 2, …), longer each time, with jitter. */
  pause(retry: number): Promise<void>;
}
