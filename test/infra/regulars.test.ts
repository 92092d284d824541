import { afterAll, describe, expect, it } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { capabilitiesOf, entriesOf, sendsDeadLetters } from '../../infra/catalogues.ts';
import { tableSchema } from '../../shared/data/table-schema.ts';
import type { Access } from '../../shared/edge/catalogue.ts';
import { smallCatalogues, smallPermissions } from '../support/small-project.ts';
import { appWith, catalogues, removeFolders, resourcesOf, templateOf } from '../support/templates.ts';

const product = templateOf(appWith());
const small = templateOf(appWith({ catalogues: smallCatalogues, permissions: smallPermissions }));

afterAll(removeFolders);

describe.each([
  ['the product', product, catalogues],
  ['a small catalogue', small, smallCatalogues],
])('the HTTP API of %s', (_, template, { api }) => {
  const SCOPES: Record<Access, string[] | undefined> = {
    public: undefined,
    storefront: ['regulars/storefront', 'regulars/admin'],
    admin: ['regulars/admin'],
  };
  const rows = Object.values(api).flatMap((routes) => Object.values(routes));

  it('has exactly one route per row, with the scopes of the row', () => {
    const routes = resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(({ properties }) => ({
      key: properties['RouteKey'],
      authorization: properties['AuthorizationType'],
      scopes: properties['AuthorizationScopes'],
      isAuthorized: properties['AuthorizerId'] !== undefined,
    }));
    const expected = rows.map(({ method, path, access }) => ({
      key: `${method} ${path}`,
      authorization: access === 'public' ? 'NONE' : 'JWT',
      scopes: SCOPES[access],
      isAuthorized: access !== 'public',
    }));
    expect(byKey(routes)).toEqual(byKey(expected));
  });

  it('throttles each route', () => {
    const [stage] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage');
    const settings = stage?.properties['RouteSettings'] as Record<string, unknown>;
    expect(Object.keys(settings).sort()).toEqual(rows.map(({ method, path }) => `${method} ${path}`).sort());
    for (const setting of Object.values(settings)) {
      expect(setting).toEqual({ ThrottlingRateLimit: expect.any(Number), ThrottlingBurstLimit: expect.any(Number) });
    }
  });
});

const byKey = <T extends { key: unknown }>(routes: T[]): T[] =>
  [...routes].sort((one, other) => String(one.key).localeCompare(String(other.key)));

describe('the HTTP API', () => {
  it('accepts tokens of the user pool for its two clients only', () => {
    small.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Audience: [{ Ref: Match.anyValue() }, { Ref: Match.anyValue() }] },
    });
  });

  it('logs no paths, queries, addresses or callers', () => {
    const [stage] = resourcesOf(product, 'AWS::ApiGatewayV2::Stage');
    const settings = JSON.stringify(stage?.properties['AccessLogSettings']);
    expect(settings).toContain('$context.requestId');
    expect(settings).not.toMatch(/context\.(path|rawPath|identity|authorizer|domainName|error\.messageString)/);
  });

  it('uses the payload format that the functions read', () => {
    const integrations = resourcesOf(product, 'AWS::ApiGatewayV2::Integration');
    for (const { properties } of integrations) {
      expect(properties).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
    }
  });

  it('allows cross-origin calls from configured origins only', () => {
    const corsOf = (template: typeof product) =>
      resourcesOf(template, 'AWS::ApiGatewayV2::Api')[0]?.properties['CorsConfiguration'];
    expect(corsOf(product)).toBeUndefined();
    const opened = templateOf(appWith({ context: { corsOrigins: 'https://console.example,https://other.example' } }));
    expect(corsOf(opened)).toMatchObject({ AllowOrigins: ['https://console.example', 'https://other.example'] });
  });
});

describe('the table', () => {
  it('is protected from deletion, restorable, and retained when the stack is deleted', () => {
    product.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    });
  });

  it('has the keys, indexes, expiry and stream that the stores use', () => {
    const [table] = resourcesOf(product, 'AWS::DynamoDB::Table');
    const keys = (hash: string, range: string) => [
      { AttributeName: hash, KeyType: 'HASH' },
      { AttributeName: range, KeyType: 'RANGE' },
    ];
    expect(table?.properties).toMatchObject({
      KeySchema: keys(tableSchema.partitionKey, tableSchema.sortKey),
      TimeToLiveSpecification: { AttributeName: tableSchema.ttl, Enabled: true },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      BillingMode: 'PAY_PER_REQUEST',
      GlobalSecondaryIndexes: Object.entries(tableSchema.indexes).map(([name, index]) => ({
        IndexName: name,
        KeySchema: keys(index.hash, index.range),
        Projection: { ProjectionType: index.projection },
      })),
    });
  });
});

