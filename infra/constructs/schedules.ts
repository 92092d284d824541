/** One EventBridge schedule per job. Runs that fail all their retries end in the dead letters. */
import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Job, JobEvent } from '../../shared/edge/catalogue.ts';
import type { Entry } from '../catalogues.ts';
import { type CapabilityLambda, type Lambdas, lambdaOf } from './lambda.ts';

const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';
const START_RETRIES = 3;
const RUN_RETRIES = 2;
/** A run that could not start within an hour is skipped; the next one does its work. */
const MAXIMUM_AGE = Duration.hours(1);

export interface SchedulesProps {
  jobs: Entry<Job>[];
  lambdas: Lambdas;
  deadLetters: IQueue;
}

export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { jobs, lambdas, deadLetters }: SchedulesProps) {
    super(scope, id);
    const group = new CfnScheduleGroup(this, 'Group', { name: Stack.of(this).stackName });
    const capabilities = [...new Set(jobs.map(({ capability }) => capability))];
    const roles = new Map(capabilities.map((name) => [name, this.retriedRole(lambdaOf(lambdas, name), deadLetters)]));
    for (const { capability, name, row: job } of jobs) {
      const input: JobEvent = { job: name, scheduledAt: SCHEDULED_TIME, trigger: 'schedule' };
      new CfnSchedule(this, name, {
        name,
        description: job.summary,
        groupName: group.ref,
        scheduleExpression: job.schedule,
        scheduleExpressionTimezone: 'UTC',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: lambdaOf(lambdas, capability).lambda.functionArn,
          roleArn: roles.get(capability)?.roleArn ?? '',
          input: JSON.stringify(input),
          retryPolicy: { maximumRetryAttempts: START_RETRIES, maximumEventAgeInSeconds: MAXIMUM_AGE.toSeconds() },
          deadLetterConfig: { arn: deadLetters.queueArn },
        },
      });
    }
  }

  /**
   * The role of this function's schedules, with the function's retries configured. The scheduler invokes asynchronously, so
   * Lambda retries failed runs and finally sends them to the same dead letters as the scheduler.
   */
  private retriedRole(target: CapabilityLambda, deadLetters: IQueue): Role {
    new EventInvokeConfig(this, `${target.capability}Retries`, {
      function: target.lambda,
      retryAttempts: RUN_RETRIES,
      maxEventAge: MAXIMUM_AGE,
      onFailure: new SqsDestination(deadLetters),
    });
    const role = new Role(this, `${target.capability}Role`, {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.lambda.functionArn] }),
    );
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }));
    return role;
  }
}
