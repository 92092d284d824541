import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUNDLE_LIMIT_BYTES } from '../../infra/bundle.ts';
import { capabilitiesOf } from '../../infra/catalogues.ts';
import { permissions } from '../../infra/permissions.ts';
import type { IndexName } from '../../shared/data/table-schema.ts';
import { catalogues, folder, removeFolders } from '../support/templates.ts';

interface FunctionProperties {
  Code: { S3Key: string };
  Tags: { Key: string; Value: string }[];
}

/** The output of `node infra/app.ts` without credentials or region. */
const synthesized = (): string => {
  const directory = folder();
  const environment = { PATH: process.env['PATH'], CDK_OUTDIR: directory };
  const { status, stderr } = spawnSync(process.execPath, ['infra/app.ts'], { env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the synthesis failed: ${stderr}`);
  return directory;
};

const templateIn = (directory: string): string => readFileSync(join(directory, 'Regulars.template.json'), 'utf8');

/** The asset folder of each capability. */
const assetsIn = (directory: string): Map<string, string> => {
  const { Resources } = JSON.parse(templateIn(directory)) as {
    Resources: Record<string, { Type: string; Properties: FunctionProperties }>;
  };
  return new Map(
    Object.values(Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties: { Code, Tags } }) => [
        Tags.find(({ Key }) => Key === 'capability')?.Value ?? '',
        join(directory, `asset.${Code.S3Key.replace('.zip', '')}`),
      ]),
  );
};

interface SourceMap {
  sources: string[];
  sourcesContent: string[];
}

/** The modules of a bundle. */
const sourceMapOf = (directory: string, capability: string): SourceMap =>
  JSON.parse(readFileSync(join(directory, 'source-maps', `${capability}.js.map`), 'utf8'));

/** The source of the use cases and handlers in a bundle. */
const codeIn = (directory: string, capability: string): string => {
  const { sources, sourcesContent } = sourceMapOf(directory, capability);
  return sourcesContent.filter((_, at) => /(shared\/usecases|functions\/[a-z-]+)\//.test(sources[at] ?? '')).join('\n');
};

/** Store methods by the index that they query. */
const ASKED_OF: Record<IndexName, RegExp> = {
  population: /\.(populationSlice|erasures|erasing|stateSlice|membersOfUnit|membersOfList|newestConsumers)\(/,
  directory: /\.(consumersFoundBy|answersTo|exportsOf)\(/,
  due: /\.(dueConsumers|nextDueAt)\(/,
};

/** Capabilities with permissions. */
const storing = capabilitiesOf(catalogues).filter((name) => Object.keys(permissions[name] ?? {}).length > 0);

describe('synthesis of the product', () => {
  let first: string;
  let second: string;
  beforeAll(() => {
    first = synthesized();
    second = synthesized();
  }, 300_000);
  afterAll(removeFolders);

  it('is reproducible, so that a deployment without changes changes nothing', () => {
    expect(templateIn(second)).toBe(templateIn(first));
  });

  it.each(capabilitiesOf(catalogues))('builds %s as one file within the limit', (capability) => {
    const asset = assetsIn(first).get(capability) ?? '';
    expect(readdirSync(asset)).toEqual(['index.js', 'package.json']);
    expect(statSync(join(asset, 'index.js')).size).toBeLessThanOrEqual(BUNDLE_LIMIT_BYTES);
    expect(existsSync(join(first, 'source-maps', `${capability}.js.map`))).toBe(true);
  });

  it.each(capabilitiesOf(catalogues))('lets %s query only the indexes that its use cases need', (capability) => {
    const code = codeIn(first, capability);
    const asked = Object.entries(ASKED_OF).filter(([, question]) => question.test(code));
    const allowed = permissions[capability]?.table?.indexes ?? [];
    expect([...allowed].sort()).toEqual(asked.map(([index]) => index).sort());
  });

  it.each(capabilitiesOf(catalogues))(
    'lets %s write, publish and start workflows only if its use cases do',
    (capability) => {
      const code = codeIn(first, capability);
      const { table, publishes = false, starts = [] } = permissions[capability] ?? {};
      expect({ writes: table?.write ?? false, publishes, starts: starts.length > 0 }).toEqual({
        writes: /\bcommit\b/.test(code),
        publishes: /\bbus\.publish\(/.test(code),
        starts: /\bworkflows\.start\(/.test(code),
      });
    },
  );

  it.each(capabilitiesOf(catalogues))('gives %s the access to files that its use cases need', (capability) => {
    const code = codeIn(first, capability);
    const does = /\bfiles\.write\(/.test(code) ? 'write' : /\bfiles\.(remove|has)\(/.test(code) ? 'remove' : undefined;
    expect(permissions[capability]?.files).toBe(does);
  });

  it.each([
    [
      'the metadata of telephone numbers',
      /node_modules\/libphonenumber-js\//,
      ['consumers', 'consent', 'events', 'privacy'],
    ],
    ['the map of time zones', /node_modules\/@photostructure\//, ['events', 'insights']],
    ['the maker of zips', /node_modules\/fflate\//, ['exports']],
    ['the full zod', /node_modules\/zod\/v4\/classic\//, []],
    ['the database client', /node_modules\/@aws-sdk\/client-dynamodb\//, storing],
  ])('bundles %s only if it is needed', (_, module, needing: string[]) => {
    const carrying = capabilitiesOf(catalogues).filter((capability) =>
      sourceMapOf(first, capability).sources.some((source) => module.test(source)),
    );
    expect(carrying.filter((capability) => !needing.includes(capability))).toEqual([]);
  });
});
