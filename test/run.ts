/**
 * `npm test`: everything that has to hold, one check after the other, and one closing line with the counts. A static
 * check counts as one test, each test of Jest as one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}
interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
}

const STATIC_CHECKS = {
  types: ['tsc', '-p', '.'],
  'lint and format': ['biome', 'ci', '--error-on-warnings', '.'],
  'dead code': ['knip'],
} as const;

/** Runs a tool of the project; true where it is content. */
const run = ([tool, ...options]: readonly string[]): boolean =>
  spawnSync(join('node_modules', '.bin', tool ?? ''), options, { stdio: 'inherit' }).status === 0;

const staticCheck = (name: string, command: readonly string[]): Counts => {
  const startedMs = Date.now();
  const passed = run(command);
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
};

/** Unit, property, contract and infra tests side by side, then journeys: those want the machine for themselves. */
const jest = (directory: string, name: string, options: readonly string[]): Counts => {
  const report = join(directory, `${name}.json`);
  const passed = run(['jest', '--json', `--outputFile=${report}`, ...options]);
  const counts = countsOf(JSON.parse(readFileSync(report, 'utf8')) as JestReport);
  return passed || counts.failed > 0 ? counts : { ...counts, failed: 1 };
};

/** A test file that does not even load counts as one failure. */
const countsOf = (report: JestReport): Counts => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
  skipped: report.numPendingTests + report.numTodoTests,
});

const directory = mkdtempSync(join(tmpdir(), 'regulars-test-'));
try {
  const all = [
    ...Object.entries(STATIC_CHECKS).map(([name, command]) => staticCheck(name, command)),
    // By itself, Jest would leave a core idle.
    jest(directory, 'units', ['--testPathIgnorePatterns', '/journeys/', '--maxWorkers', '100%']),
    jest(directory, 'journeys', ['--runInBand', '--testPathPatterns', '/journeys/']),
  ];
  const sum = (key: keyof Counts): number => all.reduce((total, counts) => total + counts[key], 0);
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
