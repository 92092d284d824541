/**
 * Every resource type that the local stack knows: those that it builds something of, with each property that it honours,
 * and those that need nothing on one machine. A property is either honoured, or named here as harmless, or an error.
 */
import * as z from 'zod/mini';

const text = z.string();
const names = z.array(z.string());
const key = z.object({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) });
const attributeDefinition = z.object({ AttributeName: text, AttributeType: z.enum(['S', 'N', 'B']) });
const index = z.object({
  IndexName: text,
  KeySchema: z.array(key),
  Projection: z.object({ ProjectionType: text, NonKeyAttributes: z.optional(names) }),
});
const arnOnly = z.strictObject({ Arn: text });

/** How the properties of a type are read. `harmless` ones change nothing that can be seen on one machine. */
interface Reading<Schema extends z.ZodMiniType> {
  harmless: string[];
  schema: Schema;
}
const reading = <Schema extends z.ZodMiniType>(harmless: string[], schema: Schema): Reading<Schema> => ({
  harmless,
  schema,
});

const dynamoTable = reading(
  [
    'BillingMode',
    'DeletionProtectionEnabled',
    'PointInTimeRecoverySpecification',
    'ContributorInsightsSpecification',
    'Replicas',
    'SSESpecification',
    'Tags',
    'WarmThroughput',
    'OnDemandThroughput',
    'WriteOnDemandThroughputSettings',
    'TableClass',
  ],
  z.strictObject({
    TableName: z.optional(text),
    KeySchema: z.array(key),
    AttributeDefinitions: z.array(attributeDefinition),
    GlobalSecondaryIndexes: z.optional(z.array(index)),
    StreamSpecification: z.object({ StreamViewType: z.literal('NEW_AND_OLD_IMAGES') }),
    TimeToLiveSpecification: z.optional(z.object({ AttributeName: text, Enabled: z.literal(true) })),
  }),
);

