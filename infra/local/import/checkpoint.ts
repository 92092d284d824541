/**
 * How far an import has come, so that one that was stopped needn't start from the first row. It only saves time: what
 * is sent again is found to be there already.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RefusedRow } from './rows.ts';

export interface Tally {
  consumersCreated: number;
  created: number;
  createdMinor: number;
  duplicates: number;
  duplicatesMinor: number;
  refused: RefusedRow[];
  seconds: number;
}
export interface Checkpoint {
  /** Batches acknowledged from the first on, without a gap. */
  batches: number;
  tally: Tally;
}

export const emptyTally = (): Tally => ({
  consumersCreated: 0,
  created: 0,
  createdMinor: 0,
  duplicates: 0,
  duplicatesMinor: 0,
  refused: [],
  seconds: 0,
});

export interface Checkpoints {
  load(): Promise<Checkpoint | null>;
  save(checkpoint: Checkpoint): Promise<void>;
  clear(): Promise<void>;
}

/** The checkpoint of this content in this format going to this address; never beside the file that is imported. */
export const checkpointsIn = (
  directory: string,
  what: { sha256: string; format: string; url: string },
): Checkpoints => {
  const name = createHash('sha256').update(`${what.sha256}\n${what.format}\n${what.url}`).digest('hex').slice(0, 32);
  const file = join(directory, `${name}.json`);
  return {
    load: async () => {
      try {
        return JSON.parse(await readFile(file, 'utf8')) as Checkpoint;
      } catch {
        return null; // none, or torn: both mean from the beginning
      }
    },
    save: async (checkpoint) => {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.new`, JSON.stringify(checkpoint));
      await rename(`${file}.new`, file);
    },
    clear: () => rm(file, { force: true }),
  };
};
