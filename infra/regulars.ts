/** The deployment of one organization, as a table of contents: its parts and how they are connected. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { environment, workflowVariable } from '../shared/edge/env.ts';
import { type Catalogues, capabilitiesOf, entriesOf, sendsDeadLetters, timeoutSecondsOf } from './catalogues.ts';
import type { Configuration } from './configuration.ts';
import { Alarms } from './constructs/alarms.ts';
import { deadLetters } from './constructs/dead-letters.ts';
import { allowFiles, exportsBucket } from './constructs/exports-bucket.ts';
import { RegularsApi } from './constructs/http-api.ts';
import { Identity } from './constructs/identity.ts';
import { CapabilityLambda, type Lambdas, lambdaOf } from './constructs/lambda.ts';
import { Schedules } from './constructs/schedules.ts';
import { feedStream } from './constructs/stream-consumers.ts';
import { subjectKey } from './constructs/subject-key.ts';
import { consumersTable } from './constructs/table.ts';
import {
  watchApi,
  watchDeadLetters,
  watchLambda,
  watchSegments,
  watchStream,
  watchTable,
  watchWorkflow,
} from './constructs/watches.ts';
import { RegularsWorkflow, workflowArn } from './constructs/workflows.ts';
import { type Permissions, READ_ACTIONS, WRITE_ACTIONS } from './permissions.ts';

export interface RegularsProps {
  catalogues: Catalogues;
  configuration: Configuration;
  permissions: Record<string, Permissions>;
  /** The bundled code of a capability. */
  codeOf: (capability: string) => Code;
}

export class Regulars extends Stack {
  private readonly props: RegularsProps;
  private readonly table: Table;
  private readonly subjectKey: Secret;
  private readonly exports: Bucket;
  private readonly bus: EventBus;
  private readonly alarms: Alarms;
  private readonly lambdas: Lambdas;

  constructor(scope: Construct, id: string, props: RegularsProps) {
    super(scope, id, { description: 'Regulars: consumer profiles, segments and loyalty', terminationProtection: true });
    const { catalogues, configuration } = props;
    this.props = props;
    this.table = consumersTable(this);
    this.subjectKey = subjectKey(this);
    this.exports = exportsBucket(this);
    this.bus = new EventBus(this, 'Bus', { eventBusName: this.stackName.toLowerCase() });
    this.alarms = new Alarms(this, 'Alarms', { email: configuration.alarmEmail, runbook: configuration.runbookUrl });
    this.lambdas = new Map(capabilitiesOf(catalogues).map((name) => [name, this.capabilityLambda(name)]));
    this.serveApi();
    this.scheduleJobs();
    this.feedStreamConsumers();
    this.makeWorkflows();
    watchTable(this.alarms, this.table);
    watchSegments(this.alarms);
  }

  private capabilityLambda(name: string): CapabilityLambda {
    const granted = this.props.permissions[name];
    if (!granted) throw new Error(`infra/permissions.ts has no row for ${name}`);
    const made = new CapabilityLambda(this, name, {
      code: this.props.codeOf(name),
      environment: this.environmentOf(granted),
      timeoutSeconds: timeoutSecondsOf(this.props.catalogues, name),
      memoryMb: granted.memoryMb ?? MEMORY_MB,
    });
    this.grant(made, granted);
    watchLambda(this.alarms, made);
    return made;
  }

  /** A function gets only the variables for its permissions. */
  private environmentOf({ table, publishes, files, starts = [] }: Permissions): Record<string, string> {
    return {
      ...(table && {
        [environment.tableName]: this.table.tableName,
        // A dynamic reference that CloudFormation resolves: the template does not contain the secret.
        [environment.subjectKey]: this.subjectKey.secretValue.unsafeUnwrap(),
      }),
      ...(publishes && { [environment.busName]: this.bus.eventBusName }),
      ...(files && { [environment.exportsBucket]: this.exports.bucketName }),
      ...Object.fromEntries(starts.map((name) => [workflowVariable(name), workflowArn(this, name)])),
    };
  }

  private grant(made: CapabilityLambda, { table, publishes, files, starts = [] }: Permissions): void {
    if (table) made.allow([...READ_ACTIONS, ...(table.write ? WRITE_ACTIONS : [])], [this.table.tableArn]);
    const indexes = (table?.indexes ?? []).map((index) => `${this.table.tableArn}/index/${index}`);
    if (indexes.length > 0) made.allow(['dynamodb:Query'], indexes);
    if (publishes) made.allow(['events:PutEvents'], [this.bus.eventBusArn]);
    if (files) allowFiles(made, this.exports, files);
    if (starts.length > 0) {
      made.allow(
        ['states:StartExecution'],
        starts.map((name) => workflowArn(this, name)),
      );
    }
  }

  private serveApi(): void {
    const { catalogues, configuration } = this.props;
    const api = new RegularsApi(this, 'Api', { corsOrigins: configuration.corsOrigins });
    const { apiEndpoint } = api.httpApi;
    const consoleUrls = configuration.consoleUrls.length > 0 ? configuration.consoleUrls : [`${apiEndpoint}/console/`];
    const identity = new Identity(this, 'Identity', { domainPrefix: configuration.authDomainPrefix, consoleUrls });
    const userPoolClients = [identity.storefront, identity.console];
    const authorizer = new HttpUserPoolAuthorizer('Tokens', identity.userPool, { userPoolClients });
    api.serve({ catalogue: catalogues.api, lambdas: this.lambdas, authorizer });
    watchApi(this.alarms, api);
    new CfnOutput(this, 'ApiUrl', { value: apiEndpoint });
    new CfnOutput(this, 'UserPoolId', { value: identity.userPool.userPoolId });
    new CfnOutput(this, 'StorefrontClientId', { value: identity.storefront.userPoolClientId });
    new CfnOutput(this, 'ConsoleClientId', { value: identity.console.userPoolClientId });
    new CfnOutput(this, 'TokenEndpoint', { value: identity.tokenEndpoint });
  }

  private scheduleJobs(): void {
    const jobs = entriesOf(this.props.catalogues.jobs);
    if (jobs.length === 0) return;
    const queue = this.watchedDeadLetters('JobDeadLetters', 'A scheduled job failed all its retries.');
    new Schedules(this, 'Schedules', { jobs, lambdas: this.lambdas, deadLetters: queue });
  }

  private feedStreamConsumers(): void {
    for (const { capability, name, row: consumer } of entriesOf(this.props.catalogues.streams)) {
      const target = lambdaOf(this.lambdas, capability);
      const queue = this.watchedDeadLetters(`${name}-dead-letters`, `${name} could not process a table change.`);
      feedStream(this, `${name}-stream`, { table: this.table, target, consumer, deadLetters: queue });
      watchStream(this.alarms, name, target);
    }
  }

  private makeWorkflows(): void {
    const functionArnOf = (capability: string) => lambdaOf(this.lambdas, capability).lambda.functionArn;
    for (const { name, row: workflow } of entriesOf(this.props.catalogues.workflows)) {
      const queue = sendsDeadLetters(workflow)
        ? this.watchedDeadLetters(`${name}-dead-letters`, `An execution of the workflow ${name} failed for good.`)
        : undefined;
      const made = new RegularsWorkflow(this, name, { workflow, functionArnOf, deadLetters: queue });
      watchWorkflow(this.alarms, name, made);
    }
  }

  private watchedDeadLetters(id: string, alarmText: string): Queue {
    const queue = deadLetters(this, id);
    watchDeadLetters(this.alarms, id, alarmText, queue);
    return queue;
  }
}

const MEMORY_MB = 512;
