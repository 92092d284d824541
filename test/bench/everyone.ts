/** Segments end to end from DynamoDB Local: everyone read and evaluated, with one, ten, a hundred and a thousand segments. */
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoStore } from '../../shared/data/dynamo-store.ts';
import type { Item } from '../../shared/data/fields.ts';
import { itemOf } from '../../shared/data/items.ts';
import type { Picture } from '../../shared/domain/segments/picture.ts';
import { withRevision } from '../../shared/usecases/organization/catalogue.ts';
import { scoringOf } from '../../shared/usecases/organization/scoring.ts';
import type { RecordOf, StoredRecord } from '../../shared/usecases/ports/records.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { readCompiledSegments } from '../../shared/usecases/segments/flips/compiled.ts';
import { differing } from '../../shared/usecases/segments/refresh/slice.ts';
import { startTable } from '../support/dynamodb.ts';
import type { Measured } from './budget.ts';
import { shown, told } from './budget.ts';
import { NOW, rulesOf, shoppers } from './shoppers.ts';

const CONSUMERS = 100_000;
const SEGMENTS = [1, 10, 100, 1_000] as const;
const BATCH = 25;
const BATCHES_AT_ONCE = 16;
const BLOCK = 1_000;
const TABLE = 'bench';

export const measureEveryone = async (): Promise<Measured[]> => {
  const { client, stop } = await startTable(TABLE);
  try {
    const store = dynamoStore(TABLE, 'a key for tests', client);
    await fill(client, shoppers(CONSUMERS));
    const rows: Measured[] = [];
    for (const count of SEGMENTS) {
      await setUp(store, count);
      const { readMs, evaluateMs, consumers } = await look(store);
      const seconds = `${shown((readMs + evaluateMs) / 1000)} s, of it evaluating ${shown(evaluateMs / 1000)} s`;
      rows.push(
        told(
          `${consumers.toLocaleString('en')} consumers × ${count.toLocaleString('en')} segments, read and evaluated`,
          seconds,
        ),
      );
    }
    return rows;
  } finally {
    await stop();
  }
};

const fill = async (client: DynamoDBClient, pictures: readonly Picture[]): Promise<void> => {
  const items = pictures.flatMap((picture) => recordsOf(picture).map(itemOf)).values();
  const worker = async () => {
    for (;;) {
      const batch = [...items.take(BATCH)];
      if (batch.length === 0) return;
      await put(client, batch);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
};

const put = async (client: DynamoDBClient, batch: Item[]): Promise<void> => {
  let unwritten = batch.map((Item) => ({ PutRequest: { Item } }));
  while (unwritten.length > 0) {
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: unwritten } }));
    unwritten = (UnprocessedItems?.[TABLE] ?? []) as typeof unwritten;
  }
};

const recordsOf = ({ profile, metrics, account }: Picture): StoredRecord[] => {
  const { consumerId } = profile;
  const scoring = { scoringVersion: scoringOf(undefined).version, version: 1, band: 'new', bandSince: NOW };
  const rest = { consumerId, membership: profile.membership, bandCause: 'change', dueAt: null } as const;
  const records: StoredRecord[] = [
    { kind: 'profile', ...profile, dueAt: null },
    { kind: 'metrics', ...metrics, ...scoring, ...rest },
  ];
  if (account.entries > 0) {
    records.push({ kind: 'account', ...account, consumerId, version: 1, pages: [], nextPage: 1, dueAt: null });
  }
  return records;
};

/** So many segments, all of them live. */
const setUp = async (store: Store, count: number): Promise<void> => {
  const [settings] = await store.get([{ kind: 'settings' }], true);
  for (const [index, rule] of rulesOf(count).entries()) {
    const put: RecordOf<'segment'> = {
      ...{ kind: 'segment', segmentId: `s${index}`, name: `s${index}`, source: 'rule', version: 1 },
      ...{ live: { number: index + 1, rule: rule as never }, filling: null, retiring: null },
      ...{ createdAt: NOW, updatedAt: NOW, refreshedAt: NOW },
    };
    await store.commit([{ put, expect: 'anything' }]);
  }
  await store.commit([{ put: withRevision(settings), expect: 'anything' }]);
};

/** As a reconciliation does, without writing what it finds. */
const look = async (store: Store) => {
  const startedMs = performance.now();
  const segmentation = await readCompiledSegments(store);
  let evaluateMs = 0;
  let consumers = 0;
  const evaluated = (block: Parameters<typeof differing>[1]) => {
    const fromMs = performance.now();
    differing(segmentation, block, NOW);
    evaluateMs += performance.now() - fromMs;
    consumers += block.length;
  };
  const slices = Array.from({ length: store.slices }, async (_, slice) => {
    let block = [];
    for await (const picture of store.stateSlice(slice)) {
      block.push(picture);
      if (block.length === BLOCK) {
        evaluated(block);
        block = [];
      }
    }
    evaluated(block);
  });
  await Promise.all(slices);
  return { readMs: performance.now() - startedMs - evaluateMs, evaluateMs, consumers };
};
