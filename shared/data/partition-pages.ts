/** Pages of one partition, in the order of its sort keys: a ledger, claims, rewards, versions of settings; or of a list. */
import type { Kind, RecordOf } from '../usecases/ports/records.ts';
import type { Page, PageRequest } from '../usecases/ports/store.ts';
import { cursorFor, positionOf } from './cursors.ts';
import { recordOf } from './items.ts';
import type { Storage } from './storage.ts';

export interface Partition {
  /** Names what is asked: a cursor serves no other question. */
  question: readonly (string | undefined)[];
  hash: string;
  from: string;
  before: string;
  backwards: boolean;
}

/** Read fresh: a page shows what was written before it was asked for. */
export const partitionPage = async <K extends Kind>(
  storage: Storage,
  { question, hash, from, before, backwards }: Partition,
  { limit, cursor, boundTo }: PageRequest,
): Promise<Page<RecordOf<K>>> => {
  const asked = JSON.stringify([...question, boundTo]);
  const position = cursor === undefined ? undefined : positionOf(asked, cursor);
  const range = backwards
    ? { from, before: position ?? before }
    : { from: position === undefined ? from : `${position}\0`, before };
  if (range.from >= range.before) return { items: [], nextCursor: null };
  const rows = await storage.query({ hash, ...range, backwards, limit: limit + 1, fresh: true });
  const items = rows.items.slice(0, limit);
  const last = items.at(-1)?.['sk']?.S;
  const more = rows.more || rows.items.length > limit;
  return {
    items: items.map((item) => recordOf<K>(item) as RecordOf<K>),
    nextCursor: more && last !== undefined ? cursorFor(asked, last) : null,
  };
};

/** A page of an array that is sorted by id. */
export const listPage = <T>(
  question: string,
  list: readonly T[],
  idOf: (one: T) => string,
  { limit, cursor, boundTo }: PageRequest,
): Page<T> => {
  const asked = JSON.stringify([question, boundTo]);
  const after = cursor === undefined ? '' : positionOf(asked, cursor);
  const rest = list.filter((one) => idOf(one) > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rest.length > limit && last !== undefined ? cursorFor(asked, idOf(last)) : null };
};

/** A page of one partition of the population index, in the order of ids; perhaps of a moment ago. */
export const indexPage = async <K extends Kind>(
  storage: Storage,
  hash: string,
  { limit, cursor, boundTo }: PageRequest,
): Promise<Page<RecordOf<K>>> => {
  const asked = JSON.stringify(['indexPage', hash, boundTo]);
  const from = cursor === undefined ? {} : { from: `${positionOf(asked, cursor)}\0` };
  const rows = await storage.query({ index: 'population', hash, ...from, limit: limit + 1 });
  const items = rows.items.slice(0, limit);
  const last = items.at(-1)?.['pk']?.S;
  const more = rows.more || rows.items.length > limit;
  return {
    items: items.map((item) => recordOf<K>(item) as RecordOf<K>),
    nextCursor: more && last !== undefined ? cursorFor(asked, last) : null,
  };
};

/** All of a partition that is small, read fresh. */
export const wholePartition = async <K extends Kind>(storage: Storage, hash: string): Promise<RecordOf<K>[]> => {
  const records: RecordOf<K>[] = [];
  for (let from = ' '; ; ) {
    const { items, more } = await storage.query({ hash, from, limit: MOST_ROWS, fresh: true });
    records.push(...items.map((item) => recordOf<K>(item) as RecordOf<K>));
    const last = items.at(-1)?.['sk']?.S;
    if (!more || last === undefined) return records;
    from = `${last}\0`;
  }
};
/** More than the megabyte of one answer can hold. */
const MOST_ROWS = 10_000;
