/** The settings of brand advocates: what each activity is worth, how it fades, how many are ranked (product.md, section 6). */
import * as z from 'zod/mini';

/** What counts, as types of events, in the order in which it is shown. */
export const ACTIVITIES = ['friend_referred', 'review_written', 'share_impression', 'content_shared'] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** Of the API: the list of them all is one answer. */
const MOST_RANKED = 100;

const weight = z.number().check(z.gte(0), z.lte(1_000_000));

export const influenceSchema = z.strictObject({
  /** Score points of a single activity at its own instant. */
  weights: z.prefault(
    z.strictObject({
      friend_referred: z._default(weight, 20),
      review_written: z._default(weight, 5),
      share_impression: z._default(weight, 5),
      content_shared: z._default(weight, 3),
    } satisfies Record<Activity, unknown>),
    {},
  ),
  /** The share of its points that an activity keeps over each whole month. */
  keptPerMonth: z._default(z.number().check(z.gt(0), z.lte(1)), 0.95),
  /** So many advocates are ranked. */
  top: z._default(z.int().check(z.gte(1), z.lte(MOST_RANKED)), 25),
});
