// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of CloudFormation.
import { afterEach, describe, expect, it } from '@jest/globals';
import { readAssembly } from '../../../../../infra/local/runtime/assembly/assembly.ts';
import {
  base,
  lambda,
  route,
  type SmallAssembly,
  type SmallStack,
  writeAssembly,
} from '../../support/small-assembly.ts';

let written: SmallAssembly | null = null;
const read = (stacks: Record<string, SmallStack>) => {
  written = writeAssembly(stacks, { code: '' });
  return readAssembly(written.directory);
};
/** One stack: the base, a function, and these resources. */
const readWith = (resources: SmallStack['Resources'], sections: Record<string, unknown> = {}) =>
  read({ Regulars: { Resources: { ...base, Function: lambda('code'), ...resources }, ...sections } });
afterEach(() => written?.remove());

/** The resolved value of a function's environment variable. */
const resolved = (value: unknown, sections: Record<string, unknown> = {}): string | undefined => {
  const variables = { Environment: { Variables: { VALUE: value } } };
  return readWith({ Function: lambda('code', variables) }, sections).functions.get('Function')?.environment['VALUE'];
};

describe('CloudFormation functions', () => {
  const queue = { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } } };
  const sections = {
    Parameters: { Mode: { Type: 'String', Default: 'live' } },
    Conditions: {
      IsLive: { 'Fn::Equals': [{ Ref: 'Mode' }, 'live'] },
      IsNot: { 'Fn::Not': [{ Condition: 'IsLive' }] },
      Both: { 'Fn::And': [{ Condition: 'IsLive' }, { Condition: 'IsNot' }] },
      Either: { 'Fn::Or': [{ Condition: 'IsLive' }, { Condition: 'IsNot' }] },
    },
    Mappings: { Sizes: { 'us-east-1': { memory: 'large' } } },
  };

  it.each<[string, unknown, string]>([
    ['Ref of a resource', { Ref: 'Table' }, 'regulars'],
    ['Ref of a parameter', { Ref: 'Mode' }, 'live'],
    ['Ref of an API, which is its id', { Ref: 'Api' }, 'Api'],
    ['GetAtt', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:aws:dynamodb:us-east-1:000000000000:table/regulars'],
    ['GetAtt as text', { 'Fn::GetAtt': 'Bus.Name' }, 'regulars'],
    [
      'Join',
      { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }]] },
      'a-us-east-1-000000000000',
    ],
    ['Sub', { 'Fn::Sub': '${AWS::Partition}/${Table}/${Bus.Name}/${!kept}' }, 'aws/regulars/regulars/${kept}'],
    [
      'Sub with variables',
      { 'Fn::Sub': ['${x}.${AWS::URLSuffix}', { x: { Ref: 'AWS::StackName' } }] },
      'Regulars.amazonaws.com',
    ],
    ['Select of Split', { 'Fn::Select': [2, { 'Fn::Split': [':', 'a:b:c'] }] }, 'c'],
    ['Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    ['If that holds', { 'Fn::If': ['IsLive', 'yes', 'no'] }, 'yes'],
    ['If that does not', { 'Fn::If': ['IsNot', 'yes', 'no'] }, 'no'],
    ['And', { 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
    ['Or', { 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'memory'] }, 'large'],
  ])('%s', (_, value, expected) => {
    expect(resolved(value, sections)).toBe(expected);
  });

  it('NoValue leaves a variable out', () => {
    expect(resolved({ Ref: 'AWS::NoValue' })).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['an export', { 'Fn::ImportValue': 'letters-arn' }],
    ['an output', { 'Fn::GetStackOutput': { StackName: 'Data', OutputName: 'Letters' } }],
  ])("of one stack reach another stack's resource by %s", (_, value) => {
    const outputs = { Letters: { Value: { 'Fn::GetAtt': ['Queue', 'Arn'] }, Export: { Name: 'letters-arn' } } };
    const model = read({
      Service: { Resources: { ...base, Function: lambda('code', { Environment: { Variables: { VALUE: value } } }) } },
      Data: { Resources: queue, Outputs: outputs },
    });
    expect(model.functions.get('Function')?.environment['VALUE']).toBe('arn:aws:sqs:us-east-1:000000000000:letters');
  });

  it.each<[unknown, string]>([
    [{ 'Fn::Cidr': ['10.0.0.0/16', 1, 8] }, 'Fn::Cidr'],
    [{ Ref: 'Missing' }, 'Missing'],
    [{ 'Fn::GetAtt': ['Table', 'Colour'] }, 'Colour of AWS::DynamoDB::Table Table'],
    [{ 'Fn::ImportValue': 'nothing' }, 'nothing'],
  ])('%j is refused by name', (value, named) => {
    expect(() => resolved(value)).toThrow(named);
  });
});

