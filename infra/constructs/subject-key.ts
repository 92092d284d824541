/** The secret under which the ids of erased consumers are hashed: in no table, no backup of one, and no template. */
import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/** Kept when the stack goes: without it nobody can tell any more who was erased, and a restored table could not be mended. */
export const subjectKey = (scope: Construct): Secret => {
  const secret = new Secret(scope, 'SubjectKey', {
    description: 'Regulars: hashes the ids of erased consumers. Never change it.',
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason: 'Under another key erased ids would not be known any more, and could come back: it is never rotated.',
  });
  return secret;
};
