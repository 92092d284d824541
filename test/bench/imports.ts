/** The import's rate through the whole API, beside what DynamoDB Local alone takes on the same machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createClient } from '../../infra/local/client/client.ts';
import { cdnowSample } from '../../infra/local/import/cdnow.ts';
import { checkpointsIn } from '../../infra/local/import/checkpoint.ts';
import { importFile } from '../../infra/local/import/run.ts';
import type { LocalModel } from '../../infra/local/runtime/assembly/model.ts';
import { createTable, startDynamo } from '../../infra/local/runtime/dynamodb/dynamodb.ts';
import { hasCdnow, SAMPLE } from '../support/cdnow.ts';
import type { Measured } from './budget.ts';
import { shown, told } from './budget.ts';

const PUTS = 2_000;
const PUTS_AT_ONCE = 16;
const IMPORT_PARALLEL = 4;

export const measureImport = async (url: string, token: string): Promise<Measured[]> => {
  if (!hasCdnow) return [told('import of the CDNOW sample', 'skipped: the file is not at hand')];
  const state = mkdtempSync(join(tmpdir(), 'regulars-bench-'));
  const client = createClient({ url, token, connections: 4 * IMPORT_PARALLEL });
  try {
    const { rows, seconds, consumersCreated, refused } = await importFile({
      file: SAMPLE,
      format: cdnowSample,
      client,
      checkpoints: checkpointsIn(state, { sha256: 'bench', format: 'cdnow-sample', url }),
      progress: { show: () => {}, say: () => {}, end: () => {} },
      parallel: IMPORT_PARALLEL,
    });
    const rate = `${shown(rows / seconds)} rows/s (${shown((rows + consumersCreated) / seconds)} consumers and orders/s)`;
    return [
      { operation: 'import of the CDNOW sample', budget: 'no row refused', measured: rate, ok: refused.length === 0 },
    ];
  } finally {
    client.close();
    rmSync(state, { recursive: true });
  }
};

/** Plain puts of an order-sized item into a table of the same indexes, in memory. */
export const measureRawPuts = async (model: LocalModel): Promise<Measured[]> => {
  const dynamo = await startDynamo({ directory: null, log: () => {} });
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: 'us-east-1', credentials });
  try {
    await createTable(dynamo.endpoint, model.table);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let n = next++; n < PUTS; n = next++) {
        const item = { pk: { S: `C#${n % 500}` }, sk: { S: `event/${n}` }, attributes: { S: 'x'.repeat(200) } };
        await client.send(new PutItemCommand({ TableName: model.table.name, Item: item }));
      }
    };
    const startedMs = performance.now();
    await Promise.all(Array.from({ length: PUTS_AT_ONCE }, work));
    const rate = PUTS / ((performance.now() - startedMs) / 1000);
    return [told('DynamoDB Local alone, plain puts', `${shown(rate)} puts/s`)];
  } finally {
    client.destroy();
    await dynamo.stop();
  }
};
