/** Results of `Ref` and `Fn::GetAtt`: names as declared, or else the logical id, and the ARNs derived from them. */

export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  Condition?: string;
}

export interface Identity {
  ref: string;
  attributes: Record<string, string>;
}

interface Naming {
  /** The property that carries the physical name. */
  nameIn: string;
  identity: (name: string) => Identity;
}

const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
const globalArn = (service: string, resource: string): string => `arn:aws:${service}::${ACCOUNT_ID}:${resource}`;

const table: Naming = {
  nameIn: 'TableName',
  identity: (name) => ({
    ref: name,
    attributes: {
      Arn: arn('dynamodb', `table/${name}`),
      StreamArn: arn('dynamodb', `table/${name}/stream/local`),
      TableId: name,
    },
  }),
};

/** A resource whose `Ref` is its name and whose `Arn` is made of it. */
const named = (nameIn: string, arnOf: (name: string) => string, others?: (name: string) => Record<string, string>) => ({
  nameIn,
  identity: (name: string): Identity => ({ ref: name, attributes: { Arn: arnOf(name), ...others?.(name) } }),
});

/** A resource whose `Ref` is its ARN. */
const byArn = (nameIn: string, arnOf: (name: string) => string, nameAttribute: string, arnAttribute = 'Arn') => ({
  nameIn,
  identity: (name: string): Identity => ({
    ref: arnOf(name),
    attributes: { [arnAttribute]: arnOf(name), [nameAttribute]: name },
  }),
});

const NAMING: Record<string, Naming> = {
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::Lambda::Function': named('FunctionName', (name) => arn('lambda', `function:${name}`)),
  'AWS::Events::EventBus': named(
    'Name',
    (name) => arn('events', `event-bus/${name}`),
    (name) => ({ Name: name }),
  ),
  'AWS::StepFunctions::StateMachine': byArn(
    'StateMachineName',
    (name) => arn('states', `stateMachine:${name}`),
    'Name',
  ),
  // A bucket's name has small letters alone, as AWS makes it.
  'AWS::S3::Bucket': {
    nameIn: 'BucketName',
    identity: (name) => ({ ref: name.toLowerCase(), attributes: { Arn: `arn:aws:s3:::${name.toLowerCase()}` } }),
  },
  'AWS::SNS::Topic': byArn('TopicName', (name) => arn('sns', name), 'TopicName', 'TopicArn'),
  'AWS::SQS::Queue': {
    nameIn: 'QueueName',
    identity: (name) => {
      const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT_ID}/${name}`;
      return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
    },
  },
  // The name of an API is no identity: its `Ref` is the id that AWS gives it.
  'AWS::ApiGatewayV2::Api': {
    nameIn: '',
    identity: (name) => ({
      ref: name,
      attributes: { ApiId: name, ApiEndpoint: `https://${name}.execute-api.${REGION}.amazonaws.com` },
    }),
  },
  'AWS::ApiGatewayV2::Integration': { nameIn: '', identity: (name) => ({ ref: name, attributes: {} }) },
  'AWS::ApiGatewayV2::Authorizer': {
    nameIn: '',
    identity: (name) => ({ ref: name, attributes: { AuthorizerId: name } }),
  },
  'AWS::Cognito::UserPool': {
    nameIn: '',
    identity: (name) => {
      const id = `${REGION}_${name}`;
      const provider = `cognito-idp.${REGION}.amazonaws.com/${id}`;
      return {
        ref: id,
        attributes: {
          Arn: arn('cognito-idp', `userpool/${id}`),
          UserPoolId: id,
          ProviderName: provider,
          ProviderURL: `https://${provider}`,
        },
      };
    },
  },
  'AWS::Cognito::UserPoolClient': {
    nameIn: '',
    identity: (name) => ({ ref: name, attributes: { ClientId: name } }),
  },
  'AWS::Cognito::UserPoolDomain': { nameIn: 'Domain', identity: (name) => ({ ref: name, attributes: {} }) },
  'AWS::Cognito::UserPoolResourceServer': {
    nameIn: 'Identifier',
    identity: (name) => ({ ref: name, attributes: {} }),
  },
  'AWS::IAM::Role': named('RoleName', (name) => globalArn('iam', `role/${name}`)),
  'AWS::Logs::LogGroup': named('LogGroupName', (name) => arn('logs', `log-group:${name}:*`)),
  'AWS::Scheduler::ScheduleGroup': named('Name', (name) => arn('scheduler', `schedule-group/${name}`)),
  'AWS::SecretsManager::Secret': {
    nameIn: '',
    identity: (name) => ({ ref: arn('secretsmanager', `secret:${name}`), attributes: {} }),
  },
  'AWS::KMS::Key': {
    nameIn: '',
    identity: (name) => ({ ref: name, attributes: { Arn: arn('kms', `key/${name}`), KeyId: name } }),
  },
};

/** Refuses a type whose identity is not known, by name. */
export function identityOf(resource: Resource, logicalId: string, resolve: (value: unknown) => unknown): Identity {
  const naming = NAMING[resource.Type];
  if (!naming) throw new Error(`the local stack does not know what refers to ${resource.Type} ${logicalId}`);
  const declared = resource.Properties?.[naming.nameIn];
  return naming.identity(declared === undefined ? logicalId : String(resolve(declared)));
}
