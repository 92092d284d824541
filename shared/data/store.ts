/** The store: the product's questions, answered from the keys of `table.ts`, whatever the database underneath. */
import type {
  ConsumerOverview,
  Found,
  Page,
  PageRequest,
  RecordKey,
  RecordOf,
  Store,
  Write,
} from '../usecases/ports.ts';
import { WriteConflict } from '../usecases/ports.ts';
import { cursorFor, invalidCursor, positionOf } from './cursors.ts';
import type { Item } from './fields.ts';
import { itemOf, keyOf, recordOf } from './items.ts';
import type { ItemWrite, RangeQuery, Storage } from './storage.ts';
import { ConditionsFailed } from './storage.ts';
import {
  consumerIn,
  directoryEntry,
  dueSlice,
  entryIn,
  HISTORY,
  HISTORY_END,
  historyKey,
  metricsSlice,
  partitionOf,
  profileSlice,
  SLICES,
} from './table.ts';

/** The newest events that come with the head: so few that a typical consumer costs one capacity unit. */
const EVENTS_WITH_HEAD = 10;
const HEAD_ITEMS = 2;
const CHUNK = 100;
const POPULATION_CHUNK = 500;
/** Above every text that begins with what stands before it. */
const LAST = '\u{10FFFF}';

export const storeOver = (storage: Storage): Store => ({
  slices: SLICES,
  get: async <const K extends readonly RecordKey[]>(keys: K, fresh = false) => {
    const items = await storage.read(keys.map(keyOf), fresh);
    return items.map((item) => item && recordOf(item)) as { [I in keyof K]: RecordOf<K[I]['kind']> | undefined };
  },
  commit: (writes) => commit(storage, writes),
  detailOf: (consumerId, fresh) => detailOf(storage, consumerId, fresh),
  eventsOf: (consumerId, query) => eventsOf(storage, consumerId, query),
  historyOf: async function* (consumerId) {
    const query = { hash: partitionOf(consumerId), from: HISTORY, before: HISTORY_END, limit: CHUNK, fresh: true };
    for await (const item of walk(storage, query, 'sk')) yield recordOf<'event'>(item);
  },
  newestConsumers: (page) => newestConsumers(storage, page),
  consumersFoundBy: (facet, value, page) =>
    facet === 'tag' || facet === 'status'
      ? consumersWith(storage, facet, value, page)
      : consumersBeginning(storage, facet, value, page),
  overviewsOf: (consumerIds) => overviewsOf(storage, consumerIds),
  populationSlice: async function* (slice, after) {
    const from = after === undefined ? {} : { from: `${partitionOf(after)}\0` };
    const query = { index: 'population', hash: metricsSlice(slice), ...from, limit: POPULATION_CHUNK } as const;
    for await (const item of walk(storage, query, 'pk')) yield recordOf<'metrics'>(item);
  },
  dueConsumers: async (until, limit) => {
    const due = await eachSlice((slice) => dueIn(storage, slice, limit, `${until}\0`));
    return inOrder(due).slice(0, limit);
  },
  nextDueAt: async () => inOrder(await eachSlice((slice) => dueIn(storage, slice, 1)))[0]?.dueAt ?? null,
});

const commit = async (storage: Storage, writes: Write[]): Promise<void> => {
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
  return { key: keyOf(write.check), expect: write.expect };
};

const detailOf = async (storage: Storage, consumerId: string, fresh = false) => {
  const { items } = await storage.query({
    hash: partitionOf(consumerId),
    from: HISTORY,
    backwards: true,
    limit: HEAD_ITEMS + EVENTS_WITH_HEAD,
    fresh,
  });
  const records = items.map((item) => recordOf(item));
  const profile = records.find((record) => record.kind === 'profile');
  const metrics = records.find((record) => record.kind === 'metrics');
  if (!profile || !metrics) return null;
  return { profile, metrics, events: records.filter((record) => record.kind === 'event') };
};

const eventsOf: (storage: Storage, ...asked: Parameters<Store['eventsOf']>) => ReturnType<Store['eventsOf']> = async (
  storage,
  consumerId,
  { limit, cursor, boundTo, type, from, to },
) => {
  const question = JSON.stringify(['eventsOf', consumerId, type, from, to, boundTo]);
  const range = {
    hash: partitionOf(consumerId),
    from: from === undefined ? HISTORY : historyPart(from),
    backwards: true,
    limit: type === undefined ? limit + 1 : CHUNK,
  };
  const items: RecordOf<'event'>[] = [];
  let before: string | undefined = to === undefined ? HISTORY_END : historyPart(to);
  if (cursor !== undefined) before = HISTORY + positionOf(question, cursor);
  for (;;) {
    if (byBytesAtLeast(range.from, before)) return { items, nextCursor: null };
    const rows = await storage.query({ ...range, before });
    for (const item of rows.items) {
      const event = recordOf<'event'>(item);
      if (type !== undefined && event.type !== type) continue;
      if (items.length === limit) return { items, nextCursor: eventCursor(question, items) };
      items.push(event);
    }
    before = rows.items.at(-1)?.['sk']?.S;
    if (!rows.more || before === undefined) return { items, nextCursor: null };
  }
};

const historyPart = (instant: string): string => `${HISTORY}${instant}`;
const byBytesAtLeast = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) >= 0;
const eventCursor = (question: string, items: RecordOf<'event'>[]): string | null => {
  const last = items.at(-1);
  return last ? cursorFor(question, historyKey(last.occurredAt, last.eventId).slice(HISTORY.length)) : null;
};

