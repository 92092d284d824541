/** A small project on disk with its catalogues, for tests of bundling and synthesis with arbitrary catalogues. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Catalogues } from '../../infra/catalogues.ts';
import type { Permissions } from '../../infra/permissions.ts';
import type { Route } from '../../shared/edge/catalogue.ts';

const route = (method: Route['method'], path: Route['path'], access: Route['access']): Route => ({
  method,
  path,
  access,
  summary: 'Do something',
  answers: () => ({}),
});

/** Two capabilities: `parcels` has a row of every kind, `posters` has a single route. */
export const smallCatalogues: Catalogues = {
  api: {
    parcels: {
      readOne: route('GET', '/v1/parcels/{parcelId}', 'storefront'),
      create: route('POST', '/v1/parcels', 'admin'),
    },
    posters: { read: route('GET', '/posters', 'public') },
    empty: {},
  },
  jobs: {
    parcels: { 'weigh-all': { schedule: 'rate(5 minutes)', summary: 'Weigh all', timeoutSeconds: 120 } },
  },
  streams: {
    parcels: {
      'notice-changes': {
        summary: 'Notice changes',
        kinds: ['parcel', 'label'],
        batchSize: 10,
        batchWindowSeconds: 1,
        maximumRetries: 3,
      },
    },
  },
  workflows: {
    parcels: {
      'send-all': {
        summary: 'Send all',
        definition: {
          QueryLanguage: 'JSONata',
          StartAt: 'Send',
          States: {
            Send: {
              Type: 'Task',
              Resource: 'step:parcels/send-some',
              Arguments: { from: '{% $states.input.from %}' },
              Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.input %}', Next: 'GiveUp' }],
              Next: 'Again',
            },
            Again: { Type: 'Task', Resource: 'step:parcels/send-some', End: true },
            GiveUp: {
              Type: 'Task',
              Resource: 'arn:aws:states:::sqs:sendMessage',
              Arguments: { QueueUrl: 'queue:dead-letters', MessageBody: '{% { "from": $states.input.from } %}' },
              Next: 'GivenUp',
            },
            GivenUp: { Type: 'Fail', Error: 'GivenUp' },
          },
        },
      },
    },
  },
};

export const smallPermissions: Record<string, Permissions> = {
  parcels: { table: { write: true, indexes: ['due'] }, publishes: true, starts: ['send-all'] },
  posters: {},
};

/** Files of the small project by path. Every handler returns its file, its event and its dependencies. */
export const smallFiles: Record<string, string> = {
  'functions/live.ts': `export const live = { known: 'deps' };`,
  ...Object.fromEntries(
    [
      'parcels/endpoints/read-one',
      'parcels/endpoints/create',
      'parcels/jobs/weigh-all',
      'parcels/streams/notice-changes',
      'parcels/steps/send-some',
      'posters/endpoints/read',
    ].map((file) => [
      `functions/${file}.ts`,
      `export const makeHandler = (deps: { known: string }) => async (event: unknown) => ({ by: '${file}', event, ...deps });`,
    ]),
  ),
};

export interface SmallProject {
  root: string;
  remove(): void;
}

/** Writes the project into a new folder with a link to the product's shared code. */
export const writeProject = (files: Record<string, string>): SmallProject => {
  const root = mkdtempSync(join(tmpdir(), 'regulars-test-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  symlinkSync(resolve('shared'), join(root, 'shared'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
};
