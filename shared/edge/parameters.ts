/** Parameters and fields that many rows share. */
import * as z from 'zod/mini';
import { parseInstant } from '../domain/instants.ts';

const LIMIT_DEFAULT = 25;
const LIMIT_MOST = 100;

/** An instant in ISO 8601 with `Z` or an offset, from 1970 to 9999, in its canonical form. */
export const instant = z.pipe(
  z.string(),
  z.transform((text, context) => {
    const parsed = parseInstant(text);
    if (parsed !== null) return parsed;
    context.issues.push({
      code: 'custom',
      input: text,
      params: { code: 'invalid_format' },
      message: 'An instant is ISO 8601 with Z or an offset, such as 2026-01-31T09:30:00Z, from 1970 to 9999.',
    });
    return z.NEVER;
  }),
);

/** `limit` of a list, 25 unless given. */
export const limit = z._default(
  z.pipe(
    z.string().check(
      z.refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= LIMIT_MOST, {
        error: `The limit is a whole number from 1 to ${LIMIT_MOST}.`,
        params: { code: 'limit_out_of_range' },
      }),
    ),
    z.transform(Number),
  ),
  LIMIT_DEFAULT,
);

/** Where a list goes on, as the page before gave it. */
export const cursor = z.optional(z.string().check(z.minLength(1), z.maxLength(2048)));

export const consumerIdParam = z.strictObject({ consumerId: z.string().check(z.minLength(1), z.maxLength(128)) });
