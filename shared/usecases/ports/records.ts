/** What the table holds: a record of each kind, and what names it. */
import type { ActivityShare } from '../../domain/advocates/influence.ts';
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
} from '../../domain/facts.ts';
import type { Account, Entry, Lot, Part } from '../../domain/points/account.ts';
import type { Earned, OrderAward } from '../../domain/points/awards.ts';
import type { Progress } from '../../domain/points/challenges.ts';
import type { Reward } from '../../domain/points/rewards.ts';

/** Every kind of record. A new kind is a row here and in `KeyFields`, a block in `data/table.ts` and a sample in `test/support/every-kind.ts`. */
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
  rewardsState: {
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
/** The fields that make each kind's key; `never` where the organization has only one. */
interface KeyFields {
  profile: 'consumerId';
  metrics: 'consumerId';
  event: 'consumerId' | 'occurredAt' | 'eventId';
  eventClaim: 'consumerId' | 'eventId';
  order: 'consumerId' | 'orderId';
  refund: 'consumerId' | 'orderId' | 'refundId';
  message: 'consumerId' | 'messageId';
  contact: 'channel' | 'contact';
  directory: 'consumerId' | 'facet' | 'value';
  consent: 'consumerId' | 'consentId';
  export: 'exportId';
  tombstone: 'subjectHash';
  erasure: 'erasureId';
  erasureSubject: 'erasureId';
  idempotency: 'keyHash';
  account: 'consumerId';
  lotPage: 'consumerId' | 'page';
  entry: 'consumerId' | 'entryId';
  holdClaim: 'consumerId' | 'holdId';
  rewardsState: 'consumerId';
  claim: 'consumerId' | 'claimId';
  reward: 'rewardId';
  stock: 'rewardId';
  segment: 'segmentId';
  member: 'consumerId' | 'unit';
  list: 'listId';
  listMember: 'consumerId' | 'listId';
  memberships: 'consumerId';
  memberCounts: never;
  backfillLease: never;
  ruleSummary: never;
  settings: never;
  settingsVersion: 'name' | 'version';
  liability: never;
  advocates: never;
  summary: never;
  churnModel: never;
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
/** The kinds of a consumer's head. Profile and metrics always exist; the others appear with their first change. */
export const HEAD = ['profile', 'metrics', 'account', 'rewardsState', 'memberships'] as const satisfies Kind[];
export type HeadKind = (typeof HEAD)[number];
/** The name of a kind in items, stream images and erasure receipts: `rewardsState` keeps the name it was first stored under. */
export const storedKind = (kind: Kind): string => (kind === 'rewardsState' ? 'programme' : kind);
export type RecordOf<K extends Kind> = { kind: K } & Records[K];
export type StoredRecord = { [K in Kind]: RecordOf<K> }[Kind];

/** What names a record: its kind and the fields of its key. */
export type KeyOf<K extends Kind> = { kind: K } & Pick<Records[K], KeyFields[K] & keyof Records[K]>;
export type RecordKey = { [K in Kind]: KeyOf<K> }[Kind];
