/** What callers say and are told about points. */
import * as z from 'zod/mini';
import { chosenId, pointsAmount } from '../../shared/domain/points/settings.ts';
import { balancesShape } from '../../shared/edge/balances.ts';
import { instant } from '../../shared/edge/parameters.ts';

const reason = z.string().check(z.minLength(1), z.maxLength(500));
/** Looked up in the storefront's own translations. */
const textKey = z.optional(
  z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/, 'A key has letters, digits, _ . and -.')),
);
const saying = { reason: z.optional(reason), textKey };
const openingSaying = { reason, textKey };
const expiresAt = z.optional(instant);
const points = z.optional(pointsAmount);

/** One operation of the ledger. */
export const pointsBody = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('add'), points: pointsAmount, expiresAt, ...openingSaying }),
  z.strictObject({ type: z.literal('subtract'), points: pointsAmount, ...openingSaying }),
  z.strictObject({ type: z.literal('spend'), points: pointsAmount, ...openingSaying }),
  z.strictObject({
    type: z.literal('add_pending'),
    points: pointsAmount,
    expiresAt,
    pendingId: z.optional(chosenId),
    ...saying,
  }),
  z.strictObject({ type: z.literal('accept'), points, pendingId: chosenId, ...saying }),
  z.strictObject({ type: z.literal('reject'), points, pendingId: chosenId, ...saying }),
  z.strictObject({
    type: z.literal('reserve'),
    points: pointsAmount,
    expiresAt,
    reservationId: z.optional(chosenId),
    ...saying,
  }),
  z.strictObject({ type: z.literal('capture'), points, reservationId: chosenId, ...saying }),
  z.strictObject({ type: z.literal('release'), points, reservationId: chosenId, ...saying }),
]);

const balances = z.strictObject(balancesShape());
const lots = z.array(z.strictObject({ lotId: z.string(), points: z.int() }));
const type = z.enum([
  ...(['add', 'subtract', 'spend', 'add_pending', 'accept', 'reject'] as const),
  ...(['reserve', 'capture', 'release', 'expire', 'reverse'] as const),
]);

export const postedAnswer = z.strictObject({ entryId: z.string(), type, points: z.int(), balances, lots });

const named = z.optional(z.string());
export const ledgerPage = z.strictObject({
  items: z.array(
    z.strictObject({
      entryId: z.string(),
      at: z.string(),
      type,
      points: z.int(),
      /** After the entry. */
      balances,
      reason: z.nullable(z.string()),
      textKey: z.string(),
      actor: z.string(),
      cause: z.enum(['change', 'time']),
      lots,
      eventId: named,
      orderId: named,
      pendingId: named,
      reservationId: named,
      rewardId: named,
      claimId: named,
      challengeId: named,
      /** The earning rule as it was then. */
      rule: z.optional(z.record(z.string(), z.unknown())),
    }),
  ),
  nextCursor: z.nullable(z.string()),
});

const moment = z.nullable(z.string());
export const openLots = z.strictObject({
  items: z.array(
    z.strictObject({
      lotId: z.string(),
      points: z.int(),
      remaining: z.int(),
      earnedAt: z.string(),
      expiresAt: moment,
    }),
  ),
});

export const liabilityAnswer = z.strictObject({
  asOf: moment,
  /** Points in open lots, all of them. */
  outstanding: z.int(),
  byMonth: z.array(z.strictObject({ month: z.string(), points: z.int() })),
  /** Points that never expire. */
  unlimited: z.int(),
  reserved: z.int(),
  pending: z.int(),
  /** What members owe after refunds. */
  debt: z.int(),
});
