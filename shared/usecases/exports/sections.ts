/**
 * The content of each section of an export. Every fact about the consumer is in exactly one section, events of taking part
 * in two. Long sections are read while they are written, so that their length does not matter.
 */
import { identityLevelOf } from '../../domain/consumer/identity.ts';
import type { ExportSection } from '../../domain/exports.ts';
import type { Instant } from '../../domain/facts.ts';
import { type ConsumerDetail, detailAt } from '../consumers/detail.ts';
import { eventShown } from '../events/list.ts';
import type { Organization } from '../organization/organization.ts';
import { entryShown } from '../points/list.ts';
import type { RecordOf } from '../ports/records.ts';
import type { ConsumerStateWithEvents, Store } from '../ports/store.ts';
import { listedClaim } from '../rewards/claims.ts';

/** Rows, and the names of their columns in a table. */
export interface Rows {
  columns: readonly string[];
  rows: Iterable<object> | AsyncIterable<object>;
}
export type Section =
  /** Single facts. */
  | { facts: object }
  /** One list. */
  | { list: Rows }
  /** Several lists, and facts that are known once all rows have been read. */
  | { lists: Record<string, Rows>; atTheEnd?: () => object };

/** Read once for all sections. */
export interface SectionInputs {
  store: Store;
  state: ConsumerStateWithEvents;
  organization: Organization;
  now: Instant;
}

export const sectionOf = (name: ExportSection, inputs: SectionInputs): Section => SECTIONS[name](inputs);

/** Fields of the detail that belong to other sections. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...(['identityLevel', 'emailVerified', 'phoneVerified', 'membership', 'joinedAt', 'createdAt'] as const),
  ...(['points', 'segments', 'lists', 'latestActions', 'completedChallenges', 'claimedRewards'] as const),
  ...(['participation', 'syncSources', 'consents'] as const),
] satisfies (keyof ConsumerDetail)[]);

const SECTIONS: Record<ExportSection, (inputs: SectionInputs) => Section> = {
  profile: ({ state, organization, now }) => {
    const detail = detailAt(state, organization, now);
    return { facts: Object.fromEntries(Object.entries(detail).filter(([name]) => !ELSEWHERE.has(name))) };
  },

  identity: ({ state: { profile } }) => {
    const { emailVerified, phoneVerified, membership, joinedAt, createdAt } = profile;
    const identityLevel = identityLevelOf(profile);
    return { facts: { identityLevel, emailVerified, phoneVerified, membership, joinedAt, createdAt } };
  },

  sync_sources: ({ state }) => ({
    list: { columns: ['source', 'externalId', 'status', 'lastSyncedAt'], rows: state.profile.syncSources },
  }),

  consents: ({ store, state }) => ({
    list: {
      columns: CONSENT_COLUMNS,
      rows: eachOf(store.partOf(state.profile.consumerId, 'consent'), consentShown),
    },
  }),

  memberships: ({ state, organization, now }) => {
    const { segments, lists } = detailAt(state, organization, now);
    return {
      lists: {
        segments: { columns: ['segmentId', 'name', 'enteredAt'], rows: segments },
        lists: { columns: ['listId', 'name', 'addedAt'], rows: lists },
      },
    };
  },

  points: ({ store, state }) => {
    // The balances of the last entry agree with the entries, even if points are posted concurrently.
    let balances: RecordOf<'entry'>['balances'] = NO_BALANCES;
    const shown = (entry: RecordOf<'entry'>) => {
      balances = entry.balances;
      return entryShown(entry);
    };
    const rows = eachOf(store.partOf(state.profile.consumerId, 'entry'), shown);
    return { lists: { entries: { columns: ENTRY_COLUMNS, rows } }, atTheEnd: () => ({ balances }) };
  },

  rewards: ({ store, state }) => ({
    list: {
      columns: ['claimId', 'rewardId', 'name', 'points', 'entryId', 'claimedAt', 'cancelledAt'],
      rows: eachOf(store.partOf(state.profile.consumerId, 'claim'), listedClaim),
    },
  }),

  challenges: ({ state: { rewardsState } }) => ({
    lists: {
      progress: {
        columns: ['challengeId', 'progress', 'completions', 'completedAt'],
        rows: Object.entries(rewardsState?.challenges ?? {}).map(([challengeId, progress]) => ({
          challengeId,
          ...progress,
        })),
      },
      completed: {
        columns: ['challengeId', 'name', 'points', 'times', 'completedAt'],
        rows: rewardsState?.completed ?? [],
      },
    },
  }),

  /** These events are in the section `events` too, which is the complete history. */
  participation: ({ store, state }) => ({
    list: {
      columns: ['eventId', 'occurredAt', 'experienceId', 'distribution', 'outcome'],
      rows: eachOf(participationsIn(store.historyOf(state.profile.consumerId)), participationShown),
    },
  }),

  events: ({ store, state }) => ({
    list: {
      columns: ['eventId', 'type', 'occurredAt', 'source', 'receivedAt', 'attributes', 'points'],
      rows: eachOf(store.historyOf(state.profile.consumerId), eventShown),
    },
  }),
};

const NO_BALANCES = { available: 0, score: 0, spent: 0, pending: 0, reserved: 0, expired: 0 };
const ENTRY_COLUMNS = [
  ...['entryId', 'at', 'type', 'points'],
  ...Object.keys(NO_BALANCES).map((name) => `balances.${name}`),
  ...['reason', 'textKey', 'actor', 'cause', 'lots'],
  ...['eventId', 'orderId', 'pendingId', 'reservationId', 'rewardId', 'claimId', 'challengeId', 'rule'],
];
const CONSENT_COLUMNS = [
  'consentId',
  'at',
  'channel',
  'purpose',
  'state',
  'source',
  'method',
  'wordingVersion',
] as const;

type EventRecord = RecordOf<'event'>;

const consentShown = ({ kind: _, consumerId: __, ...said }: RecordOf<'consent'>) => said;

async function* participationsIn(history: AsyncIterable<EventRecord>): AsyncGenerator<EventRecord> {
  for await (const event of history) if (event.type === 'participated') yield event;
}

const participationShown = ({ eventId, occurredAt, attributes }: EventRecord) => {
  const { experienceId, distribution, outcome = null } = attributes;
  return { eventId, occurredAt, experienceId, distribution, outcome };
};

async function* eachOf<R, S>(records: AsyncIterable<R>, shown: (record: R) => S): AsyncGenerator<S> {
  for await (const record of records) yield shown(record);
}
