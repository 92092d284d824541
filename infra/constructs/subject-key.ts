/** The secret key that ids of erased consumers are hashed with. It is in no table, backup or template. */
import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/** Retained when the stack is deleted: without it, erased consumers in a restored table could not be recognized. */
export const subjectKey = (scope: Construct): Secret => {
  const secret = new Secret(scope, 'SubjectKey', {
    description: 'Regulars: hash key for ids of erased consumers. Never change it.',
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason: 'Never rotated: with another key, ids of erased consumers would not be recognized and could reappear.',
  });
  return secret;
};