describe('the user pool', () => {
  it('is retained when the stack is deleted and requires strong passwords', () => {
    product.hasResource('AWS::Cognito::UserPool', {
      DeletionPolicy: 'Retain',
      Properties: {
        DeletionProtection: 'ACTIVE',
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        Policies: {
          PasswordPolicy: Match.objectLike({ MinimumLength: 12, RequireSymbols: true, RequireNumbers: true }),
        },
      },
    });
  });

  it('grants a storefront only its own scope, for client credentials', () => {
    product.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: [{ 'Fn::Join': ['', [{ Ref: Match.anyValue() }, '/storefront']] }],
      GenerateSecret: true,
    });
  });

  it('grants the console authorization codes without a client secret', () => {
    product.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', { 'Fn::Join': ['', [{ Ref: Match.anyValue() }, '/admin']] }],
      GenerateSecret: false,
    });
  });
});

describe.each([
  ['the product', product, catalogues],
  ['a small catalogue', small, smallCatalogues],
])('the background work of %s', (_, template, { jobs, streams, workflows }) => {
  it('has one schedule per job, which passes the job name and the scheduled time', () => {
    const schedules = resourcesOf(template, 'AWS::Scheduler::Schedule').map(({ properties }) => properties);
    expect(schedules.map(({ Name }) => Name).sort()).toEqual(
      entriesOf(jobs)
        .map(({ name }) => name)
        .sort(),
    );
    for (const schedule of schedules) {
      const { Input, RetryPolicy, DeadLetterConfig } = schedule['Target'] as Record<string, unknown>;
      expect(JSON.parse(String(Input))).toEqual({
        job: schedule['Name'],
        scheduledAt: '<aws.scheduler.scheduled-time>',
        trigger: 'schedule',
      });
      expect(RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 3 });
      expect(DeadLetterConfig).toBeDefined();
      expect(schedule['ScheduleExpressionTimezone']).toBe('UTC');
    }
  });

  it('feeds each stream consumer the kinds of its row, with limited retries', () => {
    const mappings = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => properties);
    expect(mappings).toHaveLength(entriesOf(streams).length);
    for (const { row: consumer } of entriesOf(streams)) {
      const pattern = (image: string) => ({
        Pattern: JSON.stringify({ dynamodb: { [image]: { kind: { S: consumer.kinds } } } }),
      });
      const { eventTypes } = consumer;
      const ofEvents = { dynamodb: { NewImage: { kind: { S: ['event'] }, type: { S: eventTypes } } } };
      const events = eventTypes ? [{ Pattern: JSON.stringify(ofEvents) }] : [];
      const filters = { Filters: [pattern('NewImage'), pattern('OldImage'), ...events] };
      const mapping = mappings.find(({ FilterCriteria }) => JSON.stringify(FilterCriteria) === JSON.stringify(filters));
      expect(mapping).toMatchObject({
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: consumer.batchSize,
        MaximumBatchingWindowInSeconds: consumer.batchWindowSeconds,
        MaximumRetryAttempts: consumer.maximumRetries,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: expect.anything() } },
      });
    }
  });

  it('has at most two consumers of the stream', () => {
    expect(entriesOf(streams).length).toBeLessThanOrEqual(2);
  });

  it('has one state machine per workflow, which logs every step without data', () => {
    const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine').map(({ properties }) => properties);
    expect(machines.map(({ StateMachineName }) => StateMachineName).sort()).toEqual(
      entriesOf(workflows)
        .map(({ name }) => `Regulars-${name}`)
        .sort(),
    );
    for (const machine of machines) {
      expect(machine['LoggingConfiguration']).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
      expect(machine['StateMachineType']).toBe('STANDARD');
    }
  });
});

describe('the functions', () => {
  it('are one per capability, on Node 24 and Graviton, each with its own role and log group', () => {
    const functions = resourcesOf(product, 'AWS::Lambda::Function').map(({ properties }) => properties);
    expect(functions.map(({ Tags }) => (Tags as { Value: string }[])[0]?.Value).sort()).toEqual(
      capabilitiesOf(catalogues),
    );
    for (const properties of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
    }
    const distinct = (name: string) => new Set(functions.map((properties) => JSON.stringify(properties[name]))).size;
    expect([distinct('Role'), distinct('LoggingConfig')]).toEqual([functions.length, functions.length]);
  });

  it('keep their logs for at least a month', () => {
    for (const { properties } of resourcesOf(product, 'AWS::Logs::LogGroup')) {
      expect(properties['RetentionInDays']).toBeGreaterThanOrEqual(30);
    }
  });

  it('need a row in the permissions', () => {
    expect(() => appWith({ catalogues: smallCatalogues, permissions: { parcels: {} } })).toThrow(/no row for posters/);
  });
});

describe('the dead letters', () => {
  it('are encrypted, kept for 14 days and accept TLS only', () => {
    const queues = resourcesOf(product, 'AWS::SQS::Queue');
    const sending = entriesOf(catalogues.workflows).filter(({ row }) => sendsDeadLetters(row));
    expect(queues.length).toBe(1 + entriesOf(catalogues.streams).length + sending.length);
    for (const { properties } of queues) {
      expect(properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
    }
    const policies = resourcesOf(product, 'AWS::SQS::QueuePolicy');
    expect(policies).toHaveLength(queues.length);
    for (const { properties } of policies) {
      expect(JSON.stringify(properties)).toContain('{"Bool":{"aws:SecureTransport":"false"}}');
    }
  });
});
