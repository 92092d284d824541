/**
 * Lists that are answered as a table too, as CSV, where `format=csv` or `Accept: text/csv` asks for it: thousands of rows at
 * a time. Only the first page has the names of the columns, so that pages put one behind the other are the whole table.
 */
import type * as z from 'zod/mini';
import { csvLine } from '../domain/csv.ts';
import type { Page, PageRequest } from '../usecases/ports/store.ts';
import { ok } from './endpoint.ts';
import type { Reply } from './idempotency.ts';
import { LIMIT_DEFAULT, type tableQuery } from './parameters.ts';
import type { Request } from './request.ts';

const ROWS_A_TABLE = 10_000;
const ROWS_A_READ = 1_000;
/** A Lambda answers no more than 6 MB, in which each quote counts twice. A read adds one or so. */
const MOST_BYTES = 3_000_000;

interface Asked {
  query: z.output<typeof tableQuery>;
  accept: Request<never>['accept'];
}
export interface Table<T> {
  /** What the file is called. */
  name: string;
  columns: readonly (keyof T & string)[];
  /** Where it is asked for. */
  path: string;
}

/** A page of the list as it was asked for. */
export const listOrTable = async <T extends object>(
  { query, accept }: Asked,
  table: Table<T>,
  pageOf: (page: PageRequest) => Promise<Page<T>>,
): Promise<Reply> => {
  const isTable = query.format === undefined ? prefersTable(accept) : query.format === 'csv';
  const { limit, cursor } = query;
  return isTable ? tableReply(query, table, pageOf) : ok(await pageOf({ limit: limit ?? LIMIT_DEFAULT, cursor }));
};

const tableReply = async <T extends object>(
  { limit, cursor }: Asked['query'],
  { name, columns, path }: Table<T>,
  pageOf: (page: PageRequest) => Promise<Page<T>>,
): Promise<Reply> => {
  const isFirst = cursor === undefined;
  const most = limit ?? ROWS_A_TABLE;
  const lines = isFirst ? [csvLine(columns)] : [];
  let [next, rows, bytes] = [cursor, 0, 0];
  do {
    const page = await pageOf({ limit: Math.min(ROWS_A_READ, most - rows), cursor: next });
    const read = page.items.map((item) => csvLine(columns.map((column) => item[column])));
    lines.push(...read);
    rows += read.length;
    bytes += Buffer.byteLength(JSON.stringify(read));
    next = page.nextCursor ?? undefined;
  } while (next !== undefined && rows < most && bytes < MOST_BYTES);
  return {
    status: 200,
    text: lines.join(''),
    headers: {
      'content-type': `text/csv; charset=utf-8; header=${isFirst ? 'present' : 'absent'}`,
      'content-disposition': `attachment; filename="${name}.csv"`,
      ...(next !== undefined && { link: `<${path}?${nextQuery(limit, next)}>; rel="next"` }),
    },
  };
};

const nextQuery = (limit: number | undefined, cursor: string): string =>
  new URLSearchParams({ format: 'csv', ...(limit !== undefined && { limit: String(limit) }), cursor }).toString();

/** Whether a table is named, and no less wanted than what JSON is named by. */
const prefersTable = (accept = ''): boolean => {
  const wanted = new Map(accept.split(',').map(wish));
  const table = wanted.get('text/csv') ?? 0;
  const json = wanted.get('application/json');
  if (json !== undefined) return table > json;
  return table > 0 && table >= (wanted.get('application/*') ?? wanted.get('*/*') ?? 0);
};

const wish = (text: string): [string, number] => {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [type, quality === undefined ? 1 : Number(quality.slice(2)) || 0];
};
