/** What callers send and get about events. */
import * as z from 'zod/mini';
import { attributesOf, bytesOf, KNOWN_BYTES, RESERVED_TYPES } from '../../shared/domain/event-types.ts';
import { externalId } from '../../shared/domain/external-ids.ts';
import type { Json } from '../../shared/domain/facts.ts';
import { instant, lookup } from '../../shared/edge/parameters.ts';

const eventType = z.string().check(
  z.regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, 'A type is snake_case.'),
  z.maxLength(64),
  z.refine((type) => !RESERVED_TYPES.has(type), {
    error: 'Only Regulars itself records this type.',
    params: { code: 'reserved_type' },
  }),
);

export const eventFields = {
  eventId: z.optional(externalId),
  type: eventType,
  occurredAt: z.optional(instant),
  source: z.optional(externalId),
  /** Already JSON when it comes here. */
  attributes: z.record(z.string(), z.unknown() as z.ZodMiniType<Json>),
};
type EventFields = z.output<z.ZodMiniObject<typeof eventFields>>;

/** Refuses attributes that are not those of the event's type, each by its path. */
const fitsItsType = (context: z.core.ParsePayload<EventFields>): void => {
  const { type, attributes } = context.value;
  if (bytesOf(attributes) > KNOWN_BYTES) {
    const params = { code: 'too_long' };
    const message = `Up to ${KNOWN_BYTES / 1024} KiB as JSON.`;
    context.issues.push({ code: 'custom', input: attributes, path: ['attributes'], params, message });
    return;
  }
  const issues = attributesOf(type).safeParse(attributes).error?.issues ?? [];
  for (const issue of issues) {
    context.issues.push({ ...issue, input: context.value, path: ['attributes', ...issue.path] } as z.core.$ZodRawIssue);
  }
};

/** One event of a known consumer. */
export const eventBody = z.strictObject(eventFields).check(fitsItsType);

/** One event of a batch; it says whose it is. */
export const batchEvent = z
  .strictObject({
    ...eventFields,
    consumerId: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
    lookup: z.optional(lookup),
  })
  .check(
    fitsItsType,
    z.refine(({ consumerId, lookup }) => (consumerId === undefined) !== (lookup === undefined), {
      error: 'Name the consumer by either consumerId or lookup.',
      path: ['consumerId'],
    }),
  );
export type BatchEvent = z.output<typeof batchEvent>;

const MOST_IN_BATCH = 100;
/** Each event is parsed by itself, as `batchEvent`: one that is wrong spoils no other. */
export const batchBody = z.strictObject({
  events: z.array(z.unknown()).check(z.minLength(1), z.maxLength(MOST_IN_BATCH)),
});

/** What an event earned; `skipped` names the rules for its type that gave nothing, and why. */
const earned = z.strictObject({
  awarded: z.int(),
  pending: z.int(),
  skipped: z.optional(
    z.array(
      z.strictObject({
        ruleId: z.string(),
        reason: z.enum(['module_off', 'not_member', 'not_in_audience', 'cap_per_day', 'cap_per_month']),
      }),
    ),
  ),
});
const recorded = { eventId: z.string(), type: z.string(), occurredAt: z.string(), points: z.optional(earned) };
export const recordedAnswer = z.strictObject(recorded);

const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  errors: z.optional(z.array(z.strictObject({ path: z.string(), code: z.string(), message: z.string() }))),
});
export const batchAnswer = z.strictObject({
  items: z.array(
    z.strictObject({
      index: z.int(),
      status: z.enum(['created', 'duplicate', 'rejected']),
      eventId: z.optional(z.string()),
      points: z.optional(earned),
      problem: z.optional(problem),
    }),
  ),
});

export const eventsPage = z.strictObject({
  items: z.array(
    z.strictObject({
      ...recorded,
      source: z.nullable(z.string()),
      attributes: z.record(z.string(), z.unknown()),
      receivedAt: z.string(),
    }),
  ),
  nextCursor: z.nullable(z.string()),
});
