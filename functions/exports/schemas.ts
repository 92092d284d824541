/** Requests and responses of the export endpoints. */
import * as z from 'zod/mini';
import { EXPORT_SECTIONS } from '../../shared/domain/exports.ts';

/** Without `sections`, all sections are exported. */
export const exportBody = z.strictObject({
  sections: z.optional(z.array(z.enum(EXPORT_SECTIONS)).check(z.minLength(1), z.maxLength(EXPORT_SECTIONS.length))),
  format: z.enum(['json', 'csv']),
});
export const exportParams = z.strictObject({ exportId: z.string().check(z.minLength(1), z.maxLength(128)) });

const status = z.enum(['running', 'completed', 'failed']);
export const exportRequested = z.strictObject({ exportId: z.string(), status });
export const exportAnswer = z.strictObject({
  exportId: z.string(),
  status,
  /** Only for a completed export. Everyone with the link can download the file without a token until `expiresAt`. */
  downloadUrl: z.optional(z.string()),
  expiresAt: z.optional(z.string()),
});
