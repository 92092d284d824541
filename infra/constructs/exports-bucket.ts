/** The bucket of export files, which expire after a day. */
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { CapabilityLambda } from './lambda.ts';

const LIFETIME_DAYS = 1;

/** Private, encrypted, TLS only. Without versions, so that deleted files are gone. */
export const exportsBucket = (scope: Construct): Bucket => {
  const bucket = new Bucket(scope, 'Exports', {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    lifecycleRules: [
      { expiration: Duration.days(LIFETIME_DAYS), abortIncompleteMultipartUploadAfter: Duration.days(LIFETIME_DAYS) },
    ],
    // Deleting its content with the stack would take a function that may delete everything. It empties itself.
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'A file expires after a day and its link after 15 minutes. The API log records who requested the link; an access log would only store more data about consumers.',
  });
  return bucket;
};

/** A function's access to files. `remove`: list and delete; `write`: also write and sign links. */
export type FilesAccess = 'write' | 'remove';

const BUCKET_ACTIONS = ['s3:ListBucket', 's3:ListBucketMultipartUploads'];
const FILE_ACTIONS: Record<FilesAccess, string[]> = {
  write: ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
  remove: ['s3:AbortMultipartUpload', 's3:DeleteObject'],
};

export const allowFiles = (target: CapabilityLambda, bucket: Bucket, access: FilesAccess): void => {
  target.allow(BUCKET_ACTIONS, [bucket.bucketArn]);
  target.allow(FILE_ACTIONS[access], [bucket.arnForObjects('exports/*')]);
  const { logicalId } = Stack.of(bucket).resolve({ logicalId: (bucket.node.defaultChild as CfnBucket).logicalId });
  Validations.of(target.role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/exports/*]`,
    reason: 'The names of export files are not known at deployment.',
  });
};
