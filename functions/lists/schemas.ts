/** Requests and answers about lists and their members. */
import * as z from 'zod/mini';
import { chosenId } from '../../shared/domain/points/settings.ts';
import { consumerIdParam, cursor, displayName, limit } from '../../shared/edge/parameters.ts';

/** Created with an id that the caller chose, or that is made for it. */
export const listBody = z.strictObject({
  listId: z.optional(chosenId),
  name: displayName,
});

export const listParams = z.strictObject({ listId: z.string().check(z.minLength(1), z.maxLength(128)) });
export const listMemberParams = z.strictObject({ ...listParams.shape, ...consumerIdParam.shape });
export const pageQuery = z.strictObject({ limit, cursor });

export const listAnswer = z.strictObject({
  listId: z.string(),
  name: z.string(),
  /** May be some seconds old. */
  memberCount: z.int(),
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export const listsPage = z.strictObject({ items: z.array(listAnswer), nextCursor: z.nullable(z.string()) });

export const membersPage = z.strictObject({
  items: z.array(
    z.strictObject({
      consumerId: z.string(),
      fullName: z.nullable(z.string()),
      email: z.nullable(z.string()),
      addedAt: z.string(),
    }),
  ),
  nextCursor: z.nullable(z.string()),
});