describe('a template', () => {
  it('with a resource of an unknown type is refused by type and name', () => {
    expect(() => readWith({ Cluster: { Type: 'AWS::ECS::Cluster' } })).toThrow(
      'does not know AWS::ECS::Cluster (Cluster in Regulars)',
    );
  });

  it('leaves out what its condition excludes', () => {
    const bucket = { Type: 'AWS::S3::Bucket', Condition: 'Never' };
    expect(() => readWith({ Bucket: bucket }, { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } })).not.toThrow();
  });

  const mapping = (properties: Record<string, unknown>) => ({
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
        FunctionName: { Ref: 'Function' },
        StartingPosition: 'TRIM_HORIZON',
        MaximumRetryAttempts: 3,
        ...properties,
      },
    },
  });
  const changedIntegration = (properties: Record<string, unknown>) => {
    const resources = route('Some', 'GET /some', 'Function');
    const Properties = { ...resources['SomeIntegration']?.Properties, ...properties };
    return { ...resources, SomeIntegration: { Type: 'AWS::ApiGatewayV2::Integration', Properties } };
  };
  const rule = (target: Record<string, unknown>) => ({
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: { EventBusName: { Ref: 'Bus' }, EventPattern: { source: ['x'] }, Targets: [{ Id: 'T', ...target }] },
    },
  });
  const functionArn = { Arn: { 'Fn::GetAtt': ['Function', 'Arn'] } };

  it.each<[string, SmallStack['Resources'], string]>([
    [
      'several records of a shard at once',
      mapping({ ParallelizationFactor: 2 }),
      'ParallelizationFactor of AWS::Lambda::EventSourceMapping Mapping',
    ],
    ['a window of tumbling', mapping({ TumblingWindowInSeconds: 9 }), 'TumblingWindowInSeconds'],
    ['only new records', mapping({ StartingPosition: 'LATEST' }), 'StartingPosition'],
    ['another stream', mapping({ EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/x' }), 'stream/x'],
    [
      'an older payload',
      changedIntegration({ PayloadFormatVersion: '1.0' }),
      'PayloadFormatVersion of AWS::ApiGatewayV2::Integration',
    ],
    ['another integration', changedIntegration({ IntegrationType: 'HTTP_PROXY' }), 'IntegrationType'],
    [
      'a route that asks for a signature',
      route('Some', 'GET /some', 'Function', { AuthorizationType: 'AWS_IAM' }),
      'AuthorizationType',
    ],
    [
      'a function in a network',
      { Function: lambda('code', { VpcConfig: {} }) },
      'VpcConfig of AWS::Lambda::Function Function',
    ],
    ['another runtime', { Function: lambda('code', { Runtime: 'python3.13' }) }, 'Runtime'],
    ['code that is not there', { Function: lambda('missing') }, 'missing'],
    ['a target that rewrites its input', rule({ ...functionArn, InputPath: '$.detail' }), 'InputPath'],
    [
      'a target that cannot be reached',
      rule({ Arn: 'arn:aws:sns:us-east-1:000000000000:x' }),
      'arn:aws:sns:us-east-1:000000000000:x',
    ],
  ])('with %s is refused by name', (_, resources, named) => {
    expect(() => readWith(resources)).toThrow(named);
  });

  it('says of a stream mapping all that Lambda would honour', () => {
    const pattern = { dynamodb: { NewImage: { kind: { S: ['event'] } } } };
    const { streamMappings } = readWith(
      mapping({
        BatchSize: 50,
        MaximumBatchingWindowInSeconds: 2,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        FilterCriteria: { Filters: [{ Pattern: JSON.stringify(pattern) }] },
      }),
    );
    expect(streamMappings).toEqual([
      {
        logicalId: 'Mapping',
        functionId: 'Function',
        batchSize: 50,
        batchWindowSeconds: 2,
        maximumRetries: 3,
        bisectOnError: true,
        reportBatchItemFailures: true,
        filters: [pattern],
        onFailureQueueArn: null,
      },
    ]);
  });

  it("fills a state machine's definition, from text and from substitutions", () => {
    const definition = { 'Fn::Join': ['', ['{"StartAt":"A","Resource":"', { Ref: 'Function' }, '","Bus":"${bus}"}']] };
    const Properties = {
      StateMachineName: 'flow',
      DefinitionString: definition,
      DefinitionSubstitutions: { bus: { Ref: 'Bus' } },
    };
    const { stateMachines } = readWith({ Flow: { Type: 'AWS::StepFunctions::StateMachine', Properties } });
    expect(stateMachines.get('Flow')).toMatchObject({
      name: 'flow',
      arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:flow',
      definition: { StartAt: 'A', Resource: 'Function', Bus: 'regulars' },
    });
  });
});
