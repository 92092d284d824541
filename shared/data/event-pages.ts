/** Pages of a consumer's history, the newest first. */
import type { RecordOf } from '../usecases/ports/records.ts';
import type { Store } from '../usecases/ports/store.ts';
import { cursorFor, positionOf } from './cursors.ts';
import type { Item } from './fields.ts';
import { recordOf } from './items.ts';
import type { Storage } from './storage.ts';
import { HISTORY, HISTORY_END, partitionOf } from './table.ts';

/** Rows of one query, where most of them may be of another type. */
const CHUNK = 100;
/** The most queries for one page. A page that is not full by then ends early, with a cursor. */
const MOST_QUERIES = 50;
/** The most bytes of event attributes on a page: far below the 6 MB limit of a function's response. */
const MOST_BYTES = 4 * 1024 * 1024;

export const eventsOf = async (
  storage: Storage,
  consumerId: string,
  { limit, cursor, boundTo, type, from, to, fresh = false }: Parameters<Store['eventsOf']>[1],
): ReturnType<Store['eventsOf']> => {
  const question = JSON.stringify(['eventsOf', consumerId, type, from, to, boundTo]);
  const range = {
    hash: partitionOf(consumerId),
    from: from === undefined ? HISTORY : historyPart(from),
    backwards: true,
    limit: type === undefined ? limit + 1 : CHUNK,
    fresh,
  };
  const items: RecordOf<'event'>[] = [];
  let bytes = 0;
  let before = to === undefined ? HISTORY_END : historyPart(to);
  if (cursor !== undefined) before = HISTORY + positionOf(question, cursor);
  const goingOn = () => ({ items, nextCursor: cursorFor(question, before.slice(HISTORY.length)) });
  for (let queries = 0; queries < MOST_QUERIES; queries += 1) {
    if (byBytesAtLeast(range.from, before)) return { items, nextCursor: null };
    const rows = await storage.query({ ...range, before });
    for (const item of rows.items) {
      if (type === undefined || item['type']?.S === type) {
        bytes += travellingBytesOf(item);
        if (items.length === limit || (items.length > 0 && bytes > MOST_BYTES)) return goingOn();
        items.push(recordOf<'event'>(item));
      }
      before = item['sk']?.S ?? before;
    }
    if (!rows.more || rows.items.length === 0) return { items, nextCursor: null };
  }
  return goingOn();
};

const historyPart = (instant: string): string => `${HISTORY}${instant}`;
const byBytesAtLeast = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) >= 0;

/** An answer's body travels as JSON within JSON: every quote is escaped once more. */
const travellingBytesOf = (event: Item): number => Buffer.byteLength(JSON.stringify(event['attributes']?.S ?? ''));
