/** The catalogue's state machines. Each step becomes an invocation of its capability's Lambda. */
import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Workflow } from '../../shared/edge/catalogue.ts';
import { DEAD_LETTERS, stepOf } from '../catalogues.ts';

/** Derived from the stack's name, so that a function can refer to a state machine that in turn invokes it. */
export const workflowArn = (scope: Construct, workflow: string): string =>
  Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: workflowName(scope, workflow),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

const workflowName = (scope: Construct, workflow: string): string => `${Stack.of(scope).stackName}-${workflow}`;

/** The resources that the names in a definition refer to. */
export interface Resources {
  functionArnOf: (capability: string) => string;
  /** Undefined for a workflow without a dead letter queue. */
  deadLettersUrl: string | undefined;
}

/**
 * Replaces the steps of a definition with functions and `queue:dead-letters` with the queue. A task's `Arguments` become
 * the step's input.
 */
export const deployable = (value: unknown, resources: Resources): unknown => {
  if (Array.isArray(value)) return value.map((item) => deployable(item, resources));
  if (value === DEAD_LETTERS) return resources.deadLettersUrl;
  if (typeof value !== 'object' || value === null) return value;
  const state = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deployable(item, resources)]));
  const named = stepOf(state['Resource']);
  if (!named) return state;
  return {
    ...state,
    Resource: resources.functionArnOf(named.capability),
    Arguments: { step: named.step, input: state['Arguments'] ?? '{% $states.input %}' },
  };
};

export interface WorkflowProps {
  workflow: Workflow;
  functionArnOf: (capability: string) => string;
  deadLetters: Queue | undefined;
}

/** A standard workflow, which is durable and may run for up to a year. Its log contains no execution data. */
export class RegularsWorkflow extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, name: string, { workflow, functionArnOf, deadLetters }: WorkflowProps) {
    super(scope, name);
    const invoked = new Set<string>();
    const definition = deployable(workflow.definition, {
      functionArnOf: (capability) => {
        invoked.add(functionArnOf(capability));
        return functionArnOf(capability);
      },
      deadLettersUrl: deadLetters?.queueUrl,
    });
    const destination = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/states/${workflowName(this, name)}`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: workflowName(this, name),
      stateMachineType: StateMachineType.STANDARD,
      comment: workflow.summary,
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      logs: { destination, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    });
    if (invoked.size > 0) {
      this.machine.addToRolePolicy(
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [...invoked] }),
      );
    }
    if (deadLetters) {
      this.machine.addToRolePolicy(
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
      );
    }
    Validations.of(this.machine).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Log delivery and X-Ray do not support resource-level permissions for a traced and logged state machine.',
    });
  }
}
