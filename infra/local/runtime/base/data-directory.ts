/** The folder in which a stack keeps its data, held by one stack at a time. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface DataDirectory {
  /** A file of it, or null where the stack keeps everything in memory. */
  file(name: string): string | null;
  /** A folder of it; where the stack keeps everything in memory, one that goes when it is released. */
  folder(name: string): string;
  release(): void;
}

/** Refuses a folder that a living stack holds; what a killed one left behind is taken over. Null: in memory. */
export function openDataDirectory(directory: string | null): DataDirectory {
  if (directory === null) return inMemory();
  mkdirSync(directory, { recursive: true });
  const lock = join(directory, 'stack.pid');
  seize(lock, directory);
  return {
    file: (name) => join(directory, name),
    folder: (name) => join(directory, name),
    release: () => rmSync(lock, { force: true }),
  };
}

function inMemory(): DataDirectory {
  const folder = mkdtempSync(join(tmpdir(), 'regulars-stack-'));
  return {
    file: () => null,
    folder: (name) => join(folder, name),
    release: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function seize(lock: string, directory: string): void {
  const mine = `${process.pid}\n${processStartedAt(process.pid) ?? ''}\n`;
  try {
    writeFileSync(lock, mine, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = livingHolder(lock);
    if (holder !== null)
      throw new Error(
        `another local stack (process ${holder}) uses ${directory}: stop it, or choose another folder with --data`,
      );
    rmSync(lock, { force: true });
    writeFileSync(lock, mine, { flag: 'wx' });
  }
}

/** The process that holds the lock, or null where it is gone, even if another process has its number by now. */
function livingHolder(lock: string): number | null {
  if (!existsSync(lock)) return null;
  const [pid = '', startedAt = ''] = readFileSync(lock, 'utf8').split('\n');
  if (!Number(pid) || !isAlive(Number(pid))) return null;
  return startedAt !== '' && startedAt !== processStartedAt(Number(pid)) ? null : Number(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a running process started, where the system records it (Linux): it distinguishes two processes with one number. Null for
 * one that has been killed and only waits to be noticed by its parent.
 */
function processStartedAt(pid: number): string | null {
  try {
    const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
