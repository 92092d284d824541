/**
 * CDNOW's public purchase history: fixed columns between blanks.
 *
 *   cdnow          customer id, date (yyyymmdd), number of CDs, dollars
 *   cdnow-sample   customer id, id within the sample, date, number of CDs, dollars
 *
 * Both name a consumer by the customer id (source `cdnow`), so that the sample is a part of the whole and importing
 * one after the other counts nothing twice.
 */
import { midnightOf, minorOf } from './amounts.ts';
import type { Format, Line, OrderRow } from './rows.ts';
import { rowOf, Unfit } from './rows.ts';

const cdnowFormat = (columns: {
  customer: number;
  date: number;
  cds: number;
  dollars: number;
  count: number;
}): Format =>
  async function* (lines) {
    const seen = new Map<string, number>();
    for await (const line of lines) {
      const cells = line.text.trim().split(/\s+/);
      if (cells[0] === '') continue;
      if (line.number === 1 && !/^\d+$/.test(cells[0] ?? '')) continue; // names of the columns
      yield rowOf(line.number, () => orderOf(line, cells, columns, seen));
    }
  };

export const cdnow = cdnowFormat({ customer: 0, date: 1, cds: 2, dollars: 3, count: 4 });
export const cdnowSample = cdnowFormat({ customer: 0, date: 2, cds: 3, dollars: 4, count: 5 });

const orderOf = (
  line: Line,
  cells: string[],
  columns: { customer: number; date: number; cds: number; dollars: number; count: number },
  seen: Map<string, number>,
): OrderRow => {
  if (cells.length !== columns.count) throw new Unfit(`has ${cells.length} columns instead of ${columns.count}`);
  const cell = (column: number): string => cells[column] ?? '';
  const customer = cell(columns.customer);
  if (!/^\d{1,10}$/.test(customer)) throw new Unfit('customer id is not a number');
  const date = /^(\d{4})(\d{2})(\d{2})$/.exec(cell(columns.date));
  if (!date) throw new Unfit('date is not yyyymmdd');
  const [, year = '', month = '', day = ''] = date;
  if (!/^[1-9]\d{0,5}$/.test(cell(columns.cds))) throw new Unfit('number of CDs is not a positive whole number');
  const cds = Number(cell(columns.cds));
  const totalMinor = minorOf(cell(columns.dollars), 'USD');
  return {
    line: line.number,
    consumer: { source: 'cdnow', externalId: customer },
    orderId: orderIdOf(`cdnow-${customer}-${year}${month}${day}-${cds}-${totalMinor}`, seen),
    occurredAt: midnightOf(year, month, day),
    totalMinor,
    currency: 'USD',
    items: itemsOf(cds, totalMinor),
    source: 'cdnow',
  };
};

/**
 * CDNOW has no order ids and some rows are wholly alike: an id is made of the row's content and its number among those
 * that are alike, so that the same purchases have the same ids whatever the order of the file.
 */
const orderIdOf = (content: string, seen: Map<string, number>): string => {
  const nth = (seen.get(content) ?? 0) + 1;
  seen.set(content, nth);
  return `${content}-${nth}`;
};

/** The CDs, priced evenly to the cent: some at the price rounded down, the others a cent more. */
const itemsOf = (cds: number, totalMinor: number): unknown[] => {
  const unitPriceMinor = Math.floor(totalMinor / cds);
  const dearer = totalMinor - unitPriceMinor * cds;
  return [
    { sku: 'cd', quantity: cds - dearer, unitPriceMinor },
    ...(dearer > 0 ? [{ sku: 'cd', quantity: dearer, unitPriceMinor: unitPriceMinor + 1 }] : []),
  ];
};
