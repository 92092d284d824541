/** The alarms, with their thresholds. */
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { METRICS } from '../../shared/edge/env.ts';
import { ALARM_PERIOD, type Alarms } from './alarms.ts';
import type { RegularsApi } from './http-api.ts';
import type { CapabilityLambda } from './lambda.ts';
import type { RegularsWorkflow } from './workflows.ts';

/** Maximum lag of a stream consumer. Segments and summaries are stale by the lag. */
const MAX_LAG_MS = 5 * 60_000;
const SERVER_ERROR_PERCENT = 1;

const period = ALARM_PERIOD;

export const watchLambda = (alarms: Alarms, { capability, lambda }: CapabilityLambda): void => {
  alarms.add({
    id: `${capability}-errors`,
    text: `The function ${capability} failed.`,
    section: 'function-errors',
    metric: lambda.metricErrors({ period, statistic: 'Sum' }),
    threshold: 1,
  });
  alarms.add({
    id: `${capability}-throttles`,
    text: `The function ${capability} was throttled.`,
    section: 'function-throttles',
    metric: lambda.metricThrottles({ period, statistic: 'Sum' }),
    threshold: 1,
  });
};

export const watchStream = (alarms: Alarms, consumer: string, { lambda }: CapabilityLambda): void =>
  alarms.add({
    id: `${consumer}-behind`,
    text: `${consumer} is more than ${MAX_LAG_MS / 60_000} minutes behind the table.`,
    section: 'stream-behind',
    metric: lambda.metric('IteratorAge', { period, statistic: 'Maximum' }),
    threshold: MAX_LAG_MS,
    periods: 2,
  });

export const watchDeadLetters = (alarms: Alarms, id: string, text: string, queue: Queue): void =>
  alarms.add({
    id: `${id}-not-empty`,
    text,
    section: 'dead-letters',
    metric: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
    threshold: 1,
  });

export const watchApi = (alarms: Alarms, { httpApi, stage }: RegularsApi): void => {
  const dimensionsMap = { ApiId: httpApi.apiId, Stage: stage.stageName };
  const count = (metricName: string): IMetric =>
    new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap, period, statistic: 'Sum' });
  alarms.add({
    id: 'server-errors',
    text: `At least ${SERVER_ERROR_PERCENT} % of requests were answered with 5xx.`,
    section: 'server-errors',
    metric: new MathExpression({
      expression: 'IF(requests > 0, 100 * errors / requests, 0)',
      usingMetrics: { errors: count('5xx'), requests: count('Count') },
      period,
    }),
    threshold: SERVER_ERROR_PERCENT,
  });
};

export const watchWorkflow = (alarms: Alarms, name: string, { machine }: RegularsWorkflow): void =>
  alarms.add({
    id: `${name}-failures`,
    text: `The workflow ${name} failed, timed out or was aborted.`,
    section: 'workflow-failures',
    metric: new MathExpression({
      expression: 'failed + timedOut + aborted',
      usingMetrics: {
        failed: machine.metricFailed({ period, statistic: 'Sum' }),
        timedOut: machine.metricTimedOut({ period, statistic: 'Sum' }),
        aborted: machine.metricAborted({ period, statistic: 'Sum' }),
      },
      period,
    }),
    threshold: 1,
  });

export const watchSegments = (alarms: Alarms): void =>
  alarms.add({
    id: 'segment-drift',
    text: 'The nightly reconciliation found memberships that did not match the stored facts.',
    section: 'segment-drift',
    metric: new Metric({
      namespace: METRICS.namespace,
      metricName: METRICS.segmentDrift,
      period,
      statistic: 'Maximum',
    }),
    threshold: 1,
  });

export const watchTable = (alarms: Alarms, table: Table): void =>
  alarms.add({
    id: 'table-throttles',
    text: 'DynamoDB throttled reads or writes of the table.',
    section: 'table-throttles',
    metric: new MathExpression({
      expression: 'reads + writes',
      usingMetrics: {
        reads: table.metric('ReadThrottleEvents', { period, statistic: 'Sum' }),
        writes: table.metric('WriteThrottleEvents', { period, statistic: 'Sum' }),
      },
      period,
    }),
    threshold: 1,
    periods: 2,
  });
