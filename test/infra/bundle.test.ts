import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { BUNDLE_LIMIT_BYTES, type Bundle, bundle } from '../../infra/bundle.ts';
import {
  type SmallProject,
  smallCatalogues,
  smallFiles,
  smallPermissions,
  writeProject,
} from '../support/small-project.ts';

const projects: SmallProject[] = [];
const project = (files: Record<string, string> = smallFiles): SmallProject => {
  const written = writeProject(files);
  projects.push(written);
  return written;
};
const bundled = ({ root }: SmallProject): Promise<Map<string, Bundle>> =>
  bundle({ catalogues: smallCatalogues, permissions: smallPermissions, root, directory: join(root, 'bundles') });

const codeOf = (bundles: Map<string, Bundle>, capability: string): string =>
  join(bundles.get(capability)?.directory ?? '', 'index.js');

afterAll(() => {
  for (const { remove } of projects) remove();
});

describe('the bundles', () => {
  it('are one per capability with rows', async () => {
    expect([...(await bundled(project())).keys()]).toEqual(['parcels', 'posters']);
  });

  it.each([
    ['a route', { routeKey: 'GET /v1/parcels/{parcelId}' }, 'parcels/endpoints/read-one'],
    ['another route', { routeKey: 'POST /v1/parcels' }, 'parcels/endpoints/create'],
    [
      'a job',
      { job: 'weigh-all', scheduledAt: '2026-01-01T00:00:00.000Z', trigger: 'schedule' },
      'parcels/jobs/weigh-all',
    ],
    ['a batch of the stream', { Records: [] }, 'parcels/streams/notice-changes'],
  ])('dispatch %s to the handler of its row, with the live dependencies', async (_, event, by) => {
    const { handler } = require(codeOf(await bundled(project()), 'parcels'));
    expect(await handler(event)).toEqual({ by, event, known: 'deps' });
  });

  it('pass a step its input', async () => {
    const { handler } = require(codeOf(await bundled(project()), 'parcels'));
    const input = { from: 3 };
    expect(await handler({ step: 'send-some', input })).toEqual({
      by: 'parcels/steps/send-some',
      event: input,
      known: 'deps',
    });
  });

  it('pass no dependencies to a capability without permissions', async () => {
    const bundles = await bundled(project());
    const { handler } = require(codeOf(bundles, 'posters'));
    expect(await handler({ routeKey: 'GET /posters' })).not.toHaveProperty('known');
    expect(bundles.get('posters')?.inputs).not.toContain('functions/live.ts');
  });

  it('pass the dependencies of its own composition root to a capability that has one', async () => {
    const live = `export const live = { known: 'its own' };`;
    const { handler } = require(
      codeOf(await bundled(project({ ...smallFiles, 'functions/parcels/live.ts': live })), 'parcels'),
    );
    expect(await handler({ routeKey: 'POST /v1/parcels' })).toMatchObject({ known: 'its own' });
  });

  it('load a dynamically imported Node module without reading all its exports', async () => {
    const live = `export const live = { known: import('node:http').then(({ Agent }) => typeof Agent) };`;
    const file = codeOf(await bundled(project({ ...smallFiles, 'functions/live.ts': live })), 'parcels');
    const run = `require(${JSON.stringify(file)}).handler({ routeKey: 'POST /v1/parcels' })
      .then(async ({ known }) => console.log(await known, process.moduleLoadList.some((name) => name.includes('undici'))))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', run], { env: {} });
    expect(stdout).toBe('function false\n');
  });

  it('contain the code and its module type, but not the source map', async () => {
    for (const { directory, sourceMap } of (await bundled(project())).values()) {
      expect(readdirSync(directory)).toEqual(['index.js', 'package.json']);
      expect(JSON.parse(readFileSync(sourceMap, 'utf8'))).toMatchObject({ version: 3 });
    }
  });

  it('are byte-identical in every folder and at any time', async () => {
    const [one, other] = [await bundled(project()), await bundled(project())];
    for (const capability of one.keys()) {
      expect(readFileSync(codeOf(one, capability), 'utf8')).toBe(readFileSync(codeOf(other, capability), 'utf8'));
    }
  });

  it('over the limit are refused by capability', async () => {
    const heavy = `export const makeHandler = () => () => ${JSON.stringify('x'.repeat(BUNDLE_LIMIT_BYTES))};`;
    const made = bundled(project({ ...smallFiles, 'functions/posters/endpoints/read.ts': heavy }));
    await expect(made).rejects.toThrow(/bytes: posters has \d+/);
  });

  it('are refused if a row has no handler', async () => {
    const { 'functions/parcels/jobs/weigh-all.ts': _, ...files } = smallFiles;
    await expect(bundled(project(files))).rejects.toThrow(/functions\/parcels\/jobs\/weigh-all\.ts/);
  });
});
