/** Ids that other systems made, and the names of those systems. */
import * as z from 'zod/mini';

/** An id that another system made: any text of 1 to 128 characters without control characters. */
export const externalId = z
  .string()
  .check(z.minLength(1), z.maxLength(128), z.regex(/^\P{Cc}*$/u, 'Control characters are not allowed.'));

/** Another system, such as `shopify`: 1 to 64 characters. Without a colon, which ends it where an id follows. */
export const source = z
  .string()
  .check(z.maxLength(64), z.regex(/^[a-z][a-z0-9_-]*$/, 'A source is lower case, digits, - and _.'));
