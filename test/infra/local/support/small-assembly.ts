// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of CloudFormation.
/** Small cloud assemblies, written as CDK writes them, for tests of what reads and runs them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Resources = Record<string, { Type: string; Properties?: Record<string, unknown>; Condition?: string }>;
export interface SmallStack {
  Resources: Resources;
  [section: string]: unknown;
}

export interface SmallAssembly {
  directory: string;
  remove(): void;
}

/** Writes stacks by name, and code assets: hash → text of `index.js`. */
export function writeAssembly(stacks: Record<string, SmallStack>, code: Record<string, string> = {}): SmallAssembly {
  const directory = mkdtempSync(join(tmpdir(), 'assembly-'));
  const write = (file: string, content: unknown) => writeFileSync(join(directory, file), JSON.stringify(content));
  const files: Record<string, unknown> = {};
  for (const [hash, text] of Object.entries(code)) {
    mkdirSync(join(directory, `asset.${hash}`));
    writeFileSync(join(directory, `asset.${hash}`, 'index.js'), text);
    files[hash] = { source: { path: `asset.${hash}`, packaging: 'zip' } };
  }
  const artifacts: Record<string, unknown> = {};
  for (const [name, template] of Object.entries(stacks)) {
    write(`${name}.template.json`, template);
    write(`${name}.assets.json`, { version: '48.0.0', files });
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json`, stackName: name },
    };
  }
  write('manifest.json', { version: '48.0.0', artifacts });
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The resources without which there is no stack: a table, a bus, an API with a stage. */
export const base: Resources = {
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'regulars',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    },
  },
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'regulars' } },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'regulars', ProtocolType: 'HTTP' } },
  Stage: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true },
  },
};

export const lambda = (hash: string, properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}-${AWS::Region}' }, S3Key: `${hash}.zip` },
    Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    ...properties,
  },
});

/** A route with its integration, under the logical ids `<id>Route` and `<id>Integration`. */
export const route = (
  id: string,
  routeKey: string,
  functionId: string,
  properties: Record<string, unknown> = {},
): Resources => ({
  [`${id}Integration`]: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': [functionId, 'Arn'] },
      PayloadFormatVersion: '2.0',
    },
  },
  [`${id}Route`]: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: routeKey,
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: `${id}Integration` }]] },
      ...properties,
    },
  },
});
