/** A zip that is made as its files come: nothing of it is kept but what was not asked for yet. */
import { Zip, ZipDeflate } from 'fflate';
import type { Instant } from './facts.ts';

export interface ZipWriter {
  /** Begins the next file. */
  begin(name: string): void;
  /** Goes on with it. */
  add(bytes: Uint8Array): void;
  /** Nothing comes any more. */
  end(): void;
  /** What was made since it was asked for last. */
  taken(): Uint8Array[];
}

/** Files are of this instant. */
export const zipWriter = (at: Instant): ZipWriter => {
  const made: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    made.push(chunk);
  });
  let file: ZipDeflate | null = null;
  const finish = () => file?.push(new Uint8Array(0), true);
  return {
    begin: (name) => {
      finish();
      file = new ZipDeflate(name);
      file.mtime = at;
      zip.add(file);
    },
    add: (bytes) => file?.push(bytes),
    end: () => {
      finish();
      zip.end();
    },
    taken: () => made.splice(0),
  };
};
