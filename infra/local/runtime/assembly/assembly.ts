/**
 * Reads a synthesized cloud assembly and says what the local stack has to run. The stack has no other source;
 * a part of a template that it does not know is an error that names it.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { apiModel } from './api.ts';
import { type Inventory, only, takeInventory, type Understood } from './inventory.ts';
import type {
  BucketModel,
  BusModel,
  FunctionModel,
  LocalModel,
  ScheduleModel,
  StateMachineModel,
  StreamMappingModel,
} from './model.ts';
import { createResolver, type Stack, type Template } from './template.ts';

/** @param directory a `cdk.out` */
export function readAssembly(directory: string): LocalModel {
  const stacks = readStacks(directory);
  const inventory = takeInventory(stacks, createResolver(stacks));
  const functions = inventory.of('AWS::Lambda::Function').map(functionModel);
  const buses = inventory.of('AWS::Events::EventBus');
  return {
    functions: byLogicalId(functions),
    table: tableModel(inventory),
    api: apiModel(inventory),
    schedules: inventory.of('AWS::Scheduler::Schedule').map((schedule) => scheduleModel(inventory, schedule)),
    streamMappings: inventory.of('AWS::Lambda::EventSourceMapping').map((mapping) => mappingModel(inventory, mapping)),
    bus: busModel(inventory, only(buses, 'event bus')),
    stateMachines: byLogicalId(inventory.of('AWS::StepFunctions::StateMachine').map(stateMachineModel)),
    buckets: inventory.of('AWS::S3::Bucket').map(bucketModel),
    queues: byLogicalId(
      inventory.of('AWS::SQS::Queue').map(({ logicalId, arn, ref }) => ({
        logicalId,
        name: arn.split(':').at(-1) ?? logicalId,
        arn,
        url: ref,
      })),
    ),
  };
}

interface Manifest {
  artifacts?: Record<
    string,
    { type: string; properties?: { templateFile?: string; stackName?: string; file?: string } }
  >;
}
interface AssetManifest {
  files?: Record<string, { source: { path?: string } }>;
}

function readStacks(directory: string): Stack[] {
  const read = <T>(file: string): T => JSON.parse(readFileSync(join(directory, file), 'utf8')) as T;
  const artifacts = Object.entries(read<Manifest>('manifest.json').artifacts ?? {});
  const nested = artifacts.find(([, { type }]) => type === 'cdk:cloud-assembly');
  if (nested) throw new Error(`the local stack does not know nested assemblies (stages): ${nested[0]}`);
  const assets = new Map<string, string>();
  for (const [, { type, properties }] of artifacts) {
    if (type !== 'cdk:asset-manifest' || !properties?.file) continue;
    for (const [hash, { source }] of Object.entries(read<AssetManifest>(properties.file).files ?? {}))
      if (source.path) assets.set(hash, join(directory, source.path));
  }
  return artifacts.flatMap(([id, { type, properties }]) =>
    type === 'aws:cloudformation:stack' && properties?.templateFile
      ? [{ name: properties.stackName ?? id, template: read<Template>(properties.templateFile), assets }]
      : [],
  );
}

