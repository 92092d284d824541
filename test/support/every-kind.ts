/** Records of every kind, all about one consumer where a kind belongs to consumers. */
import { balancesOf, emptyAccount } from '../../shared/domain/points/account.ts';
import { entryIdOf } from '../../shared/domain/points/ids.ts';
import type { Kind, RecordOf, StoredRecord } from '../../shared/usecases/ports/records.ts';
import { eventOf, metricsOf, profileOf } from './records.ts';

const day = (n: number) => `2026-02-${String(n).padStart(2, '0')}T12:00:00.000Z`;

/** The due instant of the samples: later than any instant in the tests. */
export const MUCH_LATER = '2999-12-31T23:59:59.999Z';

/** Samples of each kind. A kind without samples does not compile. */
type Samples = { [K in Kind]: RecordOf<K>[] };

/** Records of every kind, with every field filled and with every field empty. */
export const everyKind = (consumerId: string): StoredRecord[] => Object.values(recordsByKind(consumerId)).flat();
export const pointsOf = (consumerId: string): StoredRecord[] => Object.values(pointsByKind(consumerId)).flat();
export const segmentsOf = (consumerId: string): StoredRecord[] => Object.values(segmentsByKind(consumerId)).flat();

function recordsByKind(consumerId: string): Samples {
  const at = day(1);
  return {
    profile: [
      profileOf(consumerId),
      profileOf(consumerId, {
        status: 'inactive',
        membership: 'opted_in',
        archived: true,
        fullName: `<b>Robert'); DROP TABLE "x";--</b> 👩‍👩‍👧`,
        email: 'a@example.org',
        emailVerified: true,
        phone: '+447911123456',
        phoneVerified: true,
        gender: '',
        birthday: '1990-05-01',
        pictureUrl: 'https://example.org/a.png',
        handler: 'h',
        facebookId: 'f',
        tags: [
          { name: 'VIP', type: 'vip_status' },
          { name: '', type: null },
        ],
        customAttributes: { a: '', b: 0, c: false, d: [], e: 1e300 },
        answers: { q1: ['x'] },
        syncSources: [{ source: 'klaviyo', externalId: '1', lastSyncedAt: null, status: 'synced' }],
        consents: { sms: { marketing: { state: 'withdrawn', at } } },
        joinedAt: at,
        dueAt: MUCH_LATER,
        archivedAt: at,
      }),
    ],
    metrics: [
      metricsOf(consumerId),
      metricsOf(consumerId, {
        version: 9_007_199_254_740_991,
        eligible: false,
        orders: 3,
        paidMinor: 9_007_199_254_740_991,
        refundedMinor: 1,
        firstOrderAt: at,
        lastOrderAt: at,
        loyaltySum: '-zz',
        engagedMinutes: [0, 1, 29_000_000, 4_294_967_295],
        lastEngagedAt: at,
        place: { value: { city: 'Leeds', region: null, country: 'GB' }, at, eventId: 'e' },
        timezone: { value: 'Europe/London', at, eventId: 'e' },
        lastEventAt: at,
        tallies: { wmFlbjpg_VGtNmEv: '36rovvsgBbeU54pe0B', '-mFlbjpg_VGtNmEw': '54pe~*!' },
        advocacy: { friend_referred: '37bmh0l82W', share_impression: '1aaU3e/37bmh0l82W' },
        bandCause: 'time',
        dueAt: MUCH_LATER,
      }),
    ],
    event: [eventOf(consumerId, { eventId: 'a/b é', source: 's', attributes: { deep: { list: [1, null, 'x', {}] } } })],
    eventClaim: [
      { kind: 'eventClaim', consumerId, eventId: 'e/1', occurredAt: at, type: 'visit', digest: 'd', earned: null },
    ],
    order: [
      order({ consumerId, settlement: null }),
      order({ consumerId, orderId: 'o/2', settlement: { state: 'accepted', at, eventId: 'e' }, returned: true }),
    ],
    refund: [{ kind: 'refund', consumerId, orderId: 'o', refundId: 'r', eventId: 'e', occurredAt: at, digest: 'd' }],
    message: [
      { kind: 'message', consumerId, messageId: 'm', version: 1, sent: false, engagedAt: null },
      { kind: 'message', consumerId, messageId: 'm/2', version: 1, sent: true, engagedAt: at },
    ],
    contact: [{ kind: 'contact', channel: 'email', contact: 'a@example.org', consumerId }],
    directory: [
      { kind: 'directory', consumerId, facet: 'word', value: 'anna' },
      { kind: 'directory', consumerId, facet: 'tag', value: 'big #1 spender' },
      { kind: 'directory', consumerId, facet: 'status', value: 'inactive' },
    ],
    idempotency: [
      { kind: 'idempotency', keyHash: 'k', digest: 'd', status: 201, body: '{}', expiresAt: day(20), consumerId },
      { kind: 'idempotency', keyHash: 'l', digest: null, status: 410, body: null, expiresAt: day(20) },
    ],
    settings: [
      {
        kind: 'settings',
        version: 1,
        documents: { loyalty: { version: 1, updatedAt: at, updatedBy: 'x', value: { halfLifeDays: 90 } } },
      },
    ],
    summary: [
      {
        kind: 'summary',
        version: 1,
        asOf: at,
        rebuiltAt: null,
        unsettled: 0,
        settlesAt: null,
        content: 'x'.repeat(20_000),
      },
    ],
    churnModel: [
      {
        kind: 'churnModel',
        version: 1,
        r: 0.24259,
        alpha: 30.8952,
        a: 0.79292,
        b: 2.42591,
        consumers: 2357,
        logLikelihood: -9582.43,
        fittedAt: at,
      },
    ],
    ...pointsByKind(consumerId),
    ...segmentsByKind(consumerId),
    ...privacyByKind(consumerId),
  };
}

