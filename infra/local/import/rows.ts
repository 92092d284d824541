/** What every format of an import file is turned into: orders of consumers, line by line. */

/** How the file names a consumer: also how the API looks one up. */
export type Identifier = { email: string } | { phone: string } | { source: string; externalId: string };

export interface OrderRow {
  /** First line of the row in the file, from 1. */
  line: number;
  consumer: Identifier;
  orderId: string;
  /** As the API takes it; a date alone has become its midnight in UTC. */
  occurredAt: string;
  totalMinor: number;
  currency: string | undefined;
  items: unknown[] | undefined;
  /** Names the file's origin in the event. */
  source: string;
}
/** A row that cannot become an order, and why. */
export interface RefusedRow {
  line: number;
  reason: string;
}
export type Row = OrderRow | RefusedRow;

export interface Line {
  number: number;
  text: string;
}
/** Reads a file's lines as rows. Never throws for what a line says; throws `Error` where the whole file is not of this format. */
export type Format = (lines: AsyncIterable<Line>, organization: { currency: string }) => AsyncIterable<Row>;

export const isRefused = (row: Row): row is RefusedRow => 'reason' in row;
export const isOrder = (row: Row): row is OrderRow => !isRefused(row);

/** One text for each consumer that a file names. */
export const nameOf = (consumer: Identifier): string =>
  'source' in consumer
    ? `${consumer.source}:${consumer.externalId}`
    : 'email' in consumer
      ? consumer.email
      : consumer.phone;

/** Thrown while a row is read; becomes its refusal. */
export class Unfit extends Error {}

/** The row that `read` makes of a line, or its refusal. */
export const rowOf = (line: number, read: () => OrderRow): Row => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unfit) return { line, reason: error.message };
    throw error;
  }
};
