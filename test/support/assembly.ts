/**
 * The cloud assembly that all served stacks of a test run share. Synthesis takes some seconds and depends on the sources
 * alone, so it runs once for each state of the sources; the result is kept in `node_modules/.cache`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = join('node_modules', '.cache', 'assemblies');
const SOURCES = ['functions', 'infra', 'shared', 'cdk.json', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** The directory of the assembly. Synthesizes it if no earlier call did. Throws with the output of a failed synthesis. */
export const sharedAssembly = (): string => {
  const directory = join(CACHE, fingerprint());
  if (existsSync(directory)) return directory;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, 'draft-'));
  const { status, stderr } = spawnSync(process.execPath, ['infra/app.ts'], {
    env: { ...process.env, NODE_OPTIONS: '', CDK_OUTDIR: draft },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the synthesis failed: ${stderr}`);
  publish(draft, directory);
  removeOthers(directory);
  return directory;
};

/** Another worker may have published the same assembly meanwhile: then its copy serves. */
const publish = (draft: string, directory: string): void => {
  try {
    renameSync(draft, directory);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
};

const DAY_MS = 86_400_000;
/** Keeps the assemblies of the last day: another run may still use one of them. */
const removeOthers = (directory: string): void => {
  for (const name of readdirSync(CACHE)) {
    const other = join(CACHE, name);
    if (other !== directory && Date.now() - statSync(other).mtimeMs > DAY_MS) rmSync(other, { recursive: true });
  }
};

const fingerprint = (): string => {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap(filesIn)) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 24);
};

const filesIn = (path: string): string[] =>
  statSync(path).isFile()
    ? [path]
    : readdirSync(path, { withFileTypes: true })
        .sort((one, other) => (one.name < other.name ? -1 : 1))
        .flatMap(({ name }) => filesIn(join(path, name)));
