/** A DynamoDB Local in memory with the product's table, for suites that need the real thing. */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startDynamo } from '../../infra/local/runtime/dynamodb/dynamodb.ts';
import { tableSchema } from '../../shared/data/table-schema.ts';

const { partitionKey, sortKey, indexes } = tableSchema;

export const startTable = async (tableName: string) => {
  const { endpoint, stop } = await startDynamo({ directory: null, log: () => undefined });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials });
  const attributes = [partitionKey, sortKey, ...Object.values(indexes).flatMap(({ hash, range }) => [hash, range])];
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keysOf(partitionKey, sortKey),
      AttributeDefinitions: [...new Set(attributes)].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      GlobalSecondaryIndexes: Object.entries(indexes).map(([name, { hash, range, projection }]) => ({
        IndexName: name,
        KeySchema: keysOf(hash, range),
        Projection: { ProjectionType: projection },
      })),
    }),
  );
  return {
    client,
    endpoint,
    stop: async () => {
      client.destroy();
      await stop();
    },
  };
};

const keysOf = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];
