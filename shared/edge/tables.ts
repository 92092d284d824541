/**
 * Lists that are also available as CSV, with `format=csv` or `Accept: text/csv`, thousands of rows per response. Only the
 * first page has a header line, so that concatenated pages form one table.
 */
import type * as z from 'zod/mini';
import { csvLine } from '../domain/csv.ts';
import type { Page, PageRequest } from '../usecases/ports/store.ts';
import { ok } from './endpoint.ts';
import type { Reply } from './idempotency.ts';
import { LIMIT_DEFAULT, type tableQuery } from './parameters.ts';
import type { Request } from './request.ts';

const MAX_ROWS = 10_000;
const ROWS_PER_READ = 1_000;
/** Lambda limits a response to 6 MB, in which each quote takes two bytes. One read adds up to about 1 MB. */
const MAX_BYTES = 3_000_000;

interface TableRequest {
  query: z.output<typeof tableQuery>;
  accept: Request<never>['accept'];
}
export interface Table<T> {
  /** The file name, without extension. */
  name: string;
  columns: readonly (keyof T & string)[];
  /** The path of the list, for links to the next page. */
  path: string;
}

/** A page of the list as JSON or CSV, whichever was requested. */
export const listOrTable = async <T extends object>(
  { query, accept }: TableRequest,
  table: Table<T>,
  pageOf: (page: PageRequest) => Promise<Page<T>>,
): Promise<Reply> => {
  const isTable = query.format === undefined ? prefersTable(accept) : query.format === 'csv';
  const { limit, cursor } = query;
  return isTable ? tableReply(query, table, pageOf) : ok(await pageOf({ limit: limit ?? LIMIT_DEFAULT, cursor }));
};

const tableReply = async <T extends object>(
  { limit, cursor }: TableRequest['query'],
  { name, columns, path }: Table<T>,
  pageOf: (page: PageRequest) => Promise<Page<T>>,
): Promise<Reply> => {
  const isFirst = cursor === undefined;
  const most = limit ?? MAX_ROWS;
  const lines = isFirst ? [csvLine(columns)] : [];
  let [next, rows, bytes] = [cursor, 0, 0];
  do {
    const page = await pageOf({ limit: Math.min(ROWS_PER_READ, most - rows), cursor: next });
    const read = page.items.map((item) => csvLine(columns.map((column) => item[column])));
    lines.push(...read);
    rows += read.length;
    bytes += Buffer.byteLength(JSON.stringify(read));
    next = page.nextCursor ?? undefined;
  } while (next !== undefined && rows < most && bytes < MAX_BYTES);
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

/** Whether `Accept` names CSV with at least the weight of the range that covers JSON, and more than JSON itself. */
const prefersTable = (accept = ''): boolean => {
  const weights = new Map(accept.split(',').map(weightOf));
  const table = weights.get('text/csv') ?? 0;
  const json = weights.get('application/json');
  if (json !== undefined) return table > json;
  return table > 0 && table >= (weights.get('application/*') ?? weights.get('*/*') ?? 0);
};

const weightOf = (text: string): [string, number] => {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [type, quality === undefined ? 1 : Number(quality.slice(2)) || 0];
};
