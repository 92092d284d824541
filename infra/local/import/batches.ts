/** Rows put into batches for the API: the same file always makes the same batches, so that a number names one. */
import type { OrderRow, RefusedRow, Row } from './rows.ts';
import { isOrder, isRefused, nameOf } from './rows.ts';

/** The API takes this many events at once. */
const EVENTS_OF_A_BATCH = 100;
/** Rows looked at together to bring the ones of a consumer side by side: one consumer's orders fold into one write. */
const ROWS_OF_A_WINDOW = 2_000;

export interface Batch {
  /** From 0, in the file's order. */
  index: number;
  orders: OrderRow[];
  /** Rows of the file that are no orders. */
  refused: RefusedRow[];
}

/** Batches of up to 100 orders, those of a consumer side by side. */
export async function* batchesOf(rows: AsyncIterable<Row>): AsyncGenerator<Batch> {
  let index = 0;
  let window: Row[] = [];
  for await (const row of rows) {
    window.push(row);
    if (window.length < ROWS_OF_A_WINDOW) continue;
    for (const batch of packed(window)) yield { index: index++, ...batch };
    window = [];
  }
  for (const batch of packed(window)) yield { index: index++, ...batch };
}

function* packed(window: Row[]): Generator<Omit<Batch, 'index'>> {
  const refused = window.filter(isRefused);
  const byConsumer = Map.groupBy(window.filter(isOrder), (order) => nameOf(order.consumer));
  let orders: OrderRow[] = [];
  for (const own of byConsumer.values()) {
    const fits = orders.length + own.length <= EVENTS_OF_A_BATCH;
    if (!fits && orders.length > 0) {
      yield { orders, refused: [] };
      orders = [];
    }
    for (let from = 0; from < own.length; from += EVENTS_OF_A_BATCH) {
      const part = own.slice(from, from + EVENTS_OF_A_BATCH);
      if (orders.length + part.length > EVENTS_OF_A_BATCH) {
        yield { orders, refused: [] };
        orders = [];
      }
      orders.push(...part);
    }
  }
  if (orders.length > 0 || refused.length > 0) yield { orders, refused };
}
