/** The store: answers the product's questions from the keys of `table.ts`, on any `Storage`. */
import { createHmac } from 'node:crypto';
import { entriesFrom } from '../domain/points/ids.ts';
import { HEAD, type RecordKey, type RecordOf } from '../usecases/ports/records.ts';
import type { ConsumerStateWithEvents, ListedState, Store, Write } from '../usecases/ports/store.ts';
import { WriteConflict } from '../usecases/ports/store.ts';
import { consumersBeginning, consumersIn, consumersWith, newestConsumers } from './consumer-pages.ts';
import { stateIn, stateOf, stateSlice } from './consumer-states.ts';
import { eventsOf } from './event-pages.ts';
import type { Item } from './fields.ts';
import { guarded } from './guard.ts';
import { itemOf, keyOf, recordOf } from './items.ts';
import { indexPage, listPage, partitionPage, wholePartition } from './partition-pages.ts';
import type { ItemWrite, RangeQuery, Storage } from './storage.ts';
import { ConditionsFailed } from './storage.ts';
import {
  answersOf,
  CLAIMS,
  CONSENTS,
  consumerIn,
  dueSlice,
  ERASING,
  ERASURES,
  exportsOf,
  HISTORY,
  HISTORY_END,
  headSlice,
  type Key,
  LEDGER,
  LISTS,
  listMembers,
  partitionOf,
  REWARDS,
  SEGMENTS,
  SLICES,
  settingsVersions,
  table,
  versionMembers,
} from './table.ts';

/** The newest events that come with the head: so few that a typical consumer costs one capacity unit. */
const EVENTS_WITH_HEAD = 10;
/** Above every id. */
const LAST = '\u{10ffff}';
/** More rows than the megabyte of one answer can hold. */
const FULL_ANSWER = 10_000;
const POPULATION_CHUNK = 500;
/** Sort key prefixes of these kinds. */
const PARTS = { entry: LEDGER, claim: CLAIMS, consent: CONSENTS } as const;

