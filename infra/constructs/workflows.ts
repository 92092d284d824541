/** State machines of the catalogue: each step becomes an invocation of its capability's Lambda. */
import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Workflow } from '../../shared/edge/catalogue.ts';
import { DEAD_LETTERS, stepOf } from '../catalogues.ts';

/** The ARN follows from the stack's name, so that a function can know a machine that in turn invokes it. */
export const workflowArn = (scope: Construct, workflow: string): string =>
  Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: workflowName(scope, workflow),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

const workflowName = (scope: Construct, workflow: string): string => `${Stack.of(scope).stackName}-${workflow}`;

/** What stands behind the names in a definition. */
export interface Behind {
  functionArnOf: (capability: string) => string;
  /** Undefined for a workflow that leaves no dead letters. */
  deadLettersUrl: string | undefined;
}

/**
 * The definition with functions in place of steps, and its queue in place of `queue:dead-letters`: a task's `Arguments`
 * reach the step as its input.
 */
export const deployable = (value: unknown, behind: Behind): unknown => {
  if (Array.isArray(value)) return value.map((item) => deployable(item, behind));
  if (value === DEAD_LETTERS) return behind.deadLettersUrl;
  if (typeof value !== 'object' || value === null) return value;
  const state = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deployable(item, behind)]));
  const named = stepOf(state['Resource']);
  if (!named) return state;
  return {
    ...state,
    Resource: behind.functionArnOf(named.capability),
    Arguments: { step: named.step, input: state['Arguments'] ?? '{% $states.input %}' },
  };
};

export interface WorkflowProps {
  workflow: Workflow;
  functionArnOf: (capability: string) => string;
  deadLetters: Queue | undefined;
}

/** A standard workflow, so that it survives anything and runs as long as it must; its log holds no data of anyone. */
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
      reason:
        'Log delivery and X-Ray segments know no resources: AWS offers nothing narrower for a traced, logged state machine.',
    });
  }
}
