/** `npm start`: runs the whole deployment on this machine, with a demonstration shop the first time. */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { regulars } from './regulars.ts';
import { instantOf } from './runtime/base/clock-moves.ts';
import { javaTrouble } from './runtime/dynamodb/java-version.ts';
import { type Stack, startStack } from './runtime/stack/stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const USAGE = 'npm start -- [--port 4000] [--data .local] [--empty] [--now 2026-01-31T09:30:00Z] [--assembly cdk.out]';

interface Options {
  port: number;
  data: string;
  empty: boolean;
  now: string | undefined;
  /** Directory of a cloud assembly to serve. Without it, the CDK app is built and synthesized. */
  assembly: string | undefined;
}

async function main(): Promise<void> {
  process.env['TZ'] = 'UTC';
  const options = optionsOf(process.argv.slice(2));
  const trouble = await javaTrouble();
  if (trouble) throw new Error(trouble);
  mkdirSync(options.data, { recursive: true });
  const log = createWriteStream(join(options.data, 'stack.log'), { flags: 'a' });
  if (options.assembly === undefined) say('Building and synthesizing…');
  const stack = await startStack({
    application: regulars,
    assemblyDirectory: options.assembly ?? (() => synthesized(join(options.data, 'cdk.out'))),
    dataDirectory: options.data,
    port: options.port,
    ...(options.now !== undefined && { now: options.now }),
    log: (line) => void log.write(`${new Date().toISOString()} ${line}\n`),
  });
  stopOnSignal(stack);
  welcome(stack, options);
  await loadDemonstrationOnce(stack, options);
}

/** Throws where an option is unknown or invalid. */
function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4000' },
      data: { type: 'string', default: join(ROOT, '.local') },
      empty: { type: 'boolean', default: false },
      now: { type: 'string' },
      assembly: { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port is a number up to 65535, not ${values.port}`);
  const now = values.now === undefined ? undefined : instantOf(values.now);
  if (now === null) throw new Error(`--now is an ISO 8601 instant with its offset, not ${values.now}`);
  return {
    port,
    data: resolve(values.data),
    empty: values.empty,
    now,
    assembly: values.assembly === undefined ? undefined : resolve(values.assembly),
  };
}

/** Runs the CDK app in a process of its own, as `npx cdk synth` does. */
async function synthesized(directory: string): Promise<string> {
  rmSync(directory, { recursive: true, force: true });
  const env = { ...process.env, CDK_OUTDIR: directory };
  const child = spawn(process.execPath, [join(ROOT, 'infra/app.ts')], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`the CDK app does not synthesize:\n${output}`);
  return directory;
}

function welcome({ url }: Stack, { data }: Options): void {
  say(`
Regulars is serving at ${url}
  the API to read:   ${url}/docs
  a token for staff: TOKEN=$(curl -s '${url}/_local/token?scope=admin' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  a first request:   curl -s -H "Authorization: Bearer $TOKEN" '${url}/v1/consumers?limit=3'
  data are kept in ${data}, with what happens in stack.log and lambda.log
  Ctrl-C stops`);
}

/** A folder that was first started with `--empty` stays without the demonstration. An interrupted load is resumed. */
async function loadDemonstrationOnce(stack: Stack, { data, empty }: Options): Promise<void> {
  const marker = join(data, 'demonstration.json');
  const mark = (state: string) => writeFileSync(marker, `${JSON.stringify({ state })}\n`);
  const state = existsSync(marker) ? (JSON.parse(readFileSync(marker, 'utf8')) as { state: string }).state : null;
  if (state === null && empty) mark('left out');
  if (empty || state === 'loaded' || state === 'left out') return;
  mark('loading');
  const { loadDemonstration } = await import('./demo/load.ts');
  const token = await stack.token(['regulars/admin'], 24 * 3600);
  try {
    await loadDemonstration({ url: stack.url, token, log: sayWhileRunning });
    mark('loaded');
  } catch (error) {
    sayWhileRunning(`The demonstration is not complete: ${error instanceof Error ? error.message : error}`);
  }
}

let stopping = false;
/** Errors of a load while the stack stops are expected and not shown. */
const sayWhileRunning = (line: string): void => {
  if (!stopping) say(line);
};

/** The first Ctrl-C stops in order; a second one ends the process at once. */
function stopOnSignal(stack: Stack): void {
  const stop = async () => {
    if (stopping) process.exit(130);
    stopping = true;
    say(
      '\nStopping. Running work gets a few seconds, the rest is resumed by the next start. Ctrl-C again ends at once.',
    );
    await stack.stop();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
}

function say(line: string): void {
  console.log(line);
}

function explained(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'The port is in use: choose another one with npm start -- --port N.';
  if (code?.startsWith('ERR_PARSE_ARGS')) return `${message}\n${USAGE}`;
  return message;
}

main().catch((error: unknown) => {
  console.error(explained(error));
  process.exit(1);
});
