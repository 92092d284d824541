/** Requests and responses of the erasure endpoints. */
import * as z from 'zod/mini';
import { cursor, instant, limit, lookup } from '../../shared/edge/parameters.ts';

/** Any other value counts as missing, and the request is refused as unconfirmed. */
const confirm = z.catch(z.optional(z.string().check(z.maxLength(512))), undefined);
export const erasureBody = z.optional(z.strictObject({ confirm }));
export const contactErasureBody = z.strictObject({ lookup, confirm });
export const erasureParams = z.strictObject({ erasureId: z.string().check(z.minLength(1), z.maxLength(128)) });

const status = z.enum(['running', 'completed', 'failed']);
const name = z.string().check(z.minLength(1), z.maxLength(64));
const count = z.int().check(z.gte(0));
/** A receipt as `listErasures` returned it. */
const savedReceipt = z.strictObject({
  erasureId: z.string().check(z.regex(/^[0-9A-Za-z]{1,64}$/)),
  status: z.enum(['running', 'completed', 'failed']),
  requestedAt: instant,
  completedAt: z.nullable(instant),
  itemsRemoved: z
    .record(name, count)
    .check(z.refine((counts) => Object.keys(counts).length <= 100, { error: 'At most 100 kinds.' })),
  subjectHash: z.string().check(z.regex(/^[\w-]{43}$/)),
  steps: z.array(z.strictObject({ name, at: instant, status: z.enum(['done', 'failed']) })).check(z.maxLength(50)),
});
export const receiptsBody = z.strictObject({ receipts: z.array(savedReceipt).check(z.minLength(1), z.maxLength(100)) });
export const restoredAnswer = z.strictObject({ restored: z.int() });
export const auditAnswer = z.strictObject({ auditId: z.string() });
export const pageQuery = z.strictObject({ limit, cursor });

export const erasureAnswer = z.strictObject({ erasureId: z.string(), status });
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
export const receiptsPage = z.strictObject({ items: z.array(receiptAnswer), nextCursor: z.nullable(z.string()) });
