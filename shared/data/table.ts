/**
 * THE single-table design: every kind of item, its key, its place in the indexes, its attributes, and how export and
 * erasure treat it. A kind without its block does not compile.
 *
 *   pk               sk                                   what
 *   C#<consumerId>   claim/<claimId>                      a claimed reward
 *                    consent/<consentId>                  what the consumer agreed to
 *                    directory/<hash>                     one way to find the consumer
 *                    event-id/<eventId>                   that a caller's event id is taken
 *                    hold/<holdId>                        that a caller's id of held points is taken
 *                    ledger/<entryId>                     the ledger of points
 *                    list/<listId>                        that the consumer is on a list
 *                    lots/<page>                          open lots that don't fit the account
 *                    message/<messageId>
 *                    order/<orderId>
 *                    refund/<length>:<orderId>/<refundId>
 *                    unit/<rule version>                  membership of a segment by one version of its rule
 *                    y/<occurredAt>/<eventId>             the history
 *                    z/account, memberships, metrics,     the head
 *                      profile, programme
 *   X#<hash>         contact                              whose an email, a phone, an external id is
 *   K#<keyHash>      answer                               the answer to a write with an Idempotency-Key
 *   D#<exportId>     export                               a file with all that is held about a consumer
 *   T#<subjectHash>  tombstone                            that an id was erased
 *   E#<erasureId>    receipt, subject                     an erasure, and its subject while it runs
 *   O                settings, summary, churn, …          what the organization has only one of
 *   G                <segmentId>                          the segments
 *   L                <listId>                             the lists
 *   S#<document>     <version>                            what a settings document was
 *   R                <rewardId>                           the rewards
 *   R#<rewardId>     stock                                what is left of one
 *
 * The head sorts last and the history just before it, so that one backwards query reads the head and the newest events.
 */
import { createHash } from 'node:crypto';
import type { ExportSection } from '../domain/exports.ts';
import { instantOfEntry } from '../domain/points/ids.ts';
import {
  type DirectoryFacet,
  type HeadKind,
  type KeyOf,
  type Kind,
  type RecordOf,
  type Records,
  storedKind,
} from '../usecases/ports/records.ts';
import type { DueKind } from '../usecases/ports/store.ts';
import type { Field, Item } from './fields.ts';
import {
  derived,
  flag,
  holds,
  instants,
  json,
  lots,
  minutes,
  nullable,
  number,
  optional,
  sparse,
  text,
} from './fields.ts';

export interface Key {
  pk: string;
  sk: string;
}
type IndexAttributes = { shard?: string; facet?: string; rank?: string; dueShard?: string; ttl?: number };

interface Block<K extends Kind> {
  key(key: KeyOf<K>): Key;
  indexes?(record: RecordOf<K>): IndexAttributes;
  fields: { [F in keyof Required<Records[K]>]: Field<Records[K][F]> };
  /** The section of a consumer's export that shows it, or why none does. */
  export: ExportSection | { leftOut: string };
  /**
   * How erasure finds it: in the consumer's partition, through the profile's contacts and sources, through the index,
   * inside an item that is about others too, beside the receipt.
   */
  erasure: 'partition' | 'claims' | 'index' | 'inside' | 'receipt' | { kept: string };
}

/** The attribute that holds a record's version. */
export const VERSION = 'v';
/** How many slices the population, and what is due, are spread over. */
export const SLICES = 8;
/** The slice of a consumer: even, and the same for ever. */
export const sliceOf = (consumerId: string): number =>
  createHash('md5').update(consumerId).digest().readUInt8(0) % SLICES;

