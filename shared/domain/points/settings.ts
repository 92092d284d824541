/** The settings of the loyalty programme: what earns points, the ladder of tiers, modules, reasons. */
import * as z from 'zod/mini';

/** Of one rule, entry, or reward: sums of thousands of them are still exact. */
export const MOST_POINTS = 1_000_000_000;
const MOST_DAYS = 3_650;
const MOST_MONTHS = 120;

/** An id that the caller may choose. */
export const chosenId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'An id has 1 to 64 letters, digits, - and _.'));
export const pointsAmount = z.int().check(z.gte(1), z.lte(MOST_POINTS));
const days = z.int().check(z.gte(1), z.lte(MOST_DAYS));
/** A type of event, whoever records it. */
export const eventType = z
  .string()
  .check(z.regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, 'A type of event is snake_case.'), z.maxLength(64));

/** Members of any of the segments or lists named; everyone where none is. */
export const audienceSchema = z.strictObject({
  segments: z._default(z.array(chosenId).check(z.maxLength(20)), []),
  lists: z._default(z.array(chosenId).check(z.maxLength(20)), []),
});
export type Audience = z.output<typeof audienceSchema>;

export const MODULES = [
  'friend_referral',
  'gamified_review',
  'social_share',
  'tiers',
  'social_follow',
  'segment_import',
] as const;
export type Module = (typeof MODULES)[number];
const on = z._default(z.boolean(), true);
export const modulesSchema = z.strictObject({
  friend_referral: on,
  gamified_review: on,
  social_share: on,
  tiers: on,
  social_follow: on,
  segment_import: on,
});
export type Modules = z.output<typeof modulesSchema>;

/** The module that an event belongs to, where its rule names none. */
export const MODULE_OF_EVENT: Readonly<Record<string, Module>> = {
  friend_referred: 'friend_referral',
  review_written: 'gamified_review',
  content_shared: 'social_share',
};

/** Decimals that a rate may have, so that amounts are computed in whole numbers. */
export const RATE_DECIMALS = 6;

const earningRule = z
  .strictObject({
    ruleId: chosenId,
    /** The type of event that earns. */
    event: eventType,
    /** Fixed points, or … */
    points: z.optional(pointsAmount),
    /** … points per major unit of the order's total, fractions of a point cut off. */
    pointsPerMajorUnit: z.optional(
      z.number().check(
        z.gt(0),
        z.lte(1_000_000),
        z.refine((rate) => Number(rate.toFixed(RATE_DECIMALS)) === rate, {
          error: `Up to ${RATE_DECIMALS} decimals.`,
        }),
      ),
    ),
    audience: z.optional(audienceSchema),
    /** Points that the rule gives one consumer in a calendar day or month of the organization's timezone. */
    capPerDay: z.optional(pointsAmount),
    capPerMonth: z.optional(pointsAmount),
    /** Points wait this long before they are there, unless the order is accepted or rejected before. */
    pendingDays: z.optional(days),
    /** Counted from the instant at which the points are there. */
    expiresAfterDays: z.optional(days),
    /** Calendar months instead: Jan 31 and one month is the last of February. */
    expiresAfterMonths: z.optional(z.int().check(z.gte(1), z.lte(MOST_MONTHS))),
    module: z.optional(z.enum(MODULES)),
  })
  .check(
    z.refine(({ points, pointsPerMajorUnit }) => (points === undefined) !== (pointsPerMajorUnit === undefined), {
      error: 'Give either points or pointsPerMajorUnit.',
      path: ['points'],
    }),
    z.refine(
      ({ expiresAfterDays, expiresAfterMonths }) => expiresAfterDays === undefined || expiresAfterMonths === undefined,
      { error: 'Give either days or months.', path: ['expiresAfterMonths'] },
    ),
    z.refine(({ pointsPerMajorUnit, event }) => pointsPerMajorUnit === undefined || event === 'order_placed', {
      error: 'Only orders have an amount: points per unit need the event order_placed.',
      path: ['pointsPerMajorUnit'],
    }),
  );
export type EarningRule = z.output<typeof earningRule>;

const distinctBy =
  <K extends string>(key: K) =>
  (items: readonly Record<K, unknown>[]): boolean =>
    new Set(items.map((item) => item[key])).size === items.length;

export const earningRulesSchema = z.strictObject({
  rules: z._default(
    z
      .array(earningRule)
      .check(z.maxLength(50), z.refine(distinctBy('ruleId'), { error: 'must not name a rule twice' })),
    [],
  ),
  /**
   * What a refund does where the points were spent already: take what is there, or leave a debt that the next earning
   * repays first.
   */
  refundPolicy: z._default(z.enum(['within_balance', 'debt']), 'within_balance'),
});
export type RefundPolicy = z.output<typeof earningRulesSchema>['refundPolicy'];

/** What consumers without a tier are counted under, so that no tier may be called that. */
export const NO_TIER = 'none';

const tier = z.strictObject({
  tierId: chosenId.check(z.refine((id) => id !== NO_TIER, { error: `No tier may be called ${NO_TIER}.` })),
  name: z.string().check(z.minLength(1), z.maxLength(100)),
  /** The first score that belongs to the tier. */
  threshold: z.int().check(z.gte(0), z.lte(Number.MAX_SAFE_INTEGER)),
});
export type Tier = z.output<typeof tier>;
export const tiersSchema = z.strictObject({
  tiers: z._default(
    z
      .array(tier)
      .check(
        z.maxLength(50),
        z.refine(distinctBy('tierId'), { error: 'must not name a tier twice' }),
        z.refine(distinctBy('threshold'), { error: 'must not give two tiers one threshold' }),
      ),
    [],
  ),
});

export const pointReasonsSchema = z.strictObject({
  reasons: z._default(
    z
      .array(z.strictObject({ code: chosenId, label: z.string().check(z.minLength(1), z.maxLength(200)) }))
      .check(z.maxLength(100), z.refine(distinctBy('code'), { error: 'must not name a reason twice' })),
    [],
  ),
});

/** How long a reservation holds where the caller says nothing. */
export const RESERVATION_MINUTES = 15;
