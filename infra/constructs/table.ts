/** The single table, built from the schema that the stores use, so that keys, indexes, expiry and stream always match. */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { tableSchema } from '../../shared/data/table-schema.ts';

const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });

/** Retained when the stack is deleted, restorable to any second of the last 35 days, encrypted with a key that AWS owns. */
export const consumersTable = (scope: Construct): Table => {
  const table = new Table(scope, 'Table', {
    partitionKey: text(tableSchema.partitionKey),
    sortKey: text(tableSchema.sortKey),
    timeToLiveAttribute: tableSchema.ttl,
    billingMode: BillingMode.PAY_PER_REQUEST,
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    encryption: TableEncryption.DEFAULT,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  for (const [indexName, { hash, range, projection }] of Object.entries(tableSchema.indexes)) {
    table.addGlobalSecondaryIndex({
      indexName,
      partitionKey: text(hash),
      sortKey: text(range),
      projectionType: ProjectionType[projection],
    });
  }
  return table;
};
