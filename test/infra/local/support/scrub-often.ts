/** Scrubs again and again, until it is killed: `node scrub-often.ts DIRECTORY SEQUENCE`. */
import { scrub } from '../../../../infra/local/runtime/erasure/scrubbing.ts';

const [directory = '', passed = ''] = process.argv.slice(2);
for (;;) scrub(directory, () => Number(passed));
