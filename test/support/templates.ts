/** The product's stack as a template, without bundling the code. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { api } from '../../functions/api.ts';
import { jobs } from '../../functions/jobs.ts';
import { streams } from '../../functions/streams.ts';
import { workflows } from '../../functions/workflows.ts';
import { type Catalogues, capabilitiesOf } from '../../infra/catalogues.ts';
import { type Permissions, permissions } from '../../infra/permissions.ts';
import { appOf } from '../../infra/synthesize.ts';

export const catalogues: Catalogues = { api, jobs, streams, workflows };

/** Temporary folders, removed after the tests. */
const folders: string[] = [];
export const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'regulars-test-'));
  folders.push(made);
  return made;
};
export const removeFolders = (): void => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
};

export interface AppOptions {
  catalogues?: Catalogues;
  permissions?: Record<string, Permissions>;
  context?: Record<string, unknown>;
}

/** The app with the configuration of `cdk.json` and a stub for every function's code. */
export const appWith = (options: AppOptions = {}): App => {
  const chosen = options.catalogues ?? catalogues;
  const directory = folder();
  writeFileSync(join(directory, 'index.js'), 'exports.handler = async () => ({});');
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
  return appOf(
    {
      catalogues: chosen,
      permissions: options.permissions ?? permissions,
      root: '.',
      app: { outdir: folder(), context: { ...context, ...options.context } },
    },
    new Map(capabilitiesOf(chosen).map((capability) => [capability, { directory }])),
  );
};

export const templateOf = (app: App): Template => Template.fromStack(app.node.findAll().find(Stack.isStack) as Stack);

export interface TemplateResource {
  logicalId: string;
  properties: Record<string, unknown>;
  deletionPolicy: string | undefined;
}

/** All resources of a type with their logical ids. */
export const resourcesOf = (template: Template, type: string): TemplateResource[] =>
  Object.entries(template.findResources(type)).map(([logicalId, { Properties, DeletionPolicy }]) => ({
    logicalId,
    properties: Properties ?? {},
    deletionPolicy: DeletionPolicy,
  }));
