/** What callers say and are told about challenges. */
import * as z from 'zod/mini';
import { whereSchema } from '../../shared/domain/conditions/where.ts';
import { PROGRESS_DECIMALS } from '../../shared/domain/points/challenges.ts';
import { chosenId, eventType, MOST_POINTS } from '../../shared/domain/points/settings.ts';
import { cursor, displayName, endsAfterStart, limit, offerFields, offerShown } from '../../shared/edge/parameters.ts';

const kind = z.enum(['custom', 'activity']);
const measure = z.union([
  z.literal('count'),
  z.strictObject({
    /** A dotted path of the event's attributes. */
    sum: z.string().check(z.minLength(1), z.maxLength(200)),
  }),
]);
const target = z.number().check(
  z.gt(0),
  z.lte(MOST_POINTS),
  z.refine((value) => Number(value.toFixed(PROGRESS_DECIMALS)) === value, {
    error: `Up to ${PROGRESS_DECIMALS} decimals.`,
  }),
);
/** Events of this type that meet all conditions, counted or summed up, until the target is reached. */
const goal = z.strictObject({ event: eventType, where: z._default(whereSchema, []), measure, target });

/** Created with an id that the caller chose, or that is made for it. */
export const challengeBody = z
  .strictObject({
    challengeId: z.optional(chosenId),
    name: displayName,
    kind,
    goal,
    /** On completion. */
    points: z.int().check(z.gte(0), z.lte(MOST_POINTS)),
    ...offerFields,
    /** Whether it begins anew once it is completed; what goes beyond the target counts. */
    repeatable: z._default(z.boolean(), false),
  })
  .check(
    endsAfterStart,
    z.refine(({ kind, goal }) => kind !== 'activity' || goal.event === 'activity', {
      error: 'An activity challenge is about the event activity.',
      path: ['goal', 'event'],
    }),
  );

export const challengeParams = z.strictObject({ challengeId: z.string().check(z.minLength(1), z.maxLength(128)) });
export const pageQuery = z.strictObject({ limit, cursor });

const moment = z.nullable(z.string());
const shown = { challengeId: z.string(), name: z.string(), kind, points: z.int(), repeatable: z.boolean() };

export const challengeAnswer = z.strictObject({
  ...shown,
  goal: z.strictObject({ event: z.string(), where: whereSchema, measure, target: z.number() }),
  ...offerShown,
  version: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export const challengesPage = z.strictObject({ items: z.array(challengeAnswer), nextCursor: z.nullable(z.string()) });

export const progressPage = z.strictObject({
  items: z.array(
    z.strictObject({
      ...shown,
      activeFrom: moment,
      activeUntil: moment,
      /** Whether it takes events of now. */
      running: z.boolean(),
      /** Whether the consumer is one of those whom it is for, and a member of the programme: of others no events count. */
      inAudience: z.boolean(),
      /** Since the last completion, where it is repeatable. */
      progress: z.number(),
      target: z.number(),
      completions: z.int(),
      /** The last time. */
      completedAt: moment,
    }),
  ),
  nextCursor: z.nullable(z.string()),
});