/** `subjectKey` is the secret under which erased ids are hashed. */
export const storeOver = (storage: Storage, subjectKey: string): Store => ({
  slices: SLICES,
  keyedHashOf: (text) => createHmac('sha256', subjectKey).update(text).digest('base64url'),
  get: async <const K extends readonly RecordKey[]>(keys: K, fresh = false) => {
    const items = await storage.read(keys.map(keyOf), fresh);
    return items.map((item) => item && recordOf(item)) as { [I in keyof K]: RecordOf<K[I]['kind']> | undefined };
  },
  commit: (writes) => commit(storage, writes),
  stateWithEventsOf: (consumerId, fresh) => stateWithEventsOf(storage, consumerId, fresh),
  eventsOf: (consumerId, query) => eventsOf(storage, consumerId, query),
  stateOf: (consumerId) => stateOf(storage, consumerId),
  stateSlice: (slice, after) => stateSlice(storage, slice, after),
  membersOfRuleVersion: (unit, page) => indexPage<'member'>(storage, versionMembers(unit), page),
  membersOfList: (listId, page) => indexPage<'listMember'>(storage, listMembers(listId), page),
  segments: () => wholePartition<'segment'>(storage, SEGMENTS),
  lists: () => wholePartition<'list'>(storage, LISTS),
  ledgerOf: (consumerId, { from, to, ...page }) => {
    const range = {
      from: from === undefined ? LEDGER : LEDGER + entriesFrom(from),
      before: LEDGER + (to === undefined ? LAST : entriesFrom(to)),
    };
    const question = ['ledgerOf', consumerId, from, to];
    return partitionPage<'entry'>(
      storage,
      { question, hash: partitionOf(consumerId), ...range, backwards: true },
      page,
    );
  },
  claimsOf: (consumerId, page) => {
    const range = { from: CLAIMS, before: CLAIMS + LAST, backwards: true };
    return partitionPage<'claim'>(
      storage,
      { question: ['claimsOf', consumerId], hash: partitionOf(consumerId), ...range },
      page,
    );
  },
  consentsOf: (consumerId, page) => {
    const range = { from: CONSENTS, before: CONSENTS + LAST, backwards: true };
    return partitionPage<'consent'>(
      storage,
      { question: ['consentsOf', consumerId], hash: partitionOf(consumerId), ...range },
      page,
    );
  },
  everythingOf: async function* (consumerId) {
    const query = { hash: partitionOf(consumerId), from: ' ', limit: FULL_ANSWER, fresh: true };
    for await (const item of walk(storage, query, 'sk')) yield recordOf(item);
  },
  partOf: async function* <K extends keyof typeof PARTS>(consumerId: string, kind: K) {
    const from = PARTS[kind];
    const query = { hash: partitionOf(consumerId), from, before: from + LAST, limit: FULL_ANSWER, fresh: true };
    for await (const item of walk(storage, query, 'sk')) yield recordOf<K>(item);
  },
  answersTo: async (consumerId) => {
    const items = await listedAs(storage, answersOf(consumerId));
    return items.map((item) => recordOf<'idempotency'>(item)).filter((one) => one.consumerId === consumerId);
  },
  exportsOf: async (consumerId) => {
    const items = await listedAs(storage, exportsOf(consumerId));
    return items.map((item) => recordOf<'export'>(item)).filter((one) => one.consumerId === consumerId);
  },
  erasures: (page) => indexPage<'erasure'>(storage, ERASURES, page),
  erasing: async function* () {
    const query = { index: 'population', hash: ERASING, limit: FULL_ANSWER } as const;
    for await (const item of walk(storage, query, 'pk')) yield recordOf<'erasureSubject'>(item);
  },
  rewards: (page) => {
    const range = { from: ' ', before: LAST, backwards: false };
    return partitionPage<'reward'>(storage, { question: ['rewards'], hash: REWARDS, ...range }, page);
  },
  pageAmong: listPage,
  settingsVersions: (name, page) => {
    const range = { from: ' ', before: LAST, backwards: true };
    return partitionPage<'settingsVersion'>(
      storage,
      { question: ['settingsVersions', name], hash: settingsVersions(name), ...range },
      page,
    );
  },
  historyOf: async function* (consumerId) {
    const query = {
      hash: partitionOf(consumerId),
      from: HISTORY,
      before: HISTORY_END,
      limit: FULL_ANSWER,
      fresh: true,
    };
    for await (const item of walk(storage, query, 'sk')) yield recordOf<'event'>(item);
  },
  newestConsumers: (page) => newestConsumers(storage, page),
  consumersFoundBy: (facet, value, page) =>
    facet === 'tag' || facet === 'status'
      ? consumersWith(storage, facet, value, page)
      : consumersBeginning(storage, facet, value, page),
  consumersIn: (group, page) =>
    consumersIn(storage, 'ruleVersion' in group ? versionMembers(group.ruleVersion) : listMembers(group.listId), page),
  statesOf: (consumerIds) => statesOf(storage, consumerIds),
  populationSlice: async function* (slice, after) {
    const from = after === undefined ? {} : { from: `${partitionOf(after)}\0` };
    const query = { index: 'population', hash: headSlice('metrics', slice), ...from, limit: POPULATION_CHUNK } as const;
    for await (const item of walk(storage, query, 'pk')) yield recordOf<'metrics'>(item);
  },
  dueConsumers: async (kind, until, limit) => {
    const due = await eachSlice((slice) => dueIn(storage, dueSlice(kind, slice), limit, `${until}\0`));
    return inOrder(due).slice(0, limit);
  },
  nextDueAt: async (kind) =>
    inOrder(await eachSlice((slice) => dueIn(storage, dueSlice(kind, slice), 1)))[0]?.dueAt ?? null,
});

const commit = async (storage: Storage, asked: Write[]): Promise<void> => {
  const writes = guarded(asked);
  if (writes.length === 0) return;
  try {
    await storage.write(writes.map(itemWriteOf));
  } catch (error) {
    if (!(error instanceof ConditionsFailed)) throw error;
    throw new WriteConflict(
      error.failed.flatMap(({ position, existing }) => {
        const write = writes[position];
        return write ? [{ write, existing: existing && recordOf(existing) }] : [];
      }),
    );
  }
};