/** Every row of a partition, forwards, chunk by chunk; goes on behind the last range key. */
const walk = async function* (storage: Storage, query: RangeQuery, rangeKey: 'sk' | 'pk'): AsyncGenerator<Item> {
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

/**
 * A merge of the slices, newest first. Ids sort by time and every slice goes on behind the same id, so the position is
 * one id, whatever came or went meanwhile. What one slice could hide behind its share decides how far the merge is sure.
 */
const newestConsumers = async (storage: Storage, page: PageRequest): Promise<Page<Found>> => {
  const question = JSON.stringify(['newestConsumers', page.boundTo]);
  const share = Math.ceil(page.limit / SLICES) + 3;
  const found: string[] = [];
  let before = page.cursor === undefined ? undefined : partitionOf(positionOf(question, page.cursor));
  let more = true;
  while (more && found.length <= page.limit) {
    const bound = before === undefined ? {} : { before };
    const parts = await Promise.all(
      Array.from({ length: SLICES }, (_, slice) =>
        storage.query({ index: 'population', hash: profileSlice(slice), ...bound, backwards: true, limit: share }),
      ),
    );
    const keys = parts.map(({ items }) => items.map((item) => item['pk']?.S ?? ''));
    const surest = keys
      .flatMap((slice, n) => (parts[n]?.more ? [slice.at(-1) ?? ''] : []))
      .sort()
      .at(-1);
    const sure = keys
      .flat()
      .filter((pk) => surest === undefined || pk >= surest)
      .sort()
      .reverse();
    found.push(...sure);
    before = sure.at(-1);
    more = surest !== undefined && before !== undefined;
  }
  const rows = found.map((pk) => ({ consumerId: consumerIn(pk), value: '', position: consumerIn(pk) }));
  return pageOf(question, rows, page.limit, false);
};

const consumersWith = async (storage: Storage, facet: 'tag' | 'status', value: string, page: PageRequest) => {
  const question = JSON.stringify(['consumersWith', facet, value, page.boundTo]);
  const before = page.cursor === undefined ? {} : { before: positionOf(question, page.cursor) };
  const hash = directoryEntry(facet, value, '').facet;
  const query = { index: 'directory', hash, ...before, backwards: true, limit: page.limit + 1 } as const;
  const { items, more } = await storage.query(query);
  const rows = items.map((item) => ({ ...foundIn(item), position: item['rank']?.S ?? '' }));
  return pageOf(question, rows, page.limit, more);
};

const consumersBeginning = async (
  storage: Storage,
  facet: 'word' | 'email' | 'phone',
  value: string,
  page: PageRequest,
): Promise<Page<Found>> => {
  const question = JSON.stringify(['consumersBeginning', facet, value, page.boundTo]);
  const from = page.cursor === undefined ? value : await rankBehind(storage, positionOf(question, page.cursor));
  const { items, more } = await storage.query({
    index: 'directory',
    hash: directoryEntry(facet, value, '').facet,
    from,
    before: value + LAST,
    limit: page.limit + 1,
  });
  const rows = items.map((item) => ({ ...foundIn(item), position: `${item['pk']?.S} ${item['sk']?.S}` }));
  return pageOf(question, rows, page.limit, more);
};

/** The position names the entry by its key; the text at which the page ended is read, not carried. */
const rankBehind = async (storage: Storage, position: string): Promise<string> => {
  const [pk = '', sk = ''] = position.split(' ');
  const [entry] = await storage.read([{ pk, sk }], false);
  if (entry?.['rank']?.S === undefined) throw invalidCursor();
  return `${entry['rank'].S}\0`;
};

const foundIn = (item: Item) => ({
  consumerId: consumerIn(item['pk']?.S ?? ''),
  value: entryIn(item['facet']?.S ?? '', item['rank']?.S ?? '').value,
});

const pageOf = (
  question: string,
  rows: { consumerId: string; value: string; position: string }[],
  limit: number,
  more: boolean,
): Page<Found> => {
  const items = rows.slice(0, limit).map(({ consumerId, value, position }) => ({
    consumerId,
    value,
    cursor: cursorFor(question, position),
  }));
  return { items, nextCursor: more || rows.length > limit ? (items.at(-1)?.cursor ?? null) : null };
};

const overviewsOf = async (storage: Storage, consumerIds: string[]): Promise<ConsumerOverview[]> => {
  const keys = consumerIds.flatMap((consumerId) => [
    keyOf({ kind: 'profile', consumerId }),
    keyOf({ kind: 'metrics', consumerId }),
  ]);
  const items = await storage.read(keys, false);
  return consumerIds.flatMap((_, n) => {
    const [profile, metrics] = [items[2 * n], items[2 * n + 1]];
    return profile && metrics ? [{ profile: recordOf<'profile'>(profile), metrics: recordOf<'metrics'>(metrics) }] : [];
  });
};

const dueIn = async (storage: Storage, slice: number, limit: number, before?: string) => {
  const bound = before === undefined ? {} : { before };
  const due: { consumerId: string; dueAt: string }[] = [];
  const query = { index: 'due', hash: dueSlice(slice), ...bound, limit } as const;
  const { items } = await storage.query(query);
  for (const item of items) due.push({ consumerId: consumerIn(item['pk']?.S ?? ''), dueAt: item['dueAt']?.S ?? '' });
  return due;
};

const inOrder = (due: { consumerId: string; dueAt: string }[]) =>
  due.sort((a, b) => (a.dueAt < b.dueAt ? -1 : a.dueAt > b.dueAt ? 1 : a.consumerId < b.consumerId ? -1 : 1));
