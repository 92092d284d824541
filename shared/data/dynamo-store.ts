import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../usecases/ports/store.ts';
import { dynamoStorage } from './dynamo-storage.ts';
import { storeOver } from './store.ts';

/** The database answers in milliseconds: what takes longer is lost and better asked again. */
const CONNECT_TIMEOUT_MS = 1_000;
const ANSWER_TIMEOUT_MS = 3_000;
const MOST_ATTEMPTS = 4;

/** The deployed store. Region, endpoint and credentials come from the environment, as everywhere on AWS. */
export const dynamoStore = (tableName: string, subjectKey: string, client: DynamoDBClient = dynamoClient()): Store =>
  storeOver(dynamoStorage({ client, tableName }), subjectKey);

export const dynamoClient = (): DynamoDBClient =>
  new DynamoDBClient({
    maxAttempts: MOST_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpsAgent: { keepAlive: true, maxSockets: 50 },
      httpAgent: { keepAlive: true, maxSockets: 50 },
    },
  });
