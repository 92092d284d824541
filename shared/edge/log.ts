/** Log lines for operators: JSON with ids and names only. Error messages are left out because they may quote personal data. */
import { METRICS } from './env.ts';

export type LogFields = Record<string, string | number | boolean | null | undefined>;

export const logError = (what: string, error: unknown, fields: LogFields = {}): void => {
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at ')) : [];
  write('error', what, { ...fields, error: nameOf(error), at: frames.slice(0, 8).join('\n') });
};

/**
 * An error with the name of another but without its message. Lambda logs the messages of thrown errors, and they end up in
 * dead letters and workflow histories.
 */
export const anonymous = (error: unknown): Error =>
  Object.assign(new Error('See the log for details.'), { name: nameOf(error) });

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

export const logInfo = (what: string, fields: LogFields = {}): void => write('info', what, fields);

/** A metric in CloudWatch's embedded metric format, for alarms. */
export const logMetric = (name: string, value: number, atMs: number): void => {
  const CloudWatchMetrics = [{ Namespace: METRICS.namespace, Dimensions: [[]], Metrics: [{ Name: name }] }];
  process.stdout.write(`${JSON.stringify({ _aws: { Timestamp: atMs, CloudWatchMetrics }, [name]: value })}\n`);
};

const write = (level: string, what: string, fields: LogFields): void => {
  process.stdout.write(`${JSON.stringify({ level, what, ...fields })}\n`);
};
