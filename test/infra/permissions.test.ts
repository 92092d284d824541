import { afterAll, describe, expect, it } from '@jest/globals';
import { permissions } from '../../infra/permissions.ts';
import { smallCatalogues, smallPermissions } from '../support/small-project.ts';
import { appWith, removeFolders, resourcesOf, templateOf } from '../support/templates.ts';

interface Statement {
  role: string;
  actions: string[];
  resources: string[];
}

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

const statementsOf = (template: ReturnType<typeof templateOf>): Statement[] =>
  resourcesOf(template, 'AWS::IAM::Policy').flatMap(({ properties }) => {
    const { Statement } = properties['PolicyDocument'] as { Statement: { Action: unknown; Resource: unknown }[] };
    const [role] = properties['Roles'] as { Ref: string }[];
    return Statement.map(({ Action, Resource }) => ({
      role: role?.Ref ?? '',
      actions: listed(Action).map(String),
      resources: listed(Resource).map((resource) => JSON.stringify(resource)),
    }));
  });

const product = templateOf(appWith());
const statements = statementsOf(product);
const small = statementsOf(templateOf(appWith({ catalogues: smallCatalogues, permissions: smallPermissions })));
const functionRoles = resourcesOf(product, 'AWS::Lambda::Function').map(({ properties }) =>
  String((properties['Role'] as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0]),
);
const statementsWith = (from: Statement[], capability: string): Statement[] =>
  from.filter(({ role }) => role.startsWith(`${capability}Role`));
const actionsOf = (from: Statement[], capability: string): string[] =>
  statementsWith(from, capability).flatMap(({ actions }) => actions);

const FILE_ACTIONS = ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload', 's3:DeleteObject'];

afterAll(removeFolders);

describe('a function', () => {
  it('has no wildcard in actions or resources, except for export files', () => {
    expect(functionRoles.length).toBeGreaterThan(0);
    for (const { role, actions, resources } of statements) {
      if (!functionRoles.includes(role)) continue;
      const isOfFiles = actions.every((action) => FILE_ACTIONS.includes(action));
      for (const named of actions) expect(named).not.toContain('*');
      for (const named of resources) expect(isOfFiles ? named.replace('/exports/*', '') : named).not.toContain('*');
    }
  });

  it('has inline policies only, no managed ones', () => {
    for (const { properties } of resourcesOf(product, 'AWS::IAM::Role')) {
      expect(properties['ManagedPolicyArns']).toBeUndefined();
    }
  });

  it('never scans the table', () => {
    for (const { actions } of statements) expect(actions).not.toContain('dynamodb:Scan');
  });

  it.each(Object.keys(permissions))('of %s has the permissions of its row', (capability) => {
    const row = permissions[capability];
    const actions = actionsOf(statements, capability);
    expect(actions).toContain('logs:PutLogEvents');
    expect(actions.includes('dynamodb:GetItem')).toBe(row?.table !== undefined);
    expect(actions.includes('dynamodb:PutItem')).toBe(row?.table?.write === true);
    expect(actions.includes('events:PutEvents')).toBe(row?.publishes === true);
    expect(actions.includes('states:StartExecution')).toBe(row?.starts !== undefined);
    expect(actions.includes('s3:DeleteObject')).toBe(row?.files !== undefined);
    expect(actions.includes('s3:ListBucketMultipartUploads')).toBe(row?.files !== undefined);
    expect(actions.includes('s3:PutObject')).toBe(row?.files === 'write');
    expect(actions.includes('s3:GetObject')).toBe(row?.files === 'write');
  });

  it.each(Object.keys(permissions))('of %s may query only the indexes of its row', (capability) => {
    const indexes = statementsWith(statements, capability)
      .flatMap(({ resources }) => resources)
      .flatMap((resource) => /\/index\/([a-z]+)/.exec(resource)?.[1] ?? []);
    expect(indexes.sort()).toEqual([...(permissions[capability]?.table?.indexes ?? [])].sort());
  });

  it('with an empty row may only write its log', () => {
    expect(actionsOf(small, 'posters')).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
  });
});

describe('a schedule', () => {
  it('may invoke its function and send dead letters', () => {
    const scheduling = statements.filter(({ role }) => role.startsWith('Schedules'));
    expect(new Set(scheduling.flatMap(({ actions }) => actions))).toEqual(
      new Set(['lambda:InvokeFunction', 'sqs:SendMessage']),
    );
  });

  it('acts for this account only', () => {
    for (const { logicalId, properties } of resourcesOf(product, 'AWS::IAM::Role')) {
      if (!logicalId.startsWith('Schedules')) continue;
      expect(JSON.stringify(properties)).toContain('{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}}');
    }
  });
});

describe('a state machine', () => {
  it('may invoke the functions of its steps, and otherwise only write logs and traces', () => {
    const machine = statements.filter(({ role }) => /Machine/.test(role));
    for (const { actions, resources } of machine) {
      const isBroad = resources.some((resource) => resource.includes('*'));
      const broad = actions.filter((action) => !/^(logs|xray):/.test(action));
      expect(isBroad ? broad : []).toEqual([]);
    }
    expect(machine.flatMap(({ actions }) => actions)).toContain('lambda:InvokeFunction');
  });

  it('may send dead letters only to its own queue, and only if its definition does', () => {
    const sending = small.filter(({ role, actions }) => /Machine/.test(role) && actions.includes('sqs:SendMessage'));
    expect(sending.map(({ resources }) => resources)).toEqual([[expect.stringContaining('"sendalldeadletters')]]);
  });
});
