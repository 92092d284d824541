/** Exports: what is held about a consumer, as files that staff hand over. */

/** What an export may hold; in this order it stands in a file. */
export const EXPORT_SECTIONS = [
  'profile',
  'identity',
  'sync_sources',
  'consents',
  'memberships',
  'points',
  'rewards',
  'challenges',
  'participation',
  'events',
] as const;
export type ExportSection = (typeof EXPORT_SECTIONS)[number];

/** So long a link to the file works. */
export const LINK_MS = 15 * 60_000;
/** So long after it was asked for there is an export. Its file may stay until the midnight after that, when S3 clears up. */
export const EXPORT_KEPT_MS = 24 * 3_600_000;
