/** The files of exports. */
import type { Instant } from '../../domain/facts.ts';
import type { Records } from './records.ts';

/** The file of an export. Its name is the export's id: it tells nobody whom it is about. */
export type ExportFile = Pick<Records['export'], 'exportId' | 'format'>;
/** The files of exports. Each is there whole or not at all, and goes by itself a day later. */
export interface Files {
  /**
   * Puts it there, in place of what is there, and never holds more of it than a part. Rejects, and changes nothing, where
   * the content fails, or a removal came in between. Content is asked for only once a removal would notice: content that
   * looks first whether it is still wanted is never there after a removal.
   */
  write(file: ExportFile, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Where anybody may fetch it, from this instant on for a quarter of an hour. */
  link(file: ExportFile, now: Instant): Promise<string>;
  /** Takes it away, and ends what is being written of it. It needn't be there. */
  remove(exportId: string): Promise<void>;
  /** Whether it is there, or being written. */
  has(exportId: string): Promise<boolean>;
}
