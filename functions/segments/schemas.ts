/** What callers say and are told about segments. */
import * as z from 'zod/mini';
import { chosenId } from '../../shared/domain/points/settings.ts';
import { parsedRule, type Rule } from '../../shared/domain/segments/rule.ts';
import { consumerIdParam, cursor, displayName, instant, limit } from '../../shared/edge/parameters.ts';

/** Parsed by itself, level by level: rules nest deeper than a schema should. */
const rule = z.unknown();

export const newSegmentBody = z.strictObject({ segmentId: z.optional(chosenId), name: displayName, rule });
export const segmentBody = z.strictObject({ segmentId: z.optional(chosenId), name: displayName, rule });
export const previewBody = z.strictObject({ rule, segmentId: z.optional(chosenId) });
export const segmentParams = z.strictObject({ segmentId: chosenId });
export const pageQuery = z.strictObject({ limit, cursor });
export const explainParams = z.strictObject({ segmentId: chosenId, ...consumerIdParam.shape });
export const explainQuery = z.strictObject({ at: z.optional(instant) });

/** Refuses a rule that cannot be, by the path to its fault. */
export const ruleIn = (body: { rule?: unknown }): Rule => parsedRule(body.rule, 'rule');

const moment = z.nullable(z.string());
const count = z.int();
const segment = {
  segmentId: z.string(),
  name: z.string(),
  rule: z.nullable(z.record(z.string(), z.unknown())),
  source: z.enum(['rule', 'import']),
  /** While it is `backfilling`, the members of the rule before are told. */
  status: z.enum(['backfilling', 'live']),
  progressPercent: z.number(),
  memberCount: count,
  refreshedAt: moment,
  version: count,
  createdAt: z.string(),
  updatedAt: z.string(),
};
export const segmentAnswer = z.strictObject(segment);
export const segmentsPage = z.strictObject({ items: z.array(segmentAnswer), nextCursor: moment });

const named = { consumerId: z.string(), fullName: z.nullable(z.string()), email: z.nullable(z.string()) };
export const membersPage = z.strictObject({
  items: z.array(z.strictObject({ ...named, enteredAt: z.string() })),
  nextCursor: moment,
});

const sampled = z.strictObject({ count, sample: z.array(z.strictObject(named)) });
export const previewAnswer = z.strictObject({
  ...sampled.shape,
  entering: z.optional(sampled),
  leaving: z.optional(sampled),
});

export const explainAnswer = z.strictObject({
  matches: z.boolean(),
  /** Nodes: `{kind, matches, children?, condition?, actual?}`. */
  tree: z.record(z.string(), z.unknown()),
});

export const attributesAnswer = z.strictObject({
  items: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.string(),
      operators: z.array(z.string()),
      unit: z.optional(z.string()),
      values: z.optional(z.array(z.string())),
    }),
  ),
  nextCursor: z.null(),
});

export const templatesAnswer = z.strictObject({
  items: z.array(z.strictObject({ templateId: z.string(), name: z.string(), rule: z.record(z.string(), z.unknown()) })),
  nextCursor: z.null(),
});
