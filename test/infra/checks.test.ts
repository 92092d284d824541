import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { type App, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { smallCatalogues, smallPermissions } from '../support/small-project.ts';
import { appWith, removeFolders, resourcesOf, templateOf } from '../support/templates.ts';

/** The package has no types. */
const validateStateMachine: (definition: Record<string, unknown>) => unknown = require('asl-validator');

afterAll(removeFolders);

describe('the checks of synthesis', () => {
  const quietly = (app: App): unknown => {
    const output = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      return app.synth();
    } finally {
      output.mockRestore();
    }
  };
  const stackOf = (app: App): Stack => app.node.findAll().find(Stack.isStack) as Stack;

  it('pass for the product', () => {
    expect(() => quietly(appWith())).not.toThrow();
  });

  it('pass for a catalogue with rows of every kind', () => {
    expect(() => quietly(appWith({ catalogues: smallCatalogues, permissions: smallPermissions }))).not.toThrow();
  });

  it.each<[string, string, (stack: Stack) => unknown]>([
    ['a queue that takes messages in the clear', 'SQS4', (stack) => new Queue(stack, 'InTheClear')],
    [
      'a role that may do anything to the table',
      'IAM5[Action::dynamodb:*]',
      (stack) =>
        new Role(stack, 'Mighty', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }).addToPolicy(
          new PolicyStatement({ actions: ['dynamodb:*'], resources: ['*'] }),
        ),
    ],
  ])('refuse %s', (_, rule, spoil) => {
    const app = appWith();
    spoil(stackOf(app));
    expect(() => quietly(app)).toThrow(`AwsSolutions-${rule}`);
  });
});

describe('the state machines', () => {
  const machines = [appWith(), appWith({ catalogues: smallCatalogues, permissions: smallPermissions })].flatMap((app) =>
    resourcesOf(templateOf(app), 'AWS::StepFunctions::StateMachine').map(({ properties }) => properties),
  );

  it.each(machines.map((machine) => [machine['StateMachineName'], machine['DefinitionString']]))(
    '%s is valid Amazon States Language',
    (_, text) => {
      expect(validateStateMachine(definitionOf(text))).toMatchObject({ isValid: true, errors: [] });
    },
  );

  it('run each step by name with the arguments of its task', () => {
    const sending = machines.find(({ StateMachineName }) => StateMachineName === 'Regulars-send-all');
    expect(definitionOf(sending?.['DefinitionString'])).toMatchObject({
      States: {
        Send: { Resource: FUNCTION_ARN, Arguments: { step: 'send-some', input: { from: '{% $states.input.from %}' } } },
        Again: { Resource: FUNCTION_ARN, Arguments: { step: 'send-some', input: '{% $states.input %}' } },
      },
    });
  });

  it('send failed work to their own dead letter queue', () => {
    const sending = machines.find(({ StateMachineName }) => StateMachineName === 'Regulars-send-all');
    const text = JSON.stringify(sending?.['DefinitionString']);
    expect(text).toContain('QueueUrl\\":\\"",{"Ref":"sendalldeadletters');
    expect(text).not.toContain('queue:dead-letters');
  });
});

const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:some';

/** The definition with an ARN in place of each reference to a function. */
const definitionOf = (text: unknown): Record<string, unknown> => {
  const parts = (text as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : FUNCTION_ARN)).join(''));
};

describe('the alarms', () => {
  const runbook = readFileSync('infra/README.md', 'utf8');
  const alarms = resourcesOf(templateOf(appWith()), 'AWS::CloudWatch::Alarm').map(({ properties }) => properties);

  it.each(alarms.map(({ AlarmDescription }) => [AlarmDescription]))('%s', (description) => {
    const anchor = /#([a-z-]+)$/.exec(String(description))?.[1] ?? 'none';
    const [, section = ''] = runbook.split(new RegExp(`^### ${anchor.replaceAll('-', ' ')}$`, 'im'));
    const own = section.split(/^#{1,3} /m)[0] ?? '';
    expect(own.match(/^#### .+$/gm)).toEqual(['#### Description', '#### Investigation', '#### Resolution']);
  });

  it('notify the topic', () => {
    expect(alarms.length).toBeGreaterThan(0);
    for (const { AlarmActions } of alarms) expect(AlarmActions).toHaveLength(1);
  });

  it('may publish to the topic, which accepts TLS only', () => {
    templateOf(appWith()).hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ],
      },
    });
  });

  it('notify the configured address', () => {
    const template = templateOf(appWith({ context: { alarmEmail: 'on-call@example.com' } }));
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'on-call@example.com' });
  });
});

describe('the configuration', () => {
  it.each([
    ['corsOrigins', 7],
    ['consoleUrls', ['https://console.example', 7]],
    ['alarmEmail', ['a@example.com']],
  ])('refuses %s as %j', (name, value) => {
    expect(() => appWith({ context: { [name]: value } })).toThrow(name);
  });

  it('names the stack, its bus and its state machines', () => {
    const template = templateOf(appWith({ context: { stackName: 'Vinyl' } }));
    template.hasResourceProperties('AWS::Events::EventBus', { Name: 'vinyl' });
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', { StateMachineName: 'Vinyl-metrics-rebuild' });
  });
});