export const partitionOf = (consumerId: string): string => `C#${consumerId}`;
export const consumerIn = (pk: string): string => pk.slice(2);
export const HISTORY = 'y/';
/** Above every event, below the head. */
export const HISTORY_END = 'y0';
export const historyKey = (occurredAt: string, eventId = ''): string => `${HISTORY}${occurredAt}/${eventId}`;
/** The sort keys of a consumer's head. */
const HEAD_PREFIX = 'z/';
export const HEAD_RANGE = { from: HEAD_PREFIX, before: 'z0' } as const;
const POPULATION = {
  profile: 'p',
  metrics: 'm',
  account: 'account',
  rewardsState: 'programme',
  memberships: 'memberships',
} as const satisfies Record<HeadKind, string>;
/** One kind of the heads in a slice of the population. */
export const headSlice = (kind: HeadKind, slice: number): string => `${POPULATION[kind]}#${slice}`;
export const versionMembers = (ruleVersion: number): string => `u#${ruleVersion}`;
export const listMembers = (listId: string): string => `l#${listId}`;
export const SEGMENTS = 'G';
export const LISTS = 'L';
const DUE = {
  profile: 'archive-due',
  metrics: 'due',
  account: 'points-due',
  memberships: 'segments-due',
} as const satisfies Record<DueKind, string>;
export const dueSlice = (kind: DueKind, slice: number): string => `${DUE[kind]}#${slice}`;
export const LEDGER = 'ledger/';
export const ledgerKey = (entryId: string): string => LEDGER + entryId;
export const CLAIMS = 'claim/';
export const CONSENTS = 'consent/';
/** The directory partition of saved answers that name a consumer; `exportsOf` is that of exports. */
export const answersOf = (consumerId: string): string => `keys#${consumerId}`;
export const exportsOf = (consumerId: string): string => `exports#${consumerId}`;
export const ERASURES = 'erasures';
export const ERASING = 'erasing';
export const REWARDS = 'R';
export const settingsVersions = (name: string): string => `S#${name}`;

/** The index keys of a directory entry. Equal entries sort by consumer, newest last; the others sort as text. */
export const directoryEntry = (facet: DirectoryFacet, value: string, consumerId: string) =>
  facet === 'tag' || facet === 'status'
    ? { facet: `${facet}#${value}`, rank: consumerId }
    : { facet: `${facet}#${[...value][0] ?? ''}`, rank: `${value} ${consumerId}` };
/** The entry behind its index keys. Neither words nor contacts contain a space. */
export const entryIn = (facet: string, rank: string) => {
  const at = facet.indexOf('#');
  const kind = facet.slice(0, at) as DirectoryFacet;
  return {
    facet: kind,
    value: kind === 'tag' || kind === 'status' ? facet.slice(at + 1) : (rank.split(' ', 1)[0] ?? ''),
  };
};

const hashed = (...parts: string[]): string => createHash('sha256').update(parts.join('\n')).digest('base64url');
const ofConsumer = (consumerId: string, sk: string): Key => ({ pk: partitionOf(consumerId), sk });
const ofHead = (kind: HeadKind, consumerId: string): Key => ofConsumer(consumerId, HEAD_PREFIX + storedKind(kind));
const ofOrganization = (sk: string): Key => ({ pk: 'O', sk });
const consumerId = derived((item: Item) => consumerIn(item['pk']?.S ?? ''));
/** A version of a segment's rule as JSON text, in which `unit` is its number. */
const ruleVersion = <V extends { number: number }>(attribute: string): Field<V> => ({
  attribute,
  write: ({ number, ...rest }) => ({ S: JSON.stringify({ unit: number, ...rest }) }),
  read: (value) => {
    const { unit, ...rest } = JSON.parse(value?.S ?? '{}');
    return { number: unit, ...rest };
  },
});
const entryIdIn = (item: Item): string => item['sk']?.S?.slice(LEDGER.length) ?? '';
const list = <T>(attribute: string) => sparse<T[]>(attribute, () => []);
const map = <T>(attribute: string) => sparse<Record<string, T>>(attribute, () => ({}));
/** The indexes of a part of the head that may become due. */
const headIndexes = (
  kind: DueKind,
  { consumerId, dueAt }: { consumerId: string; dueAt: string | null },
): IndexAttributes => {
  const slice = sliceOf(consumerId);
  return { shard: headSlice(kind, slice), ...(dueAt !== null && { dueShard: dueSlice(kind, slice) }) };
};
const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000);

const EXPORTS_OUTLIVE_FILES_SECONDS = 3 * 86_400;

