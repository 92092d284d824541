/** Has DynamoDB Local say what each request consumed, and takes that out of the answer again. */
import type { Consumption } from './metrics.ts';

const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems']);

export const isRead = (operation: string): boolean => READS.has(operation);
/** Whether DynamoDB bills the operation. */
export const consumes = (operation: string): boolean => isRead(operation) || WRITES.has(operation);

const ASK = Buffer.from('"ReturnConsumedCapacity":"INDEXES"');
const ASKED = '"ReturnConsumedCapacity"';
const FIELD = '"ConsumedCapacity":';

export interface Question {
  body: Buffer;
  /** Figures that the caller requested itself stay in its answer. */
  asked: boolean;
}

/** The request with the question put in. Bytes are spliced: a request is parsed only where the caller asks too. */
export function withQuestion(body: Buffer): Question {
  if (body.includes(ASKED)) {
    const input = parsed(body);
    const own = input?.['ReturnConsumedCapacity'];
    if (input !== null && own !== undefined) {
      const question = JSON.stringify({ ...input, ReturnConsumedCapacity: 'INDEXES' });
      return { body: Buffer.from(question), asked: own !== 'NONE' };
    }
  }
  const open = body.indexOf('{');
  // Not an object: DynamoDB says what is wrong with it.
  if (open < 0) return { body, asked: false };
  const isEmpty = /^\s*\}/.test(body.toString('utf8', open + 1, open + 64));
  const parts = [body.subarray(0, open + 1), ASK, ...(isEmpty ? [] : [Buffer.from(',')]), body.subarray(open + 1)];
  return { body: Buffer.concat(parts), asked: false };
}

export interface Split {
  body: Buffer;
  consumption: Consumption;
}

export interface Exchange {
  operation: string;
  request: Buffer;
  answer: Buffer;
  /** Whether the caller asked for the figures itself. */
  asked: boolean;
}

/**
 * A successful answer, without the figures unless the caller wants them, and the figures as AWS bills them; for
 * transactions of writes they are of no use, see transaction-costs.ts.
 */
export function withoutFigures({ operation, request, answer, asked }: Exchange): Split {
  const { rest, figures } = cut(answer);
  const body = asked ? answer : rest;
  const consumption = billed(operation, figures);
  if (operation === 'BatchGetItem') consumption.readUnits += unitsOfMissing(parsed(request), parsed(answer));
  return { body, consumption };
}

type Keys = Record<string, { Keys?: unknown[]; ConsistentRead?: boolean }>;

/** AWS bills a look for an item that isn't there as one for a small item; DynamoDB Local doesn't, in a batch. */
function unitsOfMissing(request: Record<string, unknown> | null, answer: Record<string, unknown> | null): number {
  const found = (answer?.['Responses'] ?? {}) as Record<string, unknown[]>;
  const unread = (answer?.['UnprocessedKeys'] ?? {}) as Keys;
  return Object.entries((request?.['RequestItems'] ?? {}) as Keys).reduce(
    (units, [table, { Keys, ConsistentRead }]) => {
      const looked = (Keys?.length ?? 0) - (unread[table]?.Keys?.length ?? 0);
      return units + (looked - (found[table]?.length ?? 0)) * (ConsistentRead ? 1 : 0.5);
    },
    0,
  );
}

interface Figures {
  CapacityUnits?: number;
  Table?: { CapacityUnits?: number };
  GlobalSecondaryIndexes?: Record<string, { CapacityUnits?: number }>;
  LocalSecondaryIndexes?: Record<string, { CapacityUnits?: number }>;
}

function billed(operation: string, figures: Figures[]): Consumption {
  const indexes: Record<string, number> = {};
  let units = 0;
  for (const each of figures) {
    units += each.Table?.CapacityUnits ?? 0;
    for (const [name, index] of Object.entries({ ...each.GlobalSecondaryIndexes, ...each.LocalSecondaryIndexes })) {
      const share = index.CapacityUnits ?? 0;
      indexes[name] = (indexes[name] ?? 0) + share;
      units += share;
    }
  }
  return WRITES.has(operation)
    ? { readUnits: 0, writeUnits: units, indexes }
    : { readUnits: units, writeUnits: 0, indexes };
}

/**
 * Cuts the figures out of the bytes. They come first or last in the answer; where the field's name occurs more often
 * than once, data may hold it too, and the answer is parsed.
 */
function cut(body: Buffer): { rest: Buffer; figures: Figures[] } {
  const at = body.indexOf(FIELD);
  if (at < 0) return { rest: body, figures: [] };
  const end = body.indexOf(FIELD, at + 1) < 0 ? valueEnd(body, at + FIELD.length) : -1;
  if (end < 0) return cutParsed(body);
  const figures = JSON.parse(body.toString('utf8', at + FIELD.length, end)) as Figures | Figures[];
  const hasBefore = body[at - 1] === COMMA;
  const from = hasBefore ? at - 1 : at;
  const to = !hasBefore && body[end] === COMMA ? end + 1 : end;
  return { rest: Buffer.concat([body.subarray(0, from), body.subarray(to)]), figures: [figures].flat() };
}

const [COMMA, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = Buffer.from(',{}[]');

/** End of the object or list that starts here; −1 where none starts. Names in the figures hold no brackets. */
function valueEnd(body: Buffer, start: number): number {
  let depth = 0;
  for (let index = start; index < body.length; index += 1) {
    const byte = body[index];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    if (depth === 0) return index === start ? -1 : index + 1;
  }
  return -1;
}

function cutParsed(body: Buffer): { rest: Buffer; figures: Figures[] } {
  const { ConsumedCapacity: figures, ...rest } = parsed(body) ?? {};
  return { rest: Buffer.from(JSON.stringify(rest)), figures: [(figures ?? []) as Figures | Figures[]].flat() };
}

function parsed(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
