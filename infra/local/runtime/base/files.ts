/** Small files that the stack keeps its own state in. Losing power may lose the last write; kill -9 never does. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The file's JSON; undefined where there is no file. */
export function readJson(file: string): unknown {
  const text = readIfThere(file);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Replaces the file in one step: a reader sees the old content or the new one, never a part. */
export const writeJson = (file: string, value: unknown): void => replace(file, JSON.stringify(value));

/** Replaces all lines of a file of JSON lines, likewise in one step. */
export const replaceLines = (file: string, values: unknown[]): void =>
  replace(file, values.map((value) => `${JSON.stringify(value)}\n`).join(''));

function replace(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

/** Adds one line; it is there once this returns. */
export function appendLine(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(value)}\n`);
}

/** Every whole line of a file of JSON lines; a last line cut short by a kill was never acknowledged and is left out. */
export function readLines(file: string): unknown[] {
  const text = readIfThere(file) ?? '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) writeFileSync(file, whole);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
