/** What callers say and are told about rewards and claims. */
import * as z from 'zod/mini';
import { chosenId, MOST_POINTS, pointsAmount } from '../../shared/domain/points/settings.ts';
import { cursor, displayName, endsAfterStart, limit, offerFields, offerShown } from '../../shared/edge/parameters.ts';

const status = z.enum(['active', 'inactive']);
const count = (least: number) => z._default(z.nullable(z.int().check(z.gte(least), z.lte(MOST_POINTS))), null);

/** Created with an id that the caller chose, or that is made for it. */
export const rewardBody = z
  .strictObject({
    rewardId: z.optional(chosenId),
    name: displayName,
    costPoints: pointsAmount,
    /** What is left of it from now on; null: no end. */
    stock: count(0),
    /** How often one consumer may claim it; null: any number of times. Cancelled claims don't count. */
    limitPerConsumer: count(1),
    ...offerFields,
    status: z._default(status, 'active'),
  })
  .check(endsAfterStart);

export const rewardParams = z.strictObject({ rewardId: z.string().check(z.minLength(1), z.maxLength(128)) });
export const pageQuery = z.strictObject({ limit, cursor });

const some = z.nullable(z.int());
const moment = z.nullable(z.string());

export const rewardAnswer = z.strictObject({
  rewardId: z.string(),
  name: z.string(),
  costPoints: z.int(),
  /** What is left of it now; null: no end. */
  stock: some,
  /** How many claims of it stand. */
  claimed: z.int(),
  limitPerConsumer: some,
  ...offerShown,
  status,
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export const rewardsPage = z.strictObject({ items: z.array(rewardAnswer), nextCursor: z.nullable(z.string()) });

/** A repeated `claimId` with the same content answers 200 with the first answer. */
export const claimBody = z.strictObject({ rewardId: chosenId, claimId: z.optional(chosenId) });
const consumerId = z.string().check(z.minLength(1), z.maxLength(128));
export const claimParams = z.strictObject({ consumerId, claimId: z.string().check(z.minLength(1), z.maxLength(128)) });

export const claimAnswer = z.strictObject({
  claimId: z.string(),
  rewardId: z.string(),
  /** The entry of the ledger that paid for it. */
  entryId: z.string(),
  points: z.int(),
  claimedAt: z.string(),
});
export const claimsPage = z.strictObject({
  items: z.array(z.strictObject({ ...claimAnswer.shape, name: z.string(), cancelledAt: moment })),
  nextCursor: z.nullable(z.string()),
});