const itemWriteOf = (write: Write): ItemWrite => {
  if ('put' in write) return { key: keyOf(write.put), item: itemOf(write.put), expect: write.expect };
  if ('remove' in write) return { key: keyOf(write.remove), item: null, expect: write.expect ?? 'anything' };
  if ('adjust' in write) return { key: keyOf(write.adjust), add: addedBy(write), expect: 'present' };
  return { key: keyOf(write.check), expect: write.expect };
};

/** The increments by attribute: 1 for the version, and the given numbers. */
const addedBy = ({ adjust, by }: Extract<Write, { adjust: unknown }>): Record<string, number> => {
  const { fields } = table[adjust.kind];
  const numbers = Object.entries({ version: 1, ...by }) as ['version' | keyof typeof by, number][];
  return Object.fromEntries(numbers.map(([name, amount]) => [fields[name].attribute, amount]));
};

const stateWithEventsOf = async (
  storage: Storage,
  consumerId: string,
  fresh = false,
): Promise<ConsumerStateWithEvents | null> => {
  const { items } = await storage.query({
    hash: partitionOf(consumerId),
    from: HISTORY,
    backwards: true,
    limit: HEAD.length + EVENTS_WITH_HEAD,
    fresh,
  });
  const records = items.map((item) => recordOf(item));
  const state = stateIn(records);
  const events = records.filter((record) => record.kind === 'event').slice(0, EVENTS_WITH_HEAD);
  return state && { ...state, events };
};

/** The items under this directory partition, read consistently. */
const listedAs = async (storage: Storage, hash: string): Promise<Item[]> => {
  const keys: Key[] = [];
  const query = { index: 'directory', hash, limit: FULL_ANSWER } as const;
  for await (const item of walk(storage, query, 'rank'))
    keys.push({ pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' });
  return (await storage.read(keys, true)).filter((item) => item !== undefined);
};

/** Every row of a partition, forwards, chunk by chunk; goes on behind the last range key. */
const walk = async function* (
  storage: Storage,
  query: RangeQuery,
  rangeKey: 'sk' | 'pk' | 'rank',
): AsyncGenerator<Item> {
  for (let next = query; ; ) {
    const { items, more } = await storage.query(next);
    yield* items;
    const last = items.at(-1)?.[rangeKey]?.S;
    if (!more || last === undefined) return;
    next = { ...query, from: `${last}\0` };
  }
};

const eachSlice = async <T>(ask: (slice: number) => Promise<T[]>): Promise<T[]> =>
  (await Promise.all(Array.from({ length: SLICES }, (_, slice) => ask(slice)))).flat();

const statesOf = async (storage: Storage, consumerIds: string[]): Promise<ListedState[]> => {
  const keys = consumerIds.flatMap((consumerId) => [
    keyOf({ kind: 'profile', consumerId }),
    keyOf({ kind: 'metrics', consumerId }),
    keyOf({ kind: 'account', consumerId }),
  ]);
  const items = await storage.read(keys, false);
  return consumerIds.flatMap((_, n) => {
    const [profile, metrics, account] = items.slice(3 * n);
    if (!profile || !metrics) return [];
    return [
      {
        profile: recordOf<'profile'>(profile),
        metrics: recordOf<'metrics'>(metrics),
        account: account && recordOf<'account'>(account),
      },
    ];
  });
};

const dueIn = async (storage: Storage, hash: string, limit: number, before?: string) => {
  const bound = before === undefined ? {} : { before };
  const due: { consumerId: string; dueAt: string }[] = [];
  const query = { index: 'due', hash, ...bound, limit } as const;
  const { items } = await storage.query(query);
  for (const item of items) due.push({ consumerId: consumerIn(item['pk']?.S ?? ''), dueAt: item['dueAt']?.S ?? '' });
  return due;
};

const inOrder = (due: { consumerId: string; dueAt: string }[]) =>
  due.sort((a, b) => (a.dueAt < b.dueAt ? -1 : a.dueAt > b.dueAt ? 1 : a.consumerId < b.consumerId ? -1 : 1));
