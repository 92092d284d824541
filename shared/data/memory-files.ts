/** The files of exports in memory, for tests. */
import type { ExportFile, Files } from '../usecases/ports/files.ts';

/** Files in memory. Tests can read their content. */
export interface MemoryFiles extends Files {
  /** Undefined where it is not there. */
  contentOf(file: ExportFile): Uint8Array | undefined;
}

export const memoryFiles = (): MemoryFiles => {
  const kept = new Map<string, Uint8Array>();
  const uploads = new Set<{ exportId: string; isEnded: boolean }>();

  return {
    write: async (file, content) => {
      const upload = { exportId: file.exportId, isEnded: false };
      uploads.add(upload);
      try {
        const parts: Uint8Array[] = [];
        for await (const part of content) parts.push(part);
        if (upload.isEnded) throw new Error('the upload was ended');
        kept.set(nameOf(file), Buffer.concat(parts));
      } finally {
        uploads.delete(upload);
      }
    },
    link: async (file, now) => `memory:${nameOf(file)}?from=${now}`,
    remove: async (exportId) => {
      for (const upload of uploads) if (upload.exportId === exportId) upload.isEnded = true;
      for (const name of kept.keys()) if (name.startsWith(`${exportId}.`)) kept.delete(name);
    },
    has: async (exportId) =>
      [...kept.keys()].some((name) => name.startsWith(`${exportId}.`)) ||
      [...uploads].some((upload) => upload.exportId === exportId),
    contentOf: (file) => kept.get(nameOf(file)),
  };
};

const nameOf = ({ exportId, format }: ExportFile): string => `${exportId}.${format}`;