/** Every kind about consent, exports and erasure. */
function privacyByKind(
  consumerId: string,
): Pick<Samples, 'consent' | 'export' | 'tombstone' | 'erasure' | 'erasureSubject'> {
  const at = day(1);
  const said = { channel: 'sms', purpose: 'marketing', source: 'shop', method: 'form', at } as const;
  const asked = { sections: ['profile'], format: 'csv', requestedAt: at, expiresAt: day(2), version: 1 } as const;
  const erasure = { erasureId: 'e1', subjectHash: 'h', attempt: 1, version: 1, requestedAt: at } as const;
  return {
    consent: [
      { kind: 'consent', consumerId, consentId: 'c1', ...said, state: 'granted', wordingVersion: '3' },
      { kind: 'consent', consumerId, consentId: 'c2', ...said, state: 'withdrawn', wordingVersion: null },
    ],
    export: [
      { kind: 'export', exportId: 'x1', consumerId, status: 'running', completedAt: null, ...asked, sections: [] },
      { kind: 'export', exportId: 'x2', status: 'erased', completedAt: at, ...asked, sections: ['profile', 'events'] },
    ],
    tombstone: [{ kind: 'tombstone', subjectHash: 'h', erasureId: 'e1', at }],
    erasure: [
      { kind: 'erasure', ...erasure, status: 'running', completedAt: null, itemsRemoved: {}, steps: [] },
      {
        kind: 'erasure',
        ...erasure,
        erasureId: 'e2',
        status: 'completed',
        completedAt: at,
        itemsRemoved: { event: 3 },
        steps: [{ name: 'freeze', at, status: 'done' }],
      },
    ],
    erasureSubject: [
      { kind: 'erasureSubject', erasureId: 'e1', consumerId, contacts: [], sources: [], exportIds: [] },
      {
        kind: 'erasureSubject',
        erasureId: 'e2',
        consumerId,
        contacts: [{ channel: 'email', contact: 'a@b.org' }],
        sources: [{ source: 'klaviyo', externalId: '7' }],
        exportIds: ['x1'],
      },
    ],
  };
}

/** Every kind about segments and lists. */
function segmentsByKind(
  consumerId: string,
): Pick<
  Samples,
  'segment' | 'member' | 'list' | 'listMember' | 'memberships' | 'memberCounts' | 'backfillLease' | 'ruleSummary'
> {
  const at = day(1);
  const segment: RecordOf<'segment'> = {
    kind: 'segment',
    segmentId: consumerId,
    name: 'Regulars',
    source: 'rule',
    version: 1,
    live: null,
    filling: null,
    retiring: null,
    createdAt: at,
    updatedAt: at,
    refreshedAt: null,
  };
  const rule = { attribute: 'fullName', operator: 'exists' };
  const named = { fullName: 'Anna', email: null };
  return {
    segment: [
      segment,
      {
        ...segment,
        segmentId: `${consumerId}x`,
        source: 'import',
        live: { number: 1, rule: null },
        filling: { number: 3, rule, since: at },
        retiring: { number: 2, rule },
        refreshedAt: at,
        editId: 'e',
      },
    ],
    member: [{ kind: 'member', consumerId, ruleVersion: 35, segmentId: 's', enteredAt: at, ...named }],
    list: [
      { kind: 'list', listId: consumerId, name: 'Friends', version: 1, createdAt: at, updatedAt: at, editId: 'e' },
    ],
    listMember: [{ kind: 'listMember', consumerId, listId: 'l', addedAt: at, ...named }],
    memberships: [
      { kind: 'memberships', consumerId, version: 1, ruleVersions: {}, lists: [], dueAt: null },
      {
        kind: 'memberships',
        consumerId,
        version: 2,
        ruleVersions: { 1: at, 36: day(2) },
        unannounced: [36],
        flippedAt: day(2),
        lists: [{ listId: 'l', addedAt: at }],
        dueAt: MUCH_LATER,
      },
    ],
    memberCounts: [{ kind: 'memberCounts', version: 1, content: '{}' }],
    backfillLease: [
      { kind: 'backfillLease', version: 1, runId: 'r', expiresAt: at, slicesDone: 3 },
      {
        kind: 'backfillLease',
        version: 2,
        runId: 'r',
        expiresAt: at,
        slicesDone: 3,
        consumersDone: 7,
        everyone: 20,
        appliedInputs: { churn: 'a' },
        pendingInputs: { churn: 'b' },
      },
    ],
    ruleSummary: [{ kind: 'ruleSummary', version: 1, asOf: at, content: '{}', isApplied: true }],
  };
}