export const table: { [K in Kind]: Block<K> } = {
  profile: {
    key: (profile) => ofHead('profile', profile.consumerId),
    indexes: (profile) => headIndexes('profile', profile),
    fields: {
      consumerId,
      version: number(VERSION),
      status: text('status'),
      membership: text('membership'),
      archived: flag('archived'),
      fullName: nullable(text('name')),
      email: nullable(text('email')),
      emailVerified: flag('emailOk'),
      phone: nullable(text('phone')),
      phoneVerified: flag('phoneOk'),
      gender: nullable(text('gender')),
      birthday: nullable(text('birthday')),
      pictureUrl: nullable(text('picture')),
      handler: nullable(text('handler')),
      facebookId: nullable(text('facebook')),
      tags: list('tags'),
      customAttributes: map('attributes'),
      answers: map('answers'),
      syncSources: list('sources'),
      consents: sparse('consents', () => ({})),
      joinedAt: nullable(text('joined')),
      createdAt: text('created'),
      updatedAt: text('updated'),
      dueAt: nullable(text('dueAt')),
      archivedAt: optional(text('archivedAt')),
    },
    export: 'profile',
    erasure: 'partition',
  },
  metrics: {
    key: (metrics) => ofHead('metrics', metrics.consumerId),
    indexes: (metrics) => headIndexes('metrics', metrics),
    fields: {
      consumerId,
      version: number(VERSION),
      eligible: flag('eligible'),
      membership: text('membership'),
      orders: number('orders'),
      paidMinor: number('paid'),
      refundedMinor: number('refunded'),
      ordersReturned: number('returned'),
      firstOrderAt: nullable(text('firstOrder')),
      lastOrderAt: nullable(text('lastOrder')),
      loyaltySum: text('loyalty'),
      activitySum: text('activity'),
      messagesSent: number('sent'),
      messagesEngaged: number('engaged'),
      lastEngagedAt: nullable(text('lastEngaged')),
      engagedMinutes: minutes('engagedAt'),
      place: nullable(json('place')),
      timezone: nullable(json('zone')),
      lastEventAt: nullable(text('lastEvent')),
      tallies: map('tally'),
      advocacy: map('advocacy'),
      scoringVersion: number('scoring'),
      recordedAt: optional(text('recorded')),
      recordedBy: optional(text('recordedBy')),
      halfLifeDays: number('halfLife'),
      activityHalfLifeDays: number('activityHalfLife'),
      band: text('band'),
      bandSince: text('bandSince'),
      bandCause: text('bandCause'),
      dueAt: nullable(text('dueAt')),
    },
    export: 'profile',
    erasure: 'partition',
  },
  event: {
    key: (event) => ofConsumer(event.consumerId, historyKey(event.occurredAt, event.eventId)),
    fields: {
      consumerId,
      eventId: derived((item) => item['sk']?.S?.slice(historyKey('2026-01-31T09:30:00.000Z').length) ?? ''),
      occurredAt: derived((item) => item['sk']?.S?.slice(HISTORY.length, HISTORY.length + 24) ?? ''),
      type: text('type'),
      source: nullable(text('source')),
      attributes: json('attributes'),
      receivedAt: text('received'),
      digest: text('digest'),
      earned: nullable(json('earned')),
    },
    export: 'events',
    erasure: 'partition',
  },
  eventClaim: {
    key: (claim) => ofConsumer(claim.consumerId, `event-id/${claim.eventId}`),
    fields: {
      consumerId,
      eventId: derived((item) => item['sk']?.S?.slice('event-id/'.length) ?? ''),
      occurredAt: text('at'),
      type: text('type'),
      digest: text('digest'),
      earned: nullable(json('earned')),
    },
    export: { leftOut: 'says only that the event is there' },
    erasure: 'partition',
  },
  order: {
    key: (order) => ofConsumer(order.consumerId, `order/${order.orderId}`),
    fields: {
      consumerId,
      orderId: derived((item) => item['sk']?.S?.slice('order/'.length) ?? ''),
      version: number(VERSION),
      occurredAt: text('at'),
      totalMinor: number('total'),
      refundedMinor: number('refunded'),
      returned: flag('returned'),
      settlement: nullable(json('settlement')),
      eventId: text('event'),
      digest: text('digest'),
      earned: nullable(json('earned')),
      awards: list('awards'),
    },
    export: { leftOut: 'made of events, which are shown' },
    erasure: 'partition',
  },
  refund: {
    // The length keeps an order id with a slash apart from a refund id with one.
    key: (refund) =>
      ofConsumer(refund.consumerId, `refund/${refund.orderId.length}:${refund.orderId}/${refund.refundId}`),
    fields: {
      consumerId,
      orderId: text('order'),
      refundId: text('refund'),
      eventId: text('event'),
      occurredAt: text('at'),
      digest: text('digest'),
      earned: optional(json('earned')),
    },
    export: { leftOut: 'made of events, which are shown' },
    erasure: 'partition',
  },
  message: {
    key: (message) => ofConsumer(message.consumerId, `message/${message.messageId}`),
    fields: {
      consumerId,
      messageId: derived((item) => item['sk']?.S?.slice('message/'.length) ?? ''),
      version: number(VERSION),
      sent: flag('sent'),
      engagedAt: nullable(text('engaged')),
    },
    export: { leftOut: 'made of events, which are shown' },
    erasure: 'partition',
  },
  contact: {
    key: ({ channel, contact }) => ({ pk: `X#${hashed(channel, contact)}`, sk: 'contact' }),
    fields: { channel: text('channel'), contact: text('contact'), consumerId: text('consumer') },
    export: { leftOut: 'the profile shows the contacts' },
    erasure: 'claims',
  },
  directory: {
    key: (entry) => ofConsumer(entry.consumerId, `directory/${hashed(entry.facet, entry.value).slice(0, 22)}`),
    indexes: (entry) => directoryEntry(entry.facet, entry.value, entry.consumerId),
    fields: {
      consumerId,
      facet: derived((item) => entryIn(item['facet']?.S ?? '', item['rank']?.S ?? '').facet),
      value: derived((item) => entryIn(item['facet']?.S ?? '', item['rank']?.S ?? '').value),
    },
    export: { leftOut: 'made of the profile, which is shown' },
    erasure: 'partition',
  },
  account: {
    key: (account) => ofHead('account', account.consumerId),
    indexes: (account) => headIndexes('account', account),
    fields: {
      consumerId,
      version: number(VERSION),
      score: number('score'),
      spent: number('spent'),
      pending: number('pending'),
      reserved: number('reserved'),
      expired: number('expired'),
      entries: number('entries'),
      at: nullable(text('at')),
      lots: lots('lots', 'remaining'),
      pages: list('pages'),
      nextPage: number('nextPage'),
      holds: holds('holds'),
      tier: json('tier'),
      given: map('given'),
      dueAt: nullable(text('dueAt')),
    },
    export: 'points',
    erasure: 'partition',
  },
  lotPage: {
    key: (page) => ofConsumer(page.consumerId, `lots/${String(page.page).padStart(6, '0')}`),
    fields: {
      consumerId,
      page: derived((item) => Number(item['sk']?.S?.slice('lots/'.length))),
      version: number(VERSION),
      lots: lots('lots', 'remaining'),
    },
    export: { leftOut: 'made of the ledger, which is shown' },
    erasure: 'partition',
  },
  entry: {
    key: (entry) => ofConsumer(entry.consumerId, ledgerKey(entry.entryId)),
    fields: {
      consumerId,
      entryId: derived((item) => entryIdIn(item)),
      at: derived((item) => instantOfEntry(entryIdIn(item))),
      type: text('type'),
      points: number('points'),
      balances: json('balances'),
      parts: lots('lots', 'points'),
      reason: nullable(text('reason')),
      textKey: text('textKey'),
      actor: text('actor'),
      cause: text('cause'),
      about: map('about'),
    },
    export: 'points',
    erasure: 'partition',
  },
  holdClaim: {
    key: (claim) => ofConsumer(claim.consumerId, `hold/${claim.holdId}`),
    fields: {
      consumerId,
      holdId: derived((item) => item['sk']?.S?.slice('hold/'.length) ?? ''),
      entryId: text('entry'),
      digest: text('digest'),
    },
    export: { leftOut: 'made of the ledger, which is shown' },
    erasure: 'partition',
  },
  rewardsState: {
    key: ({ consumerId }) => ofHead('rewardsState', consumerId),
    indexes: ({ consumerId }) => ({ shard: headSlice('rewardsState', sliceOf(consumerId)) }),
    fields: {
      consumerId,
      version: number(VERSION),
      claims: map('claims'),
      latestClaims: list('latestClaims'),
      challenges: map('challenges'),
      completed: list('completed'),
    },
    export: 'challenges',
    erasure: 'partition',
  },
  claim: {
    key: (claim) => ofConsumer(claim.consumerId, CLAIMS + claim.claimId),
    fields: {
      consumerId,
      claimId: derived((item) => item['sk']?.S?.slice(CLAIMS.length) ?? ''),
      version: number(VERSION),
      rewardId: text('reward'),
      name: text('name'),
      points: number('points'),
      entryId: text('entry'),
      claimedAt: text('at'),
      cancelledAt: nullable(text('cancelled')),
      parts: lots('lots', 'points'),
      digest: text('digest'),
    },
    export: 'rewards',
    erasure: 'partition',
  },
  reward: {
    key: ({ rewardId }) => ({ pk: REWARDS, sk: rewardId }),
    fields: {
      rewardId: derived((item) => item['sk']?.S ?? ''),
      version: number(VERSION),
      name: text('name'),
      costPoints: number('cost'),
      limitPerConsumer: nullable(number('limit')),
      activeFrom: nullable(text('from')),
      activeUntil: nullable(text('until')),
      audience: json('audience'),
      status: text('status'),
      createdAt: text('created'),
      updatedAt: text('updated'),
      editId: optional(text('edit')),
    },
    export: { leftOut: 'about no consumer' },
    erasure: { kept: 'about no consumer' },
  },
  stock: {
    key: ({ rewardId }) => ({ pk: `R#${rewardId}`, sk: 'stock' }),
    fields: {
      rewardId: derived((item) => item['pk']?.S?.slice(2) ?? ''),
      version: number(VERSION),
      left: nullable(number('left')),
      claimed: number('claimed'),
    },
    export: { leftOut: 'about no consumer' },
    erasure: { kept: 'about no consumer' },
  },
  idempotency: {
    key: ({ keyHash }) => ({ pk: `K#${keyHash}`, sk: 'answer' }),
    indexes: (answer) => ({
      ttl: seconds(answer.expiresAt),
      ...(answer.consumerId !== undefined && { facet: answersOf(answer.consumerId), rank: answer.keyHash }),
    }),
    fields: {
      keyHash: derived((item) => item['pk']?.S?.slice(2) ?? ''),
      digest: nullable(text('digest')),
      status: number('status'),
      body: nullable(text('body')),
      expiresAt: text('expiresAt'),
      consumerId: optional(text('consumer')),
    },
    export: { leftOut: 'repeats an answer for seven days' },
    erasure: 'index',
  },
  consent: {
    key: (consent) => ofConsumer(consent.consumerId, CONSENTS + consent.consentId),
    fields: {
      consumerId,
      consentId: derived((item) => item['sk']?.S?.slice(CONSENTS.length) ?? ''),
      at: text('at'),
      channel: text('channel'),
      purpose: text('purpose'),
      state: text('state'),
      source: text('source'),
      method: text('method'),
      wordingVersion: nullable(text('wording')),
    },
    export: 'consents',
    erasure: 'partition',
  },
  export: {
    key: ({ exportId }) => ({ pk: `D#${exportId}`, sk: 'export' }),
    indexes: ({ exportId, consumerId, expiresAt }) => ({
      // S3 expires files by its own calendar day. The record outlives the file so that an erasure finds it.
      ttl: seconds(expiresAt) + EXPORTS_OUTLIVE_FILES_SECONDS,
      ...(consumerId !== undefined && { facet: exportsOf(consumerId), rank: exportId }),
    }),
    fields: {
      exportId: derived((item) => item['pk']?.S?.slice(2) ?? ''),
      version: number(VERSION),
      consumerId: optional(text('consumer')),
      sections: list('sections'),
      format: text('format'),
      status: text('status'),
      requestedAt: text('requested'),
      completedAt: nullable(text('completed')),
      expiresAt: text('expiresAt'),
    },
    export: { leftOut: 'says only what was exported' },
    erasure: 'index',
  },
  tombstone: {
    key: ({ subjectHash }) => ({ pk: `T#${subjectHash}`, sk: 'tombstone' }),
    fields: {
      subjectHash: derived((item) => item['pk']?.S?.slice(2) ?? ''),
      erasureId: text('erasure'),
      at: text('at'),
    },
    export: { leftOut: 'the consumer no longer exists' },
    erasure: { kept: 'a keyed hash that prevents reuse of an erased id' },
  },
  erasure: {
    key: ({ erasureId }) => ({ pk: `E#${erasureId}`, sk: 'receipt' }),
    indexes: () => ({ shard: ERASURES }),
    fields: {
      erasureId: derived((item) => item['pk']?.S?.slice(2) ?? ''),
      version: number(VERSION),
      subjectHash: text('subject'),
      status: text('status'),
      attempt: number('attempt'),
      requestedAt: text('requested'),
      completedAt: nullable(text('completed')),
      itemsRemoved: map('removed'),
      steps: list('steps'),
    },
    export: { leftOut: 'the consumer no longer exists' },
    erasure: { kept: 'the receipt: counts, instants, a keyed hash' },
  },
  erasureSubject: {
    key: ({ erasureId }) => ({ pk: `E#${erasureId}`, sk: 'subject' }),
    indexes: () => ({ shard: ERASING }),
    fields: {
      erasureId: derived((item) => item['pk']?.S?.slice(2) ?? ''),
      consumerId: text('consumer'),
      contacts: list('contacts'),
      sources: list('sources'),
      exportIds: list('exports'),
    },
    export: { leftOut: 'the consumer no longer exists' },
    erasure: 'receipt',
  },
  settings: {
    key: () => ofOrganization('settings'),
    fields: { version: number(VERSION), documents: json('documents') },
    export: { leftOut: 'about no consumer' },
    erasure: { kept: 'about no consumer' },
  },
  segment: {
    key: ({ segmentId }) => ({ pk: SEGMENTS, sk: segmentId }),
    fields: {
      segmentId: derived((item) => item['sk']?.S ?? ''),
      name: text('name'),
      source: text('source'),
      version: number(VERSION),
      live: nullable(ruleVersion('live')),
      filling: nullable(ruleVersion('next')),
      retiring: nullable(ruleVersion('last')),
      createdAt: text('created'),
      updatedAt: text('updated'),
      refreshedAt: nullable(text('refreshed')),
      editId: optional(text('edit')),
    },
    export: { leftOut: 'about no consumer' },
    erasure: { kept: 'about no consumer' },
  },
  member: {
    key: (member) => ofConsumer(member.consumerId, `unit/${String(member.ruleVersion).padStart(9, '0')}`),
    indexes: (member) => ({ shard: versionMembers(member.ruleVersion) }),
    fields: {
      consumerId,
      ruleVersion: derived((item) => Number(item['sk']?.S?.slice('unit/'.length))),
      segmentId: text('segment'),
      enteredAt: text('entered'),
      fullName: nullable(text('name')),
      email: nullable(text('email')),
    },
    export: { leftOut: 'the memberships are shown, from which it follows' },
    erasure: 'partition',
  },
  list: {
    key: ({ listId }) => ({ pk: LISTS, sk: listId }),
    fields: {
      listId: derived((item) => item['sk']?.S ?? ''),
      name: text('name'),
      version: number(VERSION),
      createdAt: text('created'),
      updatedAt: text('updated'),
      editId: optional(text('edit')),
    },
    export: { leftOut: 'about no consumer' },
    erasure: { kept: 'about no consumer' },
  },
  listMember: {
    key: (member) => ofConsumer(member.consumerId, `list/${member.listId}`),
    indexes: (member) => ({ shard: listMembers(member.listId) }),
    fields: {
      consumerId,
      listId: derived((item) => item['sk']?.S?.slice('list/'.length) ?? ''),
      addedAt: text('added'),
      fullName: nullable(text('name')),
      email: nullable(text('email')),
    },
    export: { leftOut: 'the memberships are shown, from which it follows' },
    erasure: 'partition',
  },
  memberships: {
    key: (memberships) => ofHead('memberships', memberships.consumerId),
    indexes: (memberships) => headIndexes('memberships', memberships),
    fields: {
      consumerId,
      version: number(VERSION),
      ruleVersions: instants('units'),
      lists: list('lists'),
      unannounced: optional(json('untold')),
      flippedAt: optional(text('flipped')),
      dueAt: nullable(text('dueAt')),
    },
    export: 'memberships',
    erasure: 'partition',
  },
  memberCounts: {
    key: () => ofOrganization('member-counts'),
    fields: { version: number(VERSION), content: text('content') },
    export: { leftOut: 'counts of the whole population' },
    erasure: { kept: 'counts of the whole population' },
  },
  backfillLease: {
    key: () => ofOrganization('backfill-lease'),
    fields: {
      version: number(VERSION),
      runId: text('run'),
      expiresAt: text('expiresAt'),
      slicesDone: number('done'),
      consumersDone: optional(number('consumers')),
      everyone: optional(number('everyone')),
      lastRuleVersion: optional(number('lastUnit')),
      appliedInputs: optional(json('goneBy')),
      pendingInputs: optional(json('goingBy')),
    },
    export: { leftOut: 'about no consumer' },
    erasure: { kept: 'about no consumer' },
  },
  ruleSummary: {
    key: () => ofOrganization('rule-summary'),
    fields: { version: number(VERSION), asOf: text('asOf'), content: text('content'), isApplied: flag('applied') },
    export: { leftOut: 'counts of the whole population' },
    erasure: { kept: 'counts of the whole population' },
  },
  settingsVersion: {
    key: ({ name, version }) => ({ pk: settingsVersions(name), sk: String(version).padStart(9, '0') }),
    fields: {
      name: derived((item) => item['pk']?.S?.slice(2) ?? ''),
      version: derived((item) => Number(item['sk']?.S)),
      updatedAt: text('updated'),
      updatedBy: text('by'),
      value: json('value'),
      editId: optional(text('edit')),
    },
    export: { leftOut: 'about no consumer' },
    erasure: { kept: 'about no consumer' },
  },
  liability: {
    key: () => ofOrganization('liability'),
    fields: { version: number(VERSION), asOf: text('asOf'), content: text('content') },
    export: { leftOut: 'sums of the whole population' },
    erasure: { kept: 'sums of the whole population' },
  },
  advocates: {
    key: () => ofOrganization('advocates'),
    fields: { version: number(VERSION), computedAt: text('computed'), items: list('items') },
    export: { leftOut: 'made of events, which are shown' },
    erasure: 'inside',
  },
  summary: {
    key: () => ofOrganization('summary'),
    fields: {
      version: number(VERSION),
      asOf: text('asOf'),
      rebuiltAt: nullable(text('rebuilt')),
      unsettled: number('unsettled'),
      settlesAt: nullable(text('settlesAt')),
      content: text('content'),
    },
    export: { leftOut: 'counts of the whole population' },
    erasure: { kept: 'counts of the whole population' },
  },
  churnModel: {
    key: () => ofOrganization('churn'),
    fields: {
      version: number(VERSION),
      r: number('r'),
      alpha: number('alpha'),
      a: number('a'),
      b: number('b'),
      consumers: number('consumers'),
      logLikelihood: number('logLikelihood'),
      fittedAt: text('fitted'),
    },
    export: { leftOut: 'four numbers about the whole population' },
    erasure: { kept: 'four numbers about the whole population' },
  },
};
