/** What callers say and are told about erasures. */
import * as z from 'zod/mini';
import { lookup } from '../../shared/edge/parameters.ts';

const confirm = z.optional(z.string().check(z.maxLength(512)));
export const erasureBody = z.optional(z.strictObject({ confirm }));
export const contactErasureBody = z.strictObject({ lookup, confirm });
export const erasureParams = z.strictObject({ erasureId: z.string().check(z.minLength(1), z.maxLength(128)) });

const status = z.enum(['running', 'completed', 'failed']);
export const begunAnswer = z.strictObject({ erasureId: z.string(), status });
export const receiptAnswer = z.strictObject({
  erasureId: z.string(),
  status,
  requestedAt: z.string(),
  completedAt: z.nullable(z.string()),
  /** By kind of item. */
  itemsRemoved: z.record(z.string(), z.int()),
  /** The keyed hash of the erased id. */
  subjectHash: z.string(),
  steps: z.array(z.strictObject({ name: z.string(), at: z.string(), status: z.enum(['done', 'failed']) })),
});
