/** Settings of a deployment: CDK context from `-c name=value` or `cdk.json`. */
import type { App } from 'aws-cdk-lib';
import { Aws } from 'aws-cdk-lib';

export interface Configuration {
  stackName: string;
  /** Origins whose pages may call the API from a browser. Default: none. */
  corsOrigins: string[];
  /** Allowed redirect targets after sign-in. Default: the API's own `/console/`. */
  consoleUrls: string[];
  /** First label of the sign-in domain, unique in a region. */
  authDomainPrefix: string;
  /** The recipient of alarms. */
  alarmEmail: string | undefined;
  /** The address of the runbook. Alarms link to its sections. */
  runbookUrl: string;
}

/** Throws if a value has the wrong type. */
export const configurationOf = (app: App): Configuration => ({
  stackName: textOf(app, 'stackName') ?? 'Regulars',
  corsOrigins: listOf(app, 'corsOrigins'),
  consoleUrls: listOf(app, 'consoleUrls'),
  authDomainPrefix: textOf(app, 'authDomainPrefix') ?? `regulars-${Aws.ACCOUNT_ID}`,
  alarmEmail: textOf(app, 'alarmEmail'),
  runbookUrl: textOf(app, 'runbookUrl') ?? 'infra/README.md',
});

const textOf = (app: App, name: string): string | undefined => {
  const value: unknown = app.node.tryGetContext(name);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new Error(`context ${name} must be a string`);
  return value;
};

/** A list, or comma-separated text from the command line. */
const listOf = (app: App, name: string): string[] => {
  const value: unknown = app.node.tryGetContext(name) ?? [];
  const items = typeof value === 'string' ? value.split(',').filter((item) => item !== '') : value;
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) {
    throw new Error(`context ${name} must be a list of strings`);
  }
  return items;
};
