/** Why a consumer is in a segment or out of it, condition by condition; now, or as of a past instant. */

import { archivesAt } from '../../../domain/consumer/archiving.ts';
import type { Instant } from '../../../domain/facts.ts';
import { newFold } from '../../../domain/metrics/fold.ts';
import type { Account } from '../../../domain/points/account.ts';
import { emptyAccount, LOT_DIRECTION } from '../../../domain/points/account.ts';
import { given, withoutParts } from '../../../domain/points/lots.ts';
import { Refusal } from '../../../domain/refusal.ts';
import { evaluate } from '../../../domain/segments/evaluator.ts';
import { type Explained, explained } from '../../../domain/segments/explain.ts';
import { parsedRule, type Rule } from '../../../domain/segments/rule.ts';
import { absenceOf } from '../../common/absence.ts';
import { archiveAfterDaysAt } from '../../insights/archiving.ts';
import { rebuildMetrics } from '../../insights/rebuild-metrics.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ConsumerState, Store } from '../../ports/store.ts';
import { asOf, type CompiledSegments, pictureFor, readCompiledSegments } from '../flips/compiled.ts';
import { holds } from '../flips/state.ts';
import { asSeen } from './segments.ts';

export interface Question {
  segmentId: string;
  consumerId: string;
  at?: Instant | undefined;
  now: Instant;
}

/**
 * By the rule that is told; by the new one before the first has its members. As of a past instant, events, metrics and
 * points are those of then, and so are the segments that they make; all else is as it is now. Of who is archived, that is
 * the first of the reasons. Throws `Refusal` `not_found` and `consumer_not_found`; of a time before the consumer there is
 * nothing to tell.
 */
export const explainMembership = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  { segmentId, consumerId, at, now }: Question,
): Promise<Explained> => {
  const [[found], compiledSegments] = await Promise.all([
    deps.store.get([{ kind: 'segment', segmentId }], true),
    readCompiledSegments(deps.store),
  ]);
  const segment = asSeen(found, {});
  const rule = (segment.live ?? segment.filling)?.rule;
  if (!rule) throw new Refusal('not_found', 'Another system says who is in this segment: there is no rule.');
  const picture = await pictureAt(deps, compiledSegments, consumerId, { at, now });
  const instant = at === undefined || at >= now ? asOf(picture, now) : at;
  const parsed = parsedRule(rule);
  const asked = picture.profile.archived ? { all: [NOT_ARCHIVED, parsed] } : parsed;
  const segments = segmentsAt(picture, compiledSegments, instant);
  return explained(asked, pictureFor(picture), compiledSegments.context, instant, segments);
};

/** The segments whose rules hold of the picture, however far the telling of it is; those that others fill, as they stand. */
const segmentsAt = (
  picture: ConsumerState,
  { evaluator, context, segments, imported, catalogue }: CompiledSegments,
  at: Instant,
): ReadonlySet<string> => {
  const evaluated = evaluate(evaluator, pictureFor(picture), context, at);
  const held = picture.profile.archived ? [] : segments.filter(({ live }) => holds(evaluated, live));
  const ruleVersions = Object.keys(picture.memberships?.ruleVersions ?? {}).map(Number);
  const others = ruleVersions.flatMap((ruleVersion) =>
    imported.has(ruleVersion) ? (catalogue.live.get(ruleVersion) ?? []) : [],
  );
  return new Set([...held, ...others].map(({ segmentId }) => segmentId));
};

/** What all rules ask besides. */
const NOT_ARCHIVED: Rule = { attribute: 'archived', operator: 'eq', value: false };

const pictureAt = async (
  deps: Pick<Deps, 'store' | 'pause'>,
  { scoring }: CompiledSegments,
  consumerId: string,
  { at, now }: { at: Instant | undefined; now: Instant },
): Promise<ConsumerState> => {
  const { store } = deps;
  let picture = await store.stateOf(consumerId);
  if (picture && picture.metrics.scoringVersion !== scoring.version) {
    await rebuildMetrics(deps, consumerId, { now, always: false });
    picture = await store.stateOf(consumerId);
  }
  if (picture === null) throw await absenceOf(store, consumerId);
  if (at !== undefined && at < picture.profile.createdAt) {
    throw new Refusal('consumer_not_found', 'There was no such consumer yet.');
  }
  if (at === undefined || at >= now) return picture;
  const then = await pictureThen(store, scoring, picture, at);
  const archived = archivesAt(then.profile, then.metrics, await archiveAfterDaysAt(store, at)) <= at;
  return { ...then, profile: { ...then.profile, archived } };
};

/** The head as the events and the ledger up to an instant leave it. */
const pictureThen = async (
  store: Store,
  { rules }: CompiledSegments['scoring'],
  picture: ConsumerState,
  at: Instant,
): Promise<ConsumerState> => {
  const { consumerId } = picture.profile;
  const fold = newFold(rules);
  for await (const event of store.historyOf(consumerId)) if (event.occurredAt <= at) fold.add(event);
  const account = picture.account && { ...picture.account, ...(await accountThen(store, consumerId, at)) };
  return { ...picture, metrics: { ...picture.metrics, ...fold.folded().metrics }, account };
};

/** Lots and balances, entry by entry. What was held then is told by its sums alone. */
const accountThen = async (store: Store, consumerId: string, at: Instant): Promise<Partial<Account>> => {
  const account: Account = { ...emptyAccount() };
  let cursor: string | undefined;
  const entries = [];
  do {
    const page = await store.ledgerOf(consumerId, { limit: 1_000, cursor });
    entries.push(...page.items.filter((entry) => entry.at <= at));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  for (const { type, parts, balances } of entries.reverse()) {
    const { available: _, ...sums } = balances;
    Object.assign(account, sums);
    const direction = LOT_DIRECTION[type];
    if (direction > 0) account.lots = given(account.lots, parts);
    if (direction < 0) account.lots = withoutParts(account.lots, parts);
  }
  const { score, spent, pending, reserved, expired, lots } = account;
  // What time did to points after then, it has not done yet.
  const newest = entries.at(-1)?.at ?? null;
  return { score, spent, pending, reserved, expired, lots, at: newest, holds: [] };
};
