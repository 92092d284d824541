/** The records of the table, by kind, and their keys. */
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
  /** The identity of a consumer. */
  profile: Profile & {
    /** No later than the instant at which an inactive consumer is archived; null once archived. */
    dueAt: Instant | null;
    /** The instant of archiving; absent unless archived. */
    archivedAt?: Instant | undefined;
  };
  /** Aggregates of a consumer's events, and the next instant at which the passage of time changes an answer. */
  metrics: MetricsState & {
    consumerId: string;
    version: number;
    /** Whether the consumer counts in the population (active, not archived): mirrored from the profile. */
    eligible: boolean;
    /** Whether the consumer earns points: mirrored from the profile. */
    membership: Membership;
    /** The version of the scoring rules behind the decayed sums. Another version requires a rebuild. */
    scoringVersion: number;
    /** When the latest event was recorded, regardless of when it occurred; absent before the first. */
    recordedAt?: Instant | undefined;
    /** The id of that event; absent if several were recorded together. */
    recordedBy?: string | undefined;
    /** Half-lives of the decayed sums, in days. The sums are read with the half-lives they were computed with. */
    halfLifeDays: number;
    activityHalfLifeDays: number;
    /** The loyalty band announced last, when the consumer entered it, and the cause. */
    band: string;
    bandSince: Instant;
    bandCause: 'change' | 'time';
    /** No later than the next instant at which time alone changes an answer; null if none does. */
    dueAt: Instant | null;
  };
  /** One event of the history; immutable. `digest` identifies what the caller sent. */
  event: ConsumerEvent & { consumerId: string; receivedAt: Instant; digest: string; earned: Earned | null };
  /** Reserves a caller's event id. Ids that the service generated have none. */
  eventClaim: {
    consumerId: string;
    eventId: string;
    occurredAt: Instant;
    type: string;
    digest: string;
    /** The points that a duplicate request gets in its answer. */
    earned: Earned | null;
  };
  order: OrderState & {
    consumerId: string;
    version: number;
    eventId: string;
    digest: string;
    earned: Earned | null;
    /** The points earned per rule, and how many of them were taken back. */
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
  /** Assigns an email, a phone or an external id to a consumer. Keys hold a hash, never the contact. */
  contact: { channel: 'email' | 'phone' | 'external'; contact: string; consumerId: string };
  /** A search entry of a consumer: a word of the name, the email, the phone, a tag or a status. */
  directory: { consumerId: string; facet: DirectoryFacet; value: string };
  /** A consent statement; immutable. The id contains its instant. The newest statement of a purpose applies. */
  consent: {
    consumerId: string;
    consentId: string;
    at: Instant;
    channel: Channel;
    purpose: string;
    state: ConsentState;
    /** Where and how the statement was collected. */
    source: string;
    method: string;
    wordingVersion: string | null;
  };
  /** A data export of a consumer: requested, being written, or ready for download. */
  export: {
    exportId: string;
    version: number;
    /** Absent after the consumer was erased. */
    consumerId?: string;
    sections: string[];
    format: 'json' | 'csv';
    status: 'running' | 'completed' | 'failed' | 'erased';
    requestedAt: Instant;
    completedAt: Instant | null;
    /** When the file and the record expire. */
    expiresAt: Instant;
  };
  /** Marks an erased consumer id by its keyed hash, so that the id cannot be reused. */
  tombstone: { subjectHash: string; erasureId: string; at: Instant };
  /** The receipt of an erasure. Only the secret key can link it to the consumer. Kept forever. */
  erasure: {
    erasureId: string;
    version: number;
    subjectHash: string;
    status: 'running' | 'completed' | 'failed';
    /** 1 for the first attempt; each restart after a failure adds 1. */
    attempt: number;
    requestedAt: Instant;
    completedAt: Instant | null;
    /** Number of removed items by stored kind. */
    itemsRemoved: Record<string, number>;
    steps: { name: string; at: Instant; status: 'done' | 'failed' }[];
  };
  /** The subject of a running erasure, for its steps and for connectors. Removed when the erasure completes. */
  erasureSubject: {
    erasureId: string;
    consumerId: string;
    contacts: { channel: 'email' | 'phone' | 'external'; contact: string }[];
    sources: { source: string; externalId: string }[];
    /** Exports whose files must be removed. */
    exportIds: string[];
  };
  /** The answer to a write that carried an Idempotency-Key. */
  idempotency: {
    keyHash: string;
    /** Null after the consumer was erased: repetitions get 410. */
    digest: string | null;
    status: number;
    body: string | null;
    expiresAt: Instant;
    /** Present if the answer names a consumer, so that an erasure finds it. */
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
  /** Reserves a caller's id of a reservation or of pending points for a ledger entry. */
  holdClaim: { consumerId: string; holdId: string; entryId: string; digest: string };
  /** A summary of the consumer's claims and challenges. */
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
   * The stock of a reward, kept apart because claims adjust it while staff edit the reward. `left` null: unlimited. It outlives the
   * reward, as claims do, and its version is never below the reward's.
   */
  stock: { rewardId: string; version: number; left: number | null; claimed: number };
  segment: SegmentRecord;
  /** A consumer's membership in a segment by one of its rules, with the fields that member pages show. */
  member: { consumerId: string; ruleVersion: number; segmentId: string; enteredAt: Instant } & Named;
  list: { listId: string; name: string; version: number; createdAt: Instant; updatedAt: Instant } & Edited;
  listMember: { consumerId: string; listId: string; addedAt: Instant } & Named;
  /** The segments and lists of a consumer, and the instant at which time alone may change them. */
  memberships: {
    consumerId: string;
    version: number;
    /** When the consumer entered, by the number of the rule version (see `RuleVersion`). */
    ruleVersions: Record<number, Instant>;
    lists: { listId: string; addedAt: Instant }[];
    /** Units whose entry was not announced, because their rule was still being filled; absent if there are none. */
    unannounced?: number[] | undefined;
    /** The instant of the newest announced flip. Later flips are never announced with an earlier instant. Absent before the first. */
    flippedAt?: Instant | undefined;
    /** No later than the next instant at which time alone changes what a rule says; null where it never will. */
    dueAt: Instant | null;
  };
  /** How many members each rule version and each list has (see domain/segments/counts.ts), as JSON text. */
  memberCounts: { version: number; content: string };
  /** The lease of the run that fills new rules with members. */
  backfillLease: {
    version: number;
    runId: string;
    expiresAt: Instant;
    slicesDone: number;
    /** Consumers processed so far. A repeated step counts some of them twice. */
    consumersDone?: number | undefined;
    /** The total of the previous run; absent before the first. */
    everyone?: number | undefined;
    /** The youngest of the units that the run fills; younger ones wait for the next. */
    lastRuleVersion?: number | undefined;
    /** The rule inputs of the last complete run, and those of the current run (see rule-grounds.ts). */
    appliedInputs?: Record<string, string> | undefined;
    pendingInputs?: Record<string, string> | undefined;
  };
  /** The percentile summaries that rules use until the next refresh. */
  ruleSummary: {
    version: number;
    asOf: Instant;
    content: string;
    /** Whether the consumers who cross a rule's value under these summaries were refreshed. */
    isApplied: boolean;
  };
  settings: SettingsRecord;
  /** A settings document as it was at a version. */
  settingsVersion: { name: string; version: number; updatedAt: Instant; updatedBy: string; value: JsonObject } & Edited;
  liability: LiabilityRecord;
  /** The brand advocates as of the last ranking, best first. Erased consumers are removed from it. */
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
  member: 'consumerId' | 'ruleVersion';
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

/** The fields besides the id that lists of members show. */
export interface Named {
  fullName: string | null;
  email: string | null;
}

/**
 * The id of the request that wrote the record, the same for all its attempts. It distinguishes an attempt whose response
 * was lost from an equal edit by another request. Absent if no such request wrote the record.
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
  /** The unit whose members are published; null until the first rule has its members. */
  live: RuleVersion | null;
  /** The unit that is being filled; null where none is. */
  filling: (RuleVersion & { since: Instant }) | null;
  /** The previous unit, while its members are being removed. */
  retiring: RuleVersion | null;
  createdAt: Instant;
  updatedAt: Instant;
  /** When the live unit's members stood. */
  refreshedAt: Instant | null;
}
export interface RuleVersion {
  number: number;
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

/** The key of a record: its kind and its key fields. */
export type KeyOf<K extends Kind> = { kind: K } & Pick<Records[K], KeyFields[K] & keyof Records[K]>;
export type RecordKey = { [K in Kind]: KeyOf<K> }[Kind];
