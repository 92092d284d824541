/** Where the files of exports are until they are fetched, or a day has passed. */
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { CapabilityLambda } from './lambda.ts';

const KEPT_DAYS = 1;

/** Private, encrypted, over TLS alone. Nothing has versions: what is deleted is gone. */
export const exportsBucket = (scope: Construct): Bucket => {
  const bucket = new Bucket(scope, 'Exports', {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    lifecycleRules: [
      { expiration: Duration.days(KEPT_DAYS), abortIncompleteMultipartUploadAfter: Duration.days(KEPT_DAYS) },
    ],
    // It empties itself. To delete what is in it would take a function that may delete everything.
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'A file lives for a day and is fetched by a link that works for 15 minutes. Who made the link is in the API log; an access log would be one more place that remembers.',
  });
  return bucket;
};

/** What a function may do with files: take them away, and ask whether any is left; `write` makes them too, and links to them. */
export type FilesAccess = 'write' | 'remove';

const OF_BUCKET = ['s3:ListBucket', 's3:ListBucketMultipartUploads'];
const OF_FILES: Record<FilesAccess, string[]> = {
  write: ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
  remove: ['s3:AbortMultipartUpload', 's3:DeleteObject'],
};

export const allowFiles = (made: CapabilityLambda, bucket: Bucket, access: FilesAccess): void => {
  made.allow(OF_BUCKET, [bucket.bucketArn]);
  made.allow(OF_FILES[access], [bucket.arnForObjects('exports/*')]);
  const { logicalId } = Stack.of(bucket).resolve({ logicalId: (bucket.node.defaultChild as CfnBucket).logicalId });
  Validations.of(made.role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/exports/*]`,
    reason: 'Exports come and go: what is in the bucket has no names that could be listed here.',
  });
};
