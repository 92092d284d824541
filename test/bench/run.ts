/** `npm run bench` measures the budgets on this machine and fails if one is exceeded. `-- --readme` updates the pages. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '../../infra/local/client/client.ts';
import { regulars } from '../../infra/local/regulars.ts';
import { startStack } from '../../infra/local/runtime/stack/stack.ts';
import type { Measured } from './budget.ts';
import { tableOf } from './budget.ts';
import { measureEveryone } from './everyone.ts';
import { measureBundles, measureFunctions } from './functions.ts';
import { measureImport, measureRawPuts } from './imports.ts';
import { measureFit, measureSummaries } from './models.ts';
import { measureOperations } from './operations.ts';
import { measureSegments } from './segments.ts';

const ROOT = join(import.meta.dirname, '../..');

const synthesized = (directory: string): string => {
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: unknown };
  const env = { ...process.env, CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(context) };
  const { status, stderr } = spawnSync(process.execPath, ['infra/app.ts'], { cwd: ROOT, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the CDK app does not synthesize:\n${stderr}`);
  return directory;
};

const measured = async (assemblyDirectory: string): Promise<Measured[]> => {
  const stack = await startStack({
    application: regulars,
    assemblyDirectory,
    dataDirectory: null,
    port: 0,
    log: () => {},
  });
  const rows: Measured[] = [];
  const add = async (what: string, measure: () => Measured[] | Promise<Measured[]>): Promise<void> => {
    console.error(`measuring ${what} …`);
    rows.push(...(await measure()));
  };
  try {
    const token = await stack.token(['regulars/admin'], 3600);
    const client = createClient({ url: stack.url, token, connections: 4 });
    await add('operations', () => measureOperations(client));
    await add('the import', () => measureImport(stack.url, token));
    client.close();
    const { model } = stack;
    await stack.stop();
    await add('plain puts', () => measureRawPuts(model));
    await add('bundles', () => measureBundles(model));
    await add('functions', () => measureFunctions(model));
  } finally {
    await stack.stop();
  }
  await add('percentile summaries', measureSummaries);
  await add('the churn model', measureFit);
  await add('segments', measureSegments);
  await add('everyone, from DynamoDB Local', measureEveryone);
  return rows;
};

/** The rows that the project's README shows. */
const HIGHLIGHTS = new Set([
  'read the whole consumer detail, percentiles included',
  'record an order that earns points, writing',
  'one changed consumer × 1,000 segments, with its next flip',
  'percentile summary of 10 million values, error',
  'cold start against the least possible function',
]);

const updatePages = (rows: Measured[]): void => {
  updatePage('test/bench/README.md', tableOf(rows));
  updatePage('README.md', tableOf(rows.filter(({ operation }) => HIGHLIGHTS.has(operation))));
};

const updatePage = (page: string, table: string): void => {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, Node ${process.versions.node}`;
  const file = join(ROOT, page);
  const kept = `<!-- budgets -->\n${table}\n\nMeasured on ${machine}.\n<!-- /budgets -->`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/<!-- budgets -->[\s\S]*<!-- \/budgets -->/, kept));
};

const directory = mkdtempSync(join(tmpdir(), 'regulars-bench-'));
try {
  const rows = await measured(synthesized(directory));
  const table = tableOf(rows);
  console.log(table);
  if (process.argv.includes('--readme')) updatePages(rows);
  process.exitCode = rows.some(({ ok }) => ok === false) ? 1 : 0;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
