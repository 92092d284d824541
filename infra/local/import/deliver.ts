/** Takes one batch of orders to the API: creates the consumers that are new, records the orders. Safe to repeat. */
import type { Answer, Client } from '../client/client.ts';
import type { Identifier, OrderRow, RefusedRow } from './rows.ts';
import { nameOf } from './rows.ts';

/** What became of a batch. */
export interface Delivery {
  consumersCreated: number;
  created: OrderRow[];
  duplicates: OrderRow[];
  refused: RefusedRow[];
}
export type Deliver = (orders: OrderRow[]) => Promise<Delivery>;

interface Item {
  index: number;
  status: 'created' | 'duplicate' | 'rejected';
  problem?: Problem;
}
interface Problem {
  code: string;
  detail?: string;
  errors?: { path: string; message: string }[];
}

/** Ids of consumers are remembered up to this many, then looked up again. */
const MOST_IDS_KEPT = 100_000;

/**
 * Natural ids make every call repeatable: a consumer's claimed contact or external id, an order's id. Whether a
 * consumer is tried as new or as known first follows what the batches before found; either guess ends in the same.
 */
export const createDeliver = (client: Client): Deliver => {
  const ids = new Map<string, string>();
  let expectNew = true;

  return async (orders) => {
    const delivery: Delivery = { consumersCreated: 0, created: [], duplicates: [], refused: [] };
    const unfit = new Map<string, string>();
    if (ids.size > MOST_IDS_KEPT) ids.clear();

    const create = async (consumers: Map<string, Identifier>): Promise<void> => {
      let known = 0;
      const createOne = async ([name, consumer]: [string, Identifier]) => {
        const answer = await client.call('POST', '/v1/consumers', newConsumer(consumer));
        if (answer.status === 201) {
          ids.set(name, (answer.body as { consumerId: string }).consumerId);
          delivery.consumersCreated += 1;
        } else if (answer.status === 409) known += 1;
        else unfit.set(name, reasonOf(problemOf(answer)));
      };
      await Promise.all([...consumers].map(createOne));
      expectNew = known * 2 < consumers.size;
    };

    const record = async (rows: OrderRow[]): Promise<OrderRow[]> => {
      const fit = rows.filter((row) => !unfit.has(nameOf(row.consumer)));
      if (fit.length === 0) return [];
      const events = fit.map((row) => eventOf(row, ids.get(nameOf(row.consumer))));
      const items = itemsOf(await client.call('POST', '/v1/events/batch', { events }), fit.length);
      const unknown: OrderRow[] = [];
      for (const [index, row] of fit.entries()) {
        const item = items[index];
        if (item?.status === 'created') delivery.created.push(row);
        else if (item?.status === 'duplicate') delivery.duplicates.push(row);
        else if (item?.problem?.code === 'consumer_not_found') unknown.push(row);
        else delivery.refused.push({ line: row.line, reason: reasonOf(item?.problem) });
      }
      return unknown;
    };

    if (expectNew) await create(consumersOf(orders.filter((row) => !ids.has(nameOf(row.consumer)))));
    const unknown = await record(orders);
    if (unknown.length > 0) {
      for (const row of unknown) ids.delete(nameOf(row.consumer));
      await create(consumersOf(unknown));
      for (const row of await record(unknown)) delivery.refused.push({ line: row.line, reason: 'consumer_not_found' });
    }
    for (const row of orders) {
      const reason = unfit.get(nameOf(row.consumer));
      if (reason !== undefined) delivery.refused.push({ line: row.line, reason });
    }
    return delivery;
  };
};

const consumersOf = (orders: OrderRow[]): Map<string, Identifier> =>
  new Map(orders.map(({ consumer }) => [nameOf(consumer), consumer]));

const newConsumer = (consumer: Identifier) =>
  'source' in consumer ? { externalIds: { [consumer.source]: consumer.externalId } } : consumer;

const eventOf = (row: OrderRow, consumerId: string | undefined) => ({
  ...(consumerId === undefined ? { lookup: row.consumer } : { consumerId }),
  type: 'order_placed',
  occurredAt: row.occurredAt,
  source: row.source,
  attributes: {
    orderId: row.orderId,
    totalMinor: row.totalMinor,
    ...(row.currency !== undefined && { currency: row.currency }),
    ...(row.items && { items: row.items }),
  },
});

/** The items of a batch's answer. A batch that is refused as a whole refuses each of its rows. */
const itemsOf = (answer: Answer, count: number): Item[] => {
  if (answer.status === 200) return (answer.body as { items: Item[] }).items;
  const problem = problemOf(answer);
  return Array.from({ length: count }, (_, index) => ({ index, status: 'rejected', problem }));
};

const problemOf = ({ status, body }: Answer): Problem =>
  typeof body === 'object' && body !== null && 'code' in body ? (body as Problem) : { code: `status_${status}` };

/** The code and the first part that is wrong: never a value, which may be personal. */
const reasonOf = (problem: Problem | undefined): string => {
  const [first] = problem?.errors ?? [];
  return `${problem?.code ?? 'unanswered'}${first ? `: ${first.path} ${first.message}` : ''}`;
};
