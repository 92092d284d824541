/** The files of exports. */
import type { Instant } from '../../domain/facts.ts';
import type { Records } from './records.ts';

/** The file of an export. It is named after the export's id, which reveals no consumer. */
export type ExportFile = Pick<Records['export'], 'exportId' | 'format'>;
/** The files of exports. A file appears only when complete, and expires after a day. */
export interface Files {
  /**
   * Writes or replaces the file, with at most one part in memory. Rejects without a change if the content fails or the file
   * is removed meanwhile. Content is read only after a removal would detect the upload. Content that first checks whether
   * it is still wanted therefore never survives a removal.
   */
  write(file: ExportFile, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** A download link that needs no credentials and works for 15 minutes from this instant. */
  link(file: ExportFile, now: Instant): Promise<string>;
  /** Removes the file and aborts its upload. Succeeds if there is neither. */
  remove(exportId: string): Promise<void>;
  /** Whether the file exists or is being written. */
  has(exportId: string): Promise<boolean>;
}
