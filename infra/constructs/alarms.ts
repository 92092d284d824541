/** Alarms. Each links to a section of the runbook. */
import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** Sections of `infra/README.md`, by their anchors. */
export type RunbookSection =
  | 'dead-letters'
  | 'function-errors'
  | 'function-throttles'
  | 'stream-behind'
  | 'server-errors'
  | 'workflow-failures'
  | 'segment-drift'
  | 'table-throttles';

export interface AlarmRow {
  id: string;
  /** One sentence that states the problem. */
  text: string;
  section: RunbookSection;
  metric: IMetric;
  /** The alarm goes off at this value and above. */
  threshold: number;
  /** Consecutive periods. Default: 1. */
  periods?: number;
}

export const ALARM_PERIOD = Duration.minutes(5);

export class Alarms extends Construct {
  private readonly topic: Topic;
  private readonly runbook: string;

  constructor(scope: Construct, id: string, props: { email: string | undefined; runbook: string }) {
    super(scope, id);
    this.runbook = props.runbook;
    this.topic = new Topic(this, 'Topic', { displayName: 'Regulars alarms', enforceSSL: true });
    // With a policy of its own, the topic no longer accepts messages from its whole account.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    if (props.email) this.topic.addSubscription(new EmailSubscription(props.email));
  }

  add({ id, text, section, metric, threshold, periods = 1 }: AlarmRow): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${text} Runbook: ${this.runbook}#${section}`,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }
}
