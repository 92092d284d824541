/** What an organization may set: CDK context, by `-c name=value` or in `cdk.json`. */
import type { App } from 'aws-cdk-lib';
import { Aws } from 'aws-cdk-lib';

export interface Configuration {
  stackName: string;
  /** Origins whose pages may call the API from a browser; none unless said. */
  corsOrigins: string[];
  /** Pages of the console to which a sign-in may lead back; the API's own `/console/` unless said. */
  consoleUrls: string[];
  /** First label of the sign-in pages' address, unique in a region. */
  authDomainPrefix: string;
  /** Who is told of alarms. */
  alarmEmail: string | undefined;
  /** Where operators read the runbook: alarms link to its sections. */
  runbookUrl: string;
}

/** Throws where a value has another form than it should. */
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
  if (typeof value !== 'string') throw new Error(`context ${name} must be text`);
  return value;
};

/** A list, or text with commas, which is all that the command line can say. */
const listOf = (app: App, name: string): string[] => {
  const value: unknown = app.node.tryGetContext(name) ?? [];
  const items = typeof value === 'string' ? value.split(',').filter((item) => item !== '') : value;
  if (!Array.isArray(items) || !items.every((item) => typeof item === 'string')) {
    throw new Error(`context ${name} must be a list of texts`);
  }
  return items;
};