export const understood = {
  'AWS::DynamoDB::Table': dynamoTable,
  'AWS::DynamoDB::GlobalTable': dynamoTable,

  'AWS::Lambda::Function': reading(
    [
      'Role',
      'Architectures',
      'Description',
      'LoggingConfig',
      'TracingConfig',
      'EphemeralStorage',
      'RecursiveLoop',
      'DeadLetterConfig',
      'KmsKeyArn',
      'RuntimeManagementConfig',
    ],
    z.strictObject({
      FunctionName: z.optional(text),
      Runtime: z.literal('nodejs24.x'),
      PackageType: z.optional(z.literal('Zip')),
      Handler: text,
      Code: z.strictObject({ S3Bucket: text, S3Key: text }),
      Environment: z.optional(z.strictObject({ Variables: z.record(text, text) })),
      MemorySize: z._default(z.number(), 128),
      Timeout: z._default(z.number(), 3),
      Tags: z.optional(z.array(z.object({ Key: text, Value: text }))),
    }),
  ),

  'AWS::Lambda::EventSourceMapping': reading(
    ['Tags', 'MetricsConfig'],
    z.strictObject({
      EventSourceArn: text,
      FunctionName: text,
      StartingPosition: z.literal('TRIM_HORIZON'),
      Enabled: z.optional(z.literal(true)),
      BatchSize: z._default(z.number(), 100),
      MaximumBatchingWindowInSeconds: z._default(z.number(), 0),
      // Lambda's own default is to retry until the record leaves the stream: here that must be a decision.
      MaximumRetryAttempts: z.number(),
      ParallelizationFactor: z.optional(z.literal(1)),
      MaximumRecordAgeInSeconds: z.optional(z.literal(-1)),
      BisectBatchOnFunctionError: z._default(z.boolean(), false),
      FunctionResponseTypes: z._default(z.array(z.literal('ReportBatchItemFailures')), []),
      FilterCriteria: z.optional(z.strictObject({ Filters: z.array(z.strictObject({ Pattern: text })) })),
      DestinationConfig: z.optional(z.strictObject({ OnFailure: z.strictObject({ Destination: text }) })),
    }),
  ),

  'AWS::ApiGatewayV2::Api': reading(
    ['Name', 'Description', 'Tags', 'RouteSelectionExpression', 'IpAddressType'],
    z.strictObject({
      ProtocolType: z.literal('HTTP'),
      DisableExecuteApiEndpoint: z.optional(z.boolean()),
      CorsConfiguration: z.optional(
        z.strictObject({
          AllowOrigins: z._default(names, []),
          AllowMethods: z._default(names, []),
          AllowHeaders: z._default(names, []),
          ExposeHeaders: z._default(names, []),
          AllowCredentials: z._default(z.boolean(), false),
          MaxAge: z._default(z.number(), 0),
        }),
      ),
    }),
  ),
  'AWS::ApiGatewayV2::Route': reading(
    ['OperationName'],
    z.strictObject({
      ApiId: text,
      RouteKey: text,
      Target: text,
      AuthorizationType: z._default(z.enum(['NONE', 'JWT']), 'NONE'),
      AuthorizerId: z.optional(text),
      AuthorizationScopes: z._default(names, []),
    }),
  ),
  'AWS::ApiGatewayV2::Integration': reading(
    ['Description', 'IntegrationMethod', 'ConnectionType'],
    z.strictObject({
      ApiId: text,
      IntegrationType: z.literal('AWS_PROXY'),
      IntegrationUri: text,
      PayloadFormatVersion: z.literal('2.0'),
      TimeoutInMillis: z._default(z.number(), 30_000),
    }),
  ),
  'AWS::ApiGatewayV2::Authorizer': reading(
    ['Name'],
    z.strictObject({
      ApiId: text,
      AuthorizerType: z.literal('JWT'),
      IdentitySource: z.tuple([z.literal('$request.header.Authorization')]),
      JwtConfiguration: z.strictObject({ Audience: names, Issuer: text }),
    }),
  ),
  'AWS::ApiGatewayV2::Stage': reading(
    // Throttles protect a shared account; one machine has one caller.
    ['AccessLogSettings', 'DefaultRouteSettings', 'RouteSettings', 'Description', 'Tags'],
    z.strictObject({
      ApiId: text,
      StageName: z.literal('$default'),
      AutoDeploy: z.literal(true),
      StageVariables: z._default(z.record(text, text), {}),
    }),
  ),

  'AWS::Scheduler::Schedule': reading(
    ['Description', 'KmsKeyArn'],
    z.strictObject({
      Name: z.optional(text),
      GroupName: z.optional(text),
      State: z.optional(z.literal('ENABLED')),
      FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
      ScheduleExpression: z.string().check(z.regex(/^(rate|cron)\(/, 'is neither a rate nor a cron expression')),
      ScheduleExpressionTimezone: z._default(text, 'UTC'),
      Target: z.strictObject({
        Arn: text,
        RoleArn: z.optional(z.unknown()),
        Input: z._default(text, '{}'),
        RetryPolicy: z.strictObject({
          MaximumRetryAttempts: z.number(),
          MaximumEventAgeInSeconds: z.optional(z.number()),
        }),
        DeadLetterConfig: z.optional(arnOnly),
      }),
    }),
  ),

  'AWS::Events::EventBus': reading(
    ['Description', 'Tags', 'DeadLetterConfig', 'KmsKeyIdentifier', 'LogConfig', 'Policy'],
    z.strictObject({ Name: text }),
  ),
  'AWS::Events::Rule': reading(
    ['Description', 'Name', 'RoleArn', 'Tags'],
    z.strictObject({
      EventBusName: text,
      EventPattern: z.record(text, z.unknown()),
      State: z.optional(z.literal('ENABLED')),
      Targets: z._default(
        z.array(
          z.strictObject({
            Id: text,
            Arn: text,
            RoleArn: z.optional(z.unknown()),
            RetryPolicy: z.optional(z.unknown()),
            DeadLetterConfig: z.optional(z.unknown()),
          }),
        ),
        [],
      ),
    }),
  ),

  'AWS::StepFunctions::StateMachine': reading(
    ['RoleArn', 'LoggingConfiguration', 'TracingConfiguration', 'EncryptionConfiguration', 'Tags'],
    z.strictObject({
      StateMachineName: z.optional(text),
      StateMachineType: z.optional(z.literal('STANDARD')),
      DefinitionString: z.optional(text),
      Definition: z.optional(z.record(text, z.unknown())),
      DefinitionSubstitutions: z._default(z.record(text, z.union([text, z.number(), z.boolean()])), {}),
    }),
  ),

  'AWS::S3::Bucket': reading(
    // Only this machine reaches it, over its own loopback.
    ['BucketEncryption', 'OwnershipControls', 'PublicAccessBlockConfiguration', 'Tags'],
    z.strictObject({
      BucketName: z.optional(text),
      LifecycleConfiguration: z.optional(
        z.strictObject({
          Rules: z.array(
            z.strictObject({
              Id: z.optional(text),
              Status: z.literal('Enabled'),
              ExpirationInDays: z.optional(z.number()),
              AbortIncompleteMultipartUpload: z.optional(z.strictObject({ DaysAfterInitiation: z.number() })),
            }),
          ),
        }),
      ),
    }),
  ),

  'AWS::SQS::Queue': reading(
    [
      'KmsMasterKeyId',
      'KmsDataKeyReusePeriodSeconds',
      'SqsManagedSseEnabled',
      'MessageRetentionPeriod',
      'VisibilityTimeout',
      'Tags',
      'RedriveAllowPolicy',
    ],
    z.strictObject({ QueueName: z.optional(text) }),
  ),
} as const;

export type UnderstoodType = keyof typeof understood;
export type Properties<Type extends UnderstoodType> = z.output<(typeof understood)[Type]['schema']>;

/** Permissions, logs, alarms, identities: true in the account, without a counterpart on one machine. */
export const NOTHING_TO_DO: ReadonlySet<string> = new Set([
  'AWS::ApiGateway::Account',
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::Budgets::Budget',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolDomain',
  'AWS::Cognito::UserPoolResourceServer',
  'AWS::Events::EventBusPolicy',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::IAM::RolePolicy',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::QueryDefinition',
  'AWS::Logs::ResourcePolicy',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::SecretsManager::Secret',
  'AWS::XRay::SamplingRule',
]);

export const isUnderstood = (type: string): type is UnderstoodType => type in understood;
