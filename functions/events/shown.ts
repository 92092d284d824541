/** Events as the description shows them: a shape for each type, where the endpoint looks the attributes up by type. */
import * as z from 'zod/mini';
import { attributesByType, freeAttributes, type KnownType } from '../../shared/domain/event-types.ts';
import { lookup } from '../../shared/edge/parameters.ts';
import { eventFields } from './schemas.ts';

const named = { consumerId: z.optional(z.string()), lookup: z.optional(lookup) };

const shownWith = <F extends z.core.$ZodLooseShape>(fields: F) => {
  const known = (Object.keys(attributesByType) as KnownType[]).map((type) =>
    z.strictObject({ ...fields, ...eventFields, type: z.literal(type), attributes: attributesByType[type] }),
  );
  const other = z.strictObject({ ...fields, ...eventFields, type: z.string(), attributes: freeAttributes });
  return z.union([...known, other] as z.ZodMiniType[]);
};

export const eventShown = shownWith({});
export const batchShown = z.strictObject({
  events: z.array(shownWith(named)).check(z.minLength(1), z.maxLength(100)),
});
