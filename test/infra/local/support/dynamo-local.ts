/** A DynamoDB Local in memory with a small table that has an index, a stream and a time to live. */

import type { TableModel } from '../../../../infra/local/runtime/assembly/model.ts';
import { createTable, startDynamo } from '../../../../infra/local/runtime/dynamodb/dynamodb.ts';
import { openWire, TABLES } from '../../../../infra/local/runtime/dynamodb/wire.ts';

const key = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' },
  { AttributeName: range, KeyType: 'RANGE' },
];
const TEMPLATE_STREAM = 'arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/local';

export const smallTable = (name = 'things'): TableModel => ({
  logicalId: 'Things',
  name,
  arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`,
  streamArn: TEMPLATE_STREAM,
  ttlAttribute: 'ttl',
  create: {
    TableName: name,
    KeySchema: key('pk', 'sk'),
    AttributeDefinitions: ['pk', 'sk', 'shard'].map((each) => ({ AttributeName: each, AttributeType: 'S' })),
    GlobalSecondaryIndexes: [
      { IndexName: 'population', KeySchema: key('shard', 'pk'), Projection: { ProjectionType: 'ALL' } },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  },
});

export const startSmallTable = async () => {
  const dynamo = await startDynamo({ directory: null, log: () => {} });
  const table = smallTable();
  const { streamArn } = await createTable(dynamo.endpoint, table);
  const wire = openWire(dynamo.endpoint);
  const put = (pk: string, more: Record<string, unknown> = {}) =>
    wire.send(`${TABLES}.PutItem`, { TableName: table.name, Item: { pk: { S: pk }, sk: { S: 'thing' }, ...more } });
  const remove = (pk: string) =>
    wire.send(`${TABLES}.DeleteItem`, { TableName: table.name, Key: { pk: { S: pk }, sk: { S: 'thing' } } });
  return {
    ...{ endpoint: dynamo.endpoint, table, streamArn, wire, put, remove },
    stop: async () => {
      wire.close();
      await dynamo.stop();
    },
  };
};