/** Every kind about points. */
function pointsByKind(
  consumerId: string,
): Pick<
  Samples,
  | 'account'
  | 'lotPage'
  | 'entry'
  | 'holdClaim'
  | 'rewardsState'
  | 'claim'
  | 'reward'
  | 'stock'
  | 'settingsVersion'
  | 'liability'
  | 'advocates'
> {
  const at = day(1);
  const entryId = entryIdOf(at, 1, 'ABCDEFGH');
  const lot = { lotId: entryId, earnedAt: at, expiresAt: null, size: 50 };
  const [lots, parts] = [[{ ...lot, remaining: 30 }], [{ ...lot, points: 20, expiresAt: day(2) }]];
  const sums = { score: 50, spent: 20, pending: 5, reserved: 0, expired: 0 };
  const balances = balancesOf(sums);
  const account: RecordOf<'account'> = {
    kind: 'account',
    consumerId,
    version: 1,
    ...emptyAccount(),
    pages: [],
    nextPage: 1,
    dueAt: null,
  };
  const held = { points: 5, settlesAt: at };
  return {
    account: [
      account,
      {
        ...account,
        ...sums,
        entries: 3,
        at,
        lots,
        holds: [
          { kind: 'pending', holdId: 'p', ...held, expiresAt: null, expiresAfterDays: 3, orderId: 'o' },
          { kind: 'reserved', holdId: 'r', ...held, parts },
        ],
        pages: [2, 1],
        nextPage: 3,
        tier: { tierId: 'gold', since: at, manual: true, cause: 'time' },
        given: { rule: { days: { 20000: 5 }, months: {} } },
        dueAt: MUCH_LATER,
      },
    ],
    lotPage: [{ kind: 'lotPage', consumerId, page: 12, version: 2, lots }],
    entry: [
      {
        kind: 'entry',
        consumerId,
        entryId,
        at,
        type: 'spend',
        points: 20,
        balances,
        parts,
        reason: null,
        textKey: 'point_sub',
        actor: 'x',
        cause: 'change',
        about: { eventId: 'e', rule: { ruleId: 'r', points: 20 } },
      },
    ],
    holdClaim: [{ kind: 'holdClaim', consumerId, holdId: 'h', entryId, digest: 'd' }],
    rewardsState: [
      {
        kind: 'rewardsState',
        consumerId,
        version: 1,
        claims: { mug: 2 },
        latestClaims: [{ claimId: 'c', rewardId: 'mug', name: 'Mug', points: 5, claimedAt: at }],
        challenges: { steps: { progress: 0.5, completions: 1, completedAt: at } },
        completed: [{ challengeId: 'steps', name: 'Steps', points: 5, times: 1, completedAt: at }],
      },
    ],
    claim: [
      {
        kind: 'claim',
        consumerId,
        claimId: 'c',
        version: 1,
        rewardId: 'mug',
        name: 'Mug',
        points: 20,
        entryId,
        claimedAt: at,
        cancelledAt: null,
        parts,
        digest: 'd',
      },
    ],
    reward: [
      {
        kind: 'reward',
        rewardId: consumerId,
        version: 1,
        name: 'Mug',
        costPoints: 20,
        limitPerConsumer: null,
        activeFrom: at,
        activeUntil: null,
        audience: { segments: ['s'], lists: [] },
        status: 'active',
        createdAt: at,
        updatedAt: at,
        editId: 'e',
      },
    ],
    stock: [
      { kind: 'stock', rewardId: consumerId, version: 1, left: 0, claimed: 20 },
      { kind: 'stock', rewardId: `${consumerId}x`, version: 1, left: null, claimed: 0 },
    ],
    settingsVersion: [
      { kind: 'settingsVersion', name: 'tiers', version: 3, updatedAt: at, updatedBy: 'x', value: {}, editId: 'e' },
    ],
    liability: [{ kind: 'liability', version: 1, asOf: at, content: '{}' }],
    advocates: [
      { kind: 'advocates', version: 1, computedAt: at, items: [] },
      {
        kind: 'advocates',
        version: 2,
        computedAt: at,
        items: [
          { consumerId, fullName: null, score: 4.75, activities: [{ type: 'review_written', count: 1, points: 4.75 }] },
        ],
      },
    ],
  };
}

function order(other: Partial<RecordOf<'order'>> & { consumerId: string }): RecordOf<'order'> {
  return {
    kind: 'order',
    orderId: 'o',
    version: 1,
    occurredAt: day(1),
    totalMinor: 1999,
    refundedMinor: 0,
    returned: false,
    settlement: null,
    eventId: 'e',
    digest: 'd',
    earned: null,
    awards: [],
    ...other,
  };
}
