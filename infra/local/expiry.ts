/**
 * Time to live: deletes the items whose time is over by the stack's clock, as DynamoDB does in the background.
 * DynamoDB Local's own sweeper is not used: it lives by the machine's clock and jams on items without index keys.
 */
import type { Clock } from './clock.ts';
import { readJson, writeJson } from './files.ts';
import type { TableModel } from './model.ts';
import { openWire, TABLES, type Wire, WireError } from './wire.ts';

type Keys = Record<string, unknown>;
type Item = Record<string, { N?: string }>;

export interface ExpirySettings {
  endpoint: string;
  table: TableModel;
  clock: Clock;
  /** Keeps what is being deleted, so that a kill does not hide from the stream who did it; null forgets. */
  file: string | null;
  /** Resolves when the stream's functions have seen all that was written. */
  settle: () => Promise<void>;
  log: (line: string) => void;
}
export interface Expiry {
  /** Whether the item with these keys was deleted because its time was over. */
  hasExpired(keys: Keys): boolean;
  /** Deletes what is over by now; answers how many items. */
  sweep(): Promise<number>;
  stop(): Promise<void>;
}

const SWEEP_EVERY_MS = 60_000;
/** Sweeping takes at most a hundredth of the time: big tables are swept less often. AWS promises days. */
const REST_PER_SWEEP = 100;
const DELETES_AT_ONCE = 16;

export function startExpiry(settings: ExpirySettings): Expiry {
  const { table, file, log } = settings;
  const attribute = table.ttlAttribute;
  if (attribute === null) return { hasExpired: () => false, sweep: async () => 0, stop: async () => {} };
  const wire = openWire(settings.endpoint);
  const marked = new Set<string>(file === null ? [] : ((readJson(file) as string[] | undefined) ?? []));
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<number> = Promise.resolve(0);
  let isStopped = false;

  const sweepNow = async (): Promise<number> => {
    if (isStopped) return 0;
    // The stream's functions have seen the last sweep's deletions: its marks are of no more use.
    if (marked.size > 0) await settings.settle();
    marked.clear();
    const over = await itemsOver(wire, table, attribute, Math.floor(settings.clock.nowMs() / 1000));
    if (over.length === 0) return 0;
    for (const item of over) marked.add(textOf(keysOf(table, item)));
    if (file !== null) writeJson(file, [...marked]);
    return deleted(wire, table, attribute, over);
  };
  const sweep = () => {
    sweeping = sweeping.catch(() => 0).then(sweepNow);
    return sweeping;
  };
  const again = async () => {
    const beganMs = performance.now();
    await sweep().catch((error: unknown) => isStopped || log(`expiry: ${String(error)}`));
    schedule((performance.now() - beganMs) * REST_PER_SWEEP);
  };
  const schedule = (restMs: number) => {
    if (isStopped) return;
    timer = setTimeout(again, Math.max(SWEEP_EVERY_MS, restMs));
    timer.unref();
  };
  schedule(0);
  return {
    hasExpired: (keys) => marked.has(textOf(keys)),
    sweep,
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await sweeping.catch(() => 0);
      wire.close();
    },
  };
}

const keyNames = (table: TableModel): string[] =>
  (table.create['KeySchema'] as { AttributeName: string }[]).map(({ AttributeName }) => AttributeName);

const keysOf = (table: TableModel, item: Keys): Keys =>
  Object.fromEntries(keyNames(table).map((name) => [name, item[name]]));

const textOf = (keys: Keys): string => JSON.stringify(Object.entries(keys).sort(([a], [b]) => a.localeCompare(b)));

async function itemsOver(wire: Wire, table: TableModel, attribute: string, nowSeconds: number): Promise<Item[]> {
  const names = [...keyNames(table), attribute];
  const over: Item[] = [];
  let from: Keys | undefined;
  do {
    const page = await wire.send<{ Items: Item[]; LastEvaluatedKey?: Keys }>(`${TABLES}.Scan`, {
      TableName: table.name,
      ProjectionExpression: names.map((_, index) => `#n${index}`).join(', '),
      FilterExpression: `#n${names.length - 1} <= :now`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
      ExpressionAttributeValues: { ':now': { N: String(nowSeconds) } },
      ...(from && { ExclusiveStartKey: from }),
    });
    over.push(...page.Items);
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return over;
}

/** Deletes what still has the time to live that was seen: an item renewed meanwhile stays. */
async function deleted(wire: Wire, table: TableModel, attribute: string, items: Item[]): Promise<number> {
  let count = 0;
  const remove = async (item: Item) => {
    const input = {
      TableName: table.name,
      Key: keysOf(table, item),
      ConditionExpression: '#ttl = :seen',
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':seen': item[attribute] },
    };
    try {
      await wire.send(`${TABLES}.DeleteItem`, input);
      count += 1;
    } catch (error) {
      if (!(error instanceof WireError) || error.name !== 'ConditionalCheckFailedException') throw error;
    }
  };
  for (let index = 0; index < items.length; index += DELETES_AT_ONCE) {
    await Promise.all(items.slice(index, index + DELETES_AT_ONCE).map(remove));
  }
  return count;
}
