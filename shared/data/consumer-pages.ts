/** Pages of consumers, from the indexes: each row with the cursor that goes on behind it. */
import type { Found, Page, PageRequest } from '../usecases/ports/store.ts';
import { cursorFor, invalidCursor, positionOf } from './cursors.ts';
import type { Item } from './fields.ts';
import type { Storage } from './storage.ts';
import { consumerIn, directoryEntry, entryIn, headSlice, partitionOf, SLICES } from './table.ts';

/** Sorts after every text with the same prefix. */
const LAST = '\u{10FFFF}';

/**
 * A merge of the slices, newest first. Ids sort by time and every slice goes on behind the same id, so the position is
 * one id, whatever came or went meanwhile. What one slice could hide behind its share decides how far the merge is sure.
 */
export const newestConsumers = async (storage: Storage, page: PageRequest): Promise<Page<Found>> => {
  const question = JSON.stringify(['newestConsumers', page.boundTo]);
  const share = Math.ceil(page.limit / SLICES) + 3;
  const found: string[] = [];
  let before = page.cursor === undefined ? undefined : partitionOf(positionOf(question, page.cursor));
  let more = true;
  while (more && found.length <= page.limit) {
    const bound = before === undefined ? {} : { before };
    const parts = await Promise.all(
      Array.from({ length: SLICES }, (_, slice) =>
        storage.query({
          index: 'population',
          hash: headSlice('profile', slice),
          ...bound,
          backwards: true,
          limit: share,
        }),
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

/** The consumers of one partition of the population index, newest first. */
export const consumersIn = async (storage: Storage, hash: string, page: PageRequest): Promise<Page<Found>> => {
  const question = JSON.stringify(['consumersIn', page.boundTo]);
  const before = page.cursor === undefined ? {} : { before: partitionOf(positionOf(question, page.cursor)) };
  const query = { index: 'population', hash, ...before, backwards: true, limit: page.limit + 1 } as const;
  const { items, more } = await storage.query(query);
  const ids = items.map((item) => consumerIn(item['pk']?.S ?? ''));
  const rows = ids.map((consumerId) => ({ consumerId, value: '', position: consumerId }));
  return pageOf(question, rows, page.limit, more);
};

export const consumersWith = async (storage: Storage, facet: 'tag' | 'status', value: string, page: PageRequest) => {
  const question = JSON.stringify(['consumersWith', facet, value, page.boundTo]);
  const before = page.cursor === undefined ? {} : { before: positionOf(question, page.cursor) };
  const hash = directoryEntry(facet, value, '').facet;
  const query = { index: 'directory', hash, ...before, backwards: true, limit: page.limit + 1 } as const;
  const { items, more } = await storage.query(query);
  const rows = items.map((item) => ({ ...foundIn(item), position: item['rank']?.S ?? '' }));
  return pageOf(question, rows, page.limit, more);
};

export const consumersBeginning = async (
  storage: Storage,
  facet: 'word' | 'email' | 'phone',
  value: string,
  page: PageRequest,
): Promise<Page<Found>> => {
  const question = JSON.stringify(['consumersBeginning', facet, value, page.boundTo]);
  const trail = page.cursor === undefined ? [] : positionOf(question, page.cursor).split('\n');
  const { items, more } = await storage.query({
    index: 'directory',
    hash: directoryEntry(facet, value, '').facet,
    from: (await rankBehind(storage, trail)) ?? value,
    before: value + LAST,
    limit: page.limit + 1,
  });
  const passed = [...trail, ...items.map((item) => `${item['pk']?.S} ${item['sk']?.S}`)];
  const positionAt = (row: number) =>
    passed
      .slice(0, trail.length + row + 1)
      .slice(-TRAIL)
      .join('\n');
  const rows = items.map((item, row) => ({ ...foundIn(item), position: positionAt(row) }));
  return pageOf(question, rows, page.limit, more);
};

/** A position names the last entry, and those before it for when it is gone: its consumer may have a new name. */
const TRAIL = 4;

/**
 * Behind the last of these entries that is still there: entries are named by their keys, so the text at which the page
 * ended is read, not carried. Null where all are gone before which there were no others.
 */
const rankBehind = async (storage: Storage, trail: readonly string[]): Promise<string | null> => {
  for (const name of trail.toReversed()) {
    const [pk = '', sk = ''] = name.split(' ');
    const [entry] = await storage.read([{ pk, sk }], false);
    if (entry?.['rank']?.S !== undefined) return `${entry['rank'].S}\0`;
  }
  if (trail.length >= TRAIL) throw invalidCursor();
  return null;
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
