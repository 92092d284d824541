/** Parameters and fields that many rows share. */
import * as z from 'zod/mini';
import { externalId, source } from '../domain/external-ids.ts';
import { parseInstant } from '../domain/instants.ts';
import { audienceSchema } from '../domain/points/settings.ts';
import { invalid } from '../domain/refusal.ts';

export const LIMIT_DEFAULT = 25;
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

/** `limit` of a list, where it is given. */
export const givenLimit = z.pipe(
  z.string().check(
    z.refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= LIMIT_MOST, {
      error: `The limit is a whole number from 1 to ${LIMIT_MOST}.`,
      params: { code: 'limit_out_of_range' },
    }),
  ),
  z.transform(Number),
);
/** 25 unless given. */
export const limit = z._default(givenLimit, LIMIT_DEFAULT);

/** Where a list goes on, as the page before gave it; whatever else stands here, however long, is a forged one. */
export const cursor = z.optional(z.string());

/** Of a list that is answered as a table too (see `tables.ts`): then 10,000 rows unless fewer are asked for. */
export const tableQuery = z.strictObject({
  limit: z.optional(givenLimit),
  cursor,
  format: z.optional(z.enum(['json', 'csv'])),
});
export const ABOUT_TABLES =
  'As CSV with `format=csv`, or where `Accept` prefers `text/csv`: up to 10,000 rows an answer, or `limit`; where there are ' +
  'more, the header `Link` leads to the next page, which has no line with the names of the columns, so that all of them, ' +
  'one behind the other, are one table. Cells that a spreadsheet would take for formulas begin with an apostrophe.';

/** What staff call something that they choose by its name later: never blank. */
export const givenName = z
  .string()
  .check(z.minLength(1), z.maxLength(200), z.regex(/^$|\S/u, 'A name is more than blanks.'));

export const consumerIdParam = z.strictObject({ consumerId: z.string().check(z.minLength(1), z.maxLength(128)) });

/** One way to name a consumer without its id. */
export const lookup = z.union([
  z.strictObject({ email: z.string().check(z.maxLength(254)) }),
  z.strictObject({ phone: z.string().check(z.maxLength(40)) }),
  z.strictObject({ source, externalId }),
]);

/** Whom something is offered to, and the window in which it is: from the one instant on, before the other. */
export const offerFields = {
  audience: z.prefault(audienceSchema, {}),
  activeFrom: z._default(z.nullable(instant), null),
  activeUntil: z._default(z.nullable(instant), null),
};
export const endsAfterItBegins = z.refine<{ activeFrom: string | null; activeUntil: string | null }>(
  ({ activeFrom, activeUntil }) => activeFrom === null || activeUntil === null || activeFrom < activeUntil,
  { error: 'It ends after it begins.', path: ['activeUntil'] },
);
/** What answers say of them. */
export const offerShown = {
  audience: z.strictObject({ segments: z.array(z.string()), lists: z.array(z.string()) }),
  activeFrom: z.nullable(z.string()),
  activeUntil: z.nullable(z.string()),
};

/** Refuses a body that names another id than its path does. */
export const refuseOtherId = (field: string, inBody: string | undefined, inPath: string): void => {
  if (inBody !== undefined && inBody !== inPath) throw invalid(field, 'invalid_value', 'The path names another one.');
};
