/**
 * `npm test` runs all checks and tests and ends with one line of counts. A static check counts as one test.
 *
 *   npm test                  everything
 *   npm test -- PATTERN …     the tests whose path matches a pattern
 *   npm run test:unit         the static checks, and the tests that neither synthesize nor start a local stack
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

/** Folders whose tests synthesize the CDK app or start a local stack. */
const WITH_STACK = ['/test/infra/', '/test/journeys/'];

/** Runs a tool of the project. Answers whether it succeeded. */
const run = ([tool, ...options]: readonly string[]): boolean =>
  spawnSync(join('node_modules', '.bin', tool ?? ''), options, { stdio: 'inherit' }).status === 0;

const staticCheck = ([name, command]: [string, readonly string[]]): Counts => {
  const startedMs = Date.now();
  const passed = run(command);
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
};

/** Runs Jest on every core: by default it leaves one idle. */
const jest = (options: readonly string[]): Counts => {
  const directory = mkdtempSync(join(tmpdir(), 'regulars-test-'));
  try {
    const report = join(directory, 'report.json');
    const passed = run(['jest', '--json', `--outputFile=${report}`, '--maxWorkers', '100%', ...options]);
    const counts = countsOf(JSON.parse(readFileSync(report, 'utf8')) as JestReport);
    return passed || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** A test file that does not load counts as one failure. */
const countsOf = (report: JestReport): Counts => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
  skipped: report.numPendingTests + report.numTodoTests,
});

const staticChecks = (): Counts[] => Object.entries(STATIC_CHECKS).map(staticCheck);

const counted = (args: readonly string[]): Counts[] => {
  if (args.length === 0) return [...staticChecks(), jest([])];
  if (args[0] === '--unit') return [...staticChecks(), jest(['--testPathIgnorePatterns', ...WITH_STACK])];
  return [jest(['--testPathPatterns', ...args])];
};

const all = counted(process.argv.slice(2));
const sum = (key: keyof Counts): number => all.reduce((total, counts) => total + counts[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
