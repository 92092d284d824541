/**
 * Orders as CSV, RFC 4180, UTF-8. A first row with the columns' names may put them in any order; without it they are
 *
 *   consumer      an email, a phone (+E.164), or `source:externalId`
 *   order_id      unique per consumer: importing it again changes nothing
 *   occurred_at   an ISO 8601 instant with its zone, or a date (midnight UTC)
 *   amount        decimal major units: 29.33
 *   currency      ISO 4217; empty for the organization's own
 *   items         optional JSON: [{"sku", "name", "category", "quantity", "unitPriceMinor"}]
 */
import { parse } from 'csv-parse/sync';
import { midnightOf, minorOf } from './amounts.ts';
import type { Format, Identifier, Line, OrderRow } from './rows.ts';
import { rowOf, Unfit } from './rows.ts';

const COLUMNS = ['consumer', 'order_id', 'occurred_at', 'amount', 'currency', 'items'] as const;
type Column = (typeof COLUMNS)[number];
const REQUIRED: readonly Column[] = ['consumer', 'order_id', 'occurred_at', 'amount'];

/** A quoted cell may run over this many lines; a quote that is still open then was never meant to be one. */
const MOST_LINES_OF_A_ROW = 50;

export const ordersCsv: Format = async function* (lines, organization) {
  let columns: readonly string[] | undefined;
  for await (const record of recordsOf(lines)) {
    if (record.text.trim() === '') continue;
    const cells = cellsOf(record.text);
    if (!columns) {
      columns = headerOf(cells) ?? COLUMNS;
      if (columns !== COLUMNS) continue;
    }
    const names = columns;
    yield rowOf(record.number, () => orderOf(record, cells, names, organization.currency));
  }
};

/** Lines put together where a quoted cell holds line ends; empty ones left out. */
async function* recordsOf(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
  const open: Line[] = [];
  for await (const line of lines) {
    if (line.text.trim() === '' && open.length === 0) continue;
    open.push(line);
    for (let count = linesOfFirst(open); count > 0; count = linesOfFirst(open)) yield joined(open.splice(0, count));
  }
  yield* open;
}

/** How many of the lines make up the first record; 0 where its quotes may still be closed by a later line. */
const linesOfFirst = (lines: Line[]): number => {
  let quotes = 0;
  for (const [index, { text }] of lines.entries()) {
    quotes += text.split('"').length - 1;
    if (quotes % 2 === 0) return index + 1;
  }
  return lines.length > MOST_LINES_OF_A_ROW ? 1 : 0;
};

const joined = (lines: Line[]): Line => ({
  number: lines[0]?.number ?? 0,
  text: lines.map((line) => line.text).join('\n'),
});

/** The cells, or null where the quotes of the record don't fit. */
const cellsOf = (record: string): string[] | null => {
  try {
    const [cells] = parse(record, { relax_column_count: true, trim: true }) as string[][];
    return cells ?? [];
  } catch {
    return null;
  }
};

/** The columns' names where this is the row of names. A file with unknown columns is refused as a whole. */
const headerOf = (cells: string[] | null): string[] | null => {
  const names = (cells ?? []).map((cell) => cell.toLowerCase());
  if (!names.includes('consumer') || !names.includes('order_id')) return null;
  const unknown = names.find((name) => !COLUMNS.includes(name as Column));
  if (unknown !== undefined) throw new Error(`There is no column "${unknown}": the columns are ${COLUMNS.join(', ')}.`);
  const absent = REQUIRED.find((name) => !names.includes(name));
  if (absent !== undefined) throw new Error(`The column "${absent}" is absent.`);
  return names;
};

const orderOf = (record: Line, cells: string[] | null, names: readonly string[], ownCurrency: string): OrderRow => {
  if (cells === null) throw new Unfit('quotes do not fit');
  if (record.text.includes('\uFFFD')) throw new Unfit('is not UTF-8');
  if (cells.length > names.length) throw new Unfit(`has ${cells.length} columns instead of ${names.length}`);
  const cell = (name: Column): string => cells[names.indexOf(name)] ?? '';
  for (const name of REQUIRED) if (cell(name) === '') throw new Unfit(`${name} is empty`);
  const currency = cell('currency').toUpperCase() || undefined;
  return {
    line: record.number,
    consumer: identifierOf(cell('consumer')),
    orderId: cell('order_id'),
    occurredAt: instantOf(cell('occurred_at')),
    totalMinor: minorOf(cell('amount'), currency ?? ownCurrency),
    currency,
    items: itemsOf(cell('items')),
    source: 'import',
  };
};

const identifierOf = (text: string): Identifier => {
  const external = /^([A-Za-z][\w-]*):(.+)$/.exec(text);
  if (external) return { source: external[1] ?? '', externalId: external[2] ?? '' };
  if (text.includes('@')) return { email: text };
  if (/^\+[\d ()-]+$/.test(text)) return { phone: text };
  throw new Unfit('consumer is no email, +phone or source:externalId');
};

const instantOf = (text: string): string => {
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (date) return midnightOf(date[1] ?? '', date[2] ?? '', date[3] ?? '');
  const instant = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}:?\d{2})$/.exec(text);
  if (!instant) throw new Unfit('occurred_at is neither a date nor an instant with its zone');
  const [, day = '', time = '', zone = ''] = instant;
  return `${day}T${time.length === 5 ? `${time}:00` : time}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`;
};

const itemsOf = (text: string): unknown[] | undefined => {
  if (text === '') return undefined;
  try {
    const items: unknown = JSON.parse(text);
    if (Array.isArray(items)) return items;
  } catch {
    // falls through: the refusal is the same
  }
  throw new Unfit('items is not a JSON list');
};
