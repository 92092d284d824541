/** Parameters and fields that several rows share. */
import * as z from 'zod/mini';
import { externalId, source } from '../domain/external-ids.ts';
import { parseInstant } from '../domain/instants.ts';
import { audienceSchema } from '../domain/points/settings.ts';
import { invalid } from '../domain/refusal.ts';

export const LIMIT_DEFAULT = 25;
const LIMIT_MAX = 100;

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
      message: 'Use ISO 8601 with Z or an offset, such as 2026-01-31T09:30:00Z, from 1970 to 9999.',
    });
    return z.NEVER;
  }),
);

/** The `limit` of a list, without a default. */
export const limitParam = z.pipe(
  z.string().check(
    z.refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= LIMIT_MAX, {
      error: `The limit must be a whole number from 1 to ${LIMIT_MAX}.`,
      params: { code: 'limit_out_of_range' },
    }),
  ),
  z.transform(Number),
);
/** The `limit` of a list, 25 by default. */
export const limit = z._default(limitParam, LIMIT_DEFAULT);

/** The `nextCursor` of the previous page. Any other value is refused with `invalid_cursor`. */
export const cursor = z.optional(z.string());

/** The query of a list that is also available as CSV (see `tables.ts`), with 10,000 rows by default. */
export const tableQuery = z.strictObject({
  limit: z.optional(limitParam),
  cursor,
  format: z.optional(z.enum(['json', 'csv'])),
});
export const ABOUT_TABLES =
  'Returns CSV with `format=csv`, or if `Accept` prefers `text/csv`: up to 10,000 rows per response, or `limit`. If there ' +
  'are more rows, the `Link` header points to the next page. Only the first page has a header line, so concatenated pages ' +
  'form one table. Cells that a spreadsheet would interpret as formulas start with an apostrophe.';

/** A display name that staff choose. Blank names are refused. */
export const displayName = z
  .string()
  .check(z.minLength(1), z.maxLength(200), z.regex(/^$|\S/u, 'The name must not be blank.'));

export const consumerIdParam = z.strictObject({ consumerId: z.string().check(z.minLength(1), z.maxLength(128)) });

/** Identifies a consumer by a contact or an external id. */
export const lookup = z.union([
  z.strictObject({ email: z.string().check(z.maxLength(254)) }),
  z.strictObject({ phone: z.string().check(z.maxLength(40)) }),
  z.strictObject({ source, externalId }),
]);

/** The audience of an offer and the period in which it is active: `activeFrom` is inclusive, `activeUntil` exclusive. */
export const offerFields = {
  audience: z.prefault(audienceSchema, {}),
  activeFrom: z._default(z.nullable(instant), null),
  activeUntil: z._default(z.nullable(instant), null),
};
export const endsAfterStart = z.refine<{ activeFrom: string | null; activeUntil: string | null }>(
  ({ activeFrom, activeUntil }) => activeFrom === null || activeUntil === null || activeFrom < activeUntil,
  { error: 'activeUntil must be later than activeFrom.', path: ['activeUntil'] },
);
/** The same fields in responses. */
export const offerShown = {
  audience: z.strictObject({ segments: z.array(z.string()), lists: z.array(z.string()) }),
  activeFrom: z.nullable(z.string()),
  activeUntil: z.nullable(z.string()),
};

/** Refuses a body whose id differs from the one in the path. */
export const refuseOtherId = (field: string, inBody: string | undefined, inPath: string): void => {
  if (inBody !== undefined && inBody !== inPath)
    throw invalid(field, 'invalid_value', 'The id differs from the one in the path.');
};
