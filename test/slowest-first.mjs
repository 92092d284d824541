/**
 * The order in which Jest starts test files. Files that take minutes start first, so that no worker is left with one of
 * them at the end; the rest starts by size, the largest first, which is Jest's own estimate without earlier timings.
 */
import { statSync } from 'node:fs';

/** Path endings, slowest first. A file that is not listed is only less well placed. */
const SLOWEST = [
  'journeys/erasure.test.ts',
  'journeys/erasure-faults.test.ts',
  'runtime/erasure/forgetting.test.ts',
  'journeys/restored.test.ts',
  'journeys/points.test.ts',
  'journeys/marked-values.test.ts',
  'journeys/fuzz.test.ts',
  'journeys/exports.test.ts',
  'runtime/stack/stack.test.ts',
];

const rankOf = ({ path }) => {
  const rank = SLOWEST.findIndex((ending) => path.endsWith(ending));
  if (rank !== -1) return rank;
  return path.includes('/journeys/') ? SLOWEST.length : SLOWEST.length + 1;
};
const sizeOf = ({ path }) => statSync(path).size;

export default class SlowestFirst {
  sort(tests) {
    return [...tests].sort((one, other) => rankOf(one) - rankOf(other) || sizeOf(other) - sizeOf(one));
  }
  shard(tests, { shardIndex, shardCount }) {
    return this.sort(tests).filter((_, at) => at % shardCount === shardIndex - 1);
  }
  allFailedTests(tests) {
    return tests;
  }
  cacheResults() {}
}
