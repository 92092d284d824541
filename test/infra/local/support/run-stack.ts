/** A stack in a process of its own, so that a test can kill it: `node run-stack.ts ASSEMBLY DATA`. Prints its address. */
import { regulars } from '../../../../infra/local/regulars.ts';
import { startStack } from '../../../../infra/local/runtime/stack/stack.ts';

const [assemblyDirectory = '', dataDirectory = ''] = process.argv.slice(2);
const stack = await startStack({ application: regulars, assemblyDirectory, dataDirectory, port: 0, log: () => {} });
process.on('SIGINT', () => stack.stop().then(() => process.exit(0)));
console.log(stack.url);
