/** Connects the table's stream to its consumers, each with its own dead letters. */
import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { tableSchema } from '../../shared/data/table-schema.ts';
import type { StreamConsumer } from '../../shared/edge/catalogue.ts';
import type { CapabilityLambda } from './lambda.ts';

/** Filters on the kind of the new or the old image, and on the type of consumer events. */
const patternsFor = ({ kinds, eventTypes }: StreamConsumer): string[] => {
  const images = ['NewImage', 'OldImage'].map((image) => ({ [image]: { [tableSchema.kind]: { S: kinds } } }));
  const newEvents = { NewImage: { [tableSchema.kind]: { S: ['event'] }, [tableSchema.eventType]: { S: eventTypes } } };
  return [...images, ...(eventTypes ? [newEvents] : [])].map((dynamodb) => JSON.stringify({ dynamodb }));
};

export interface StreamConsumerProps {
  table: Table;
  target: CapabilityLambda;
  consumer: StreamConsumer;
  deadLetters: Queue;
}

/**
 * Starts at the oldest record, so that changes written while the mapping is created are not lost; consumers are idempotent.
 * A failing batch is halved until the failing record is alone. That record ends in the dead letters.
 */
export const feedStream = (scope: Construct, id: string, props: StreamConsumerProps): void => {
  const { table, target, consumer, deadLetters } = props;
  const streamArn = table.tableStreamArn ?? '';
  target.allow(
    ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
    [streamArn],
  );
  new EventSourceMapping(scope, id, {
    target: target.lambda,
    eventSourceArn: streamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: consumer.batchSize,
    maxBatchingWindow: Duration.seconds(consumer.batchWindowSeconds),
    retryAttempts: consumer.maximumRetries,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    onFailure: new SqsDlq(deadLetters),
    filters: patternsFor(consumer).map((pattern) => ({ pattern })),
  });
};