function functionModel(resource: Understood<'AWS::Lambda::Function'>): FunctionModel {
  const { logicalId, arn, stack, properties } = resource;
  const hash = basename(properties.Code.S3Key).replace(/\.zip$/, '');
  const codeDirectory = stack.assets.get(hash);
  if (!codeDirectory) throw new Error(`the code of function ${logicalId} (${hash}) is not in the assembly`);
  const tags = Object.fromEntries((properties.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  return {
    logicalId,
    name: tags['capability'] ?? logicalId,
    arn,
    codeDirectory,
    handler: properties.Handler,
    environment: properties.Environment?.Variables ?? {},
    memoryMb: properties.MemorySize,
    timeoutSeconds: properties.Timeout,
  };
}

function tableModel(inventory: Inventory): LocalModel['table'] {
  const tables = [...inventory.of('AWS::DynamoDB::Table'), ...inventory.of('AWS::DynamoDB::GlobalTable')];
  const { logicalId, ref, arn, properties } = only(tables, 'table');
  return {
    logicalId,
    name: ref,
    arn,
    streamArn: `${arn}/stream/local`,
    create: {
      TableName: ref,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: properties.KeySchema,
      AttributeDefinitions: properties.AttributeDefinitions,
      ...(properties.GlobalSecondaryIndexes && { GlobalSecondaryIndexes: properties.GlobalSecondaryIndexes }),
      StreamSpecification: { StreamEnabled: true, ...properties.StreamSpecification },
    },
    ttlAttribute: properties.TimeToLiveSpecification?.AttributeName ?? null,
  };
}

function bucketModel({ ref, properties }: Understood<'AWS::S3::Bucket'>): BucketModel {
  const rules = properties.LifecycleConfiguration?.Rules ?? [];
  const least = (days: (number | undefined)[]) => {
    const given = days.filter((one) => one !== undefined);
    return given.length === 0 ? null : Math.min(...given);
  };
  return {
    name: ref,
    objectDays: least(rules.map((rule) => rule.ExpirationInDays)),
    uploadDays: least(rules.map((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation)),
  };
}

function mappingModel(
  inventory: Inventory,
  { logicalId, properties }: Understood<'AWS::Lambda::EventSourceMapping'>,
): StreamMappingModel {
  const { streamArn } = tableModel(inventory);
  if (properties.EventSourceArn !== streamArn)
    throw new Error(
      `${logicalId}: the local stack feeds functions from the table's stream, not ${properties.EventSourceArn}`,
    );
  const functions = inventory.of('AWS::Lambda::Function');
  const fed = functions.find(({ ref, arn }) => [ref, arn].includes(properties.FunctionName));
  if (!fed) throw new Error(`${logicalId}: no function ${properties.FunctionName}`);
  const onFailureQueueArn = properties.DestinationConfig?.OnFailure.Destination ?? null;
  if (onFailureQueueArn) inventory.behind(onFailureQueueArn, ['AWS::SQS::Queue'], logicalId);
  return {
    logicalId,
    functionId: fed.logicalId,
    batchSize: properties.BatchSize,
    batchWindowSeconds: properties.MaximumBatchingWindowInSeconds,
    maximumRetries: properties.MaximumRetryAttempts,
    bisectOnError: properties.BisectBatchOnFunctionError,
    reportBatchItemFailures: properties.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    filters: (properties.FilterCriteria?.Filters ?? []).map(({ Pattern }) => JSON.parse(Pattern)),
    onFailureQueueArn,
  };
}

function scheduleModel(
  inventory: Inventory,
  { logicalId, properties }: Understood<'AWS::Scheduler::Schedule'>,
): ScheduleModel {
  const { Target: target } = properties;
  const deadLetterQueueArn = target.DeadLetterConfig?.Arn ?? null;
  if (deadLetterQueueArn) inventory.behind(deadLetterQueueArn, ['AWS::SQS::Queue'], logicalId);
  const input = JSON.parse(target.Input) as { job?: string };
  return {
    logicalId,
    name: input.job ?? properties.Name ?? logicalId,
    expression: properties.ScheduleExpression,
    timezone: properties.ScheduleExpressionTimezone,
    functionId: inventory.behind(target.Arn, ['AWS::Lambda::Function'], logicalId),
    input: target.Input,
    maximumRetries: target.RetryPolicy.MaximumRetryAttempts,
    deadLetterQueueArn,
  };
}

function busModel(inventory: Inventory, bus: Understood<'AWS::Events::EventBus'>): BusModel {
  const targetOf = (arn: string, ruleId: string) => {
    const id = inventory.behind(arn, ['AWS::Lambda::Function', 'AWS::StepFunctions::StateMachine'], ruleId);
    const isFunction = inventory.of('AWS::Lambda::Function').some(({ logicalId }) => logicalId === id);
    return isFunction ? { functionId: id, stateMachineId: null } : { functionId: null, stateMachineId: id };
  };
  return {
    name: bus.ref,
    arn: bus.arn,
    rules: inventory.of('AWS::Events::Rule').map(({ logicalId, properties }) => {
      if (![bus.ref, bus.arn].includes(properties.EventBusName))
        throw new Error(`${logicalId}: no event bus ${properties.EventBusName}`);
      const targets = properties.Targets.map(({ Arn }) => targetOf(Arn, logicalId));
      return { logicalId, eventPattern: properties.EventPattern, targets };
    }),
  };
}

function stateMachineModel({
  logicalId,
  arn,
  properties,
}: Understood<'AWS::StepFunctions::StateMachine'>): StateMachineModel {
  const source = properties.DefinitionString ?? JSON.stringify(properties.Definition ?? null);
  const text = source.replace(/\$\{([^}]+)\}/g, (whole, name: string) => {
    const value = properties.DefinitionSubstitutions[name];
    return value === undefined ? whole : String(value);
  });
  return { logicalId, name: arn.split(':').at(-1) ?? logicalId, arn, definition: JSON.parse(text) };
}

const byLogicalId = <T extends { logicalId: string }>(items: T[]): Map<string, T> =>
  new Map(items.map((item) => [item.logicalId, item]));
