import { afterAll, describe, expect, it } from '@jest/globals';
import { appWith, removeFolders, resourcesOf, templateOf } from '../support/templates.ts';

const template = templateOf(appWith());
const [bucket, ...others] = resourcesOf(template, 'AWS::S3::Bucket');
afterAll(removeFolders);

describe('the exports bucket', () => {
  it('is the only bucket and is retained when the stack is deleted', () => {
    expect(others).toEqual([]);
    expect(bucket?.deletionPolicy).toBe('Retain');
  });

  it('is private and encrypted', () => {
    expect(bucket?.properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
    });
    const [policy] = resourcesOf(template, 'AWS::S3::BucketPolicy');
    expect(JSON.stringify(policy?.properties)).toContain('{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"');
  });

  it('expires files and incomplete uploads after a day, and keeps no versions', () => {
    expect(bucket?.properties['LifecycleConfiguration']).toEqual({
      Rules: [{ ExpirationInDays: 1, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' }],
    });
    expect(bucket?.properties['VersioningConfiguration']).toBeUndefined();
  });
});
