import { afterAll, beforeAll } from '@jest/globals';
import { dynamoStore } from '../../shared/data/dynamo-store.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import { startTable } from '../support/dynamodb.ts';
import { storeContract } from './store.contract.ts';

const memory = memoryStore();
storeContract('memory', async () => memory);

let table: Awaited<ReturnType<typeof startTable>>;
beforeAll(async () => {
  table = await startTable('regulars');
}, 40_000);
afterAll(() => table.stop());
storeContract('DynamoDB', async () => dynamoStore('regulars', 'a key for tests', table.client));
