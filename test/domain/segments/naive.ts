/**
 * Rules read off the product page, slowly: values by their path from an object like the detail, made with nothing of the
 * registry; conditions by the conditions of events; groups by walking the tree.
 */
import { completenessOf } from '../../../shared/domain/completeness.ts';
import { isMet } from '../../../shared/domain/conditions/met.ts';
import { valuesAt } from '../../../shared/domain/conditions/values.ts';
import type { WhereCondition } from '../../../shared/domain/conditions/where.ts';
import { identityLevelOf } from '../../../shared/domain/consumer/identity.ts';
import { decayedAt } from '../../../shared/domain/decay.ts';
import type { Instant, Json, JsonObject } from '../../../shared/domain/facts.ts';
import { daysBetween, msOf } from '../../../shared/domain/instants.ts';
import { bestSendTime } from '../../../shared/domain/metrics/best-send-time.ts';
import { churnRiskOf } from '../../../shared/domain/metrics/churn-risk.ts';
import { purchaseRecencyOf } from '../../../shared/domain/metrics/read.ts';
import { caughtUp } from '../../../shared/domain/points/passing-of-time.ts';
import { opened } from '../../../shared/domain/points/posting.ts';
import type { Picture, RuleContext } from '../../../shared/domain/segments/picture.ts';
import {
  type AttributeCondition,
  type Condition,
  type EventCondition,
  type Rule,
  talliedIn,
} from '../../../shared/domain/segments/rule.ts';
import { tallyKeyOf, tallyValueAt } from '../../../shared/domain/segments/tally.ts';
import { rankedOf } from '../../../shared/domain/summary.ts';
import { pointsShown, tierShown } from '../../../shared/usecases/points/shown.ts';
import { clerk } from './pictures.ts';

/** The detail with exact numbers; sets as lists of their names. */
export function exactDetail(picture: Picture, context: RuleContext, now: Instant): JsonObject {
  const { profile, metrics } = picture;
  const { lastEventAt } = metrics;
  const detail = {
    ...profile,
    identityLevel: identityLevelOf(profile),
    lastActivityAt: lastEventAt !== null && lastEventAt > profile.createdAt ? lastEventAt : profile.createdAt,
    ...metricsParts(picture, context, now),
    locationContext: {
      ...(metrics.place?.value ?? { city: null, region: null, country: null }),
      timezone: metrics.timezone?.value ?? null,
      bestSendTime: bestSendTime(metrics.engagedMinutes, metrics.timezone?.value ?? null, now),
    },
    ...pointsParts(picture, context, now),
  };
  const whole = detail as unknown as JsonObject;
  const profileCompleteness = completenessOf(whole, context.settings.profile.completenessFields);
  return {
    ...whole,
    profileCompleteness,
    tags: profile.tags.map(({ name }) => name),
    consents: Object.fromEntries(
      Object.entries(profile.consents).flatMap(([channel, said]) => {
        const { marketing } = said ?? {};
        return marketing ? [[channel, { ...marketing }]] : [];
      }),
    ),
    syncSources: Object.fromEntries(profile.syncSources.map((one) => [one.source, { ...one }])),
    lists: [...picture.lists],
    claimedRewards: Object.keys(picture.claims).filter((id) => (picture.claims[id] ?? 0) > 0),
    completedChallenges: Object.keys(picture.challenges).filter((id) => (picture.challenges[id]?.completions ?? 0) > 0),
    challenges: { ...picture.challenges } as unknown as Json,
  };
}

function metricsParts({ metrics }: Picture, { summary, churnModel, settings }: RuleContext, now: Instant) {
  const ranked = rankedOf(metrics, metrics.eligible);
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const placeOf = (dimension: 'activity' | 'frequency' | 'monetary', value: number) => {
    const percentile = summary && ranked ? summary[dimension].percentileOf(ranked[dimension]) : null;
    const rank = percentile === null ? null : Math.min(5, 1 + Math.floor(percentile / 20));
    return { value, percentile, rank };
  };
  const { orders, paidMinor, firstOrderAt, lastOrderAt } = metrics;
  const value = paidMinor - metrics.refundedMinor;
  const rfm = {
    activity: placeOf('activity', decayedAt(metrics.activitySum, metrics.activityHalfLifeDays, now)),
    frequency: placeOf('frequency', orders),
    monetary: placeOf('monetary', value),
  };
  const score = decayedAt(metrics.loyaltySum, metrics.halfLifeDays, now);
  const bands = settings.loyalty.bands;
  const spanDays = firstOrderAt && lastOrderAt ? daysBetween(firstOrderAt, lastOrderAt) : 0;
  const churn = churnRiskOf(metrics, churnModel, now);
  return {
    rfm,
    customerValue: {
      orders,
      lifetimeValueMinor: value,
      averageOrderValueMinor: share(paidMinor, orders),
      percentile: rfm.monetary.percentile,
    },
    purchaseRecency: {
      lastOrderAt,
      daysSinceLastOrder: lastOrderAt === null ? null : Math.max(0, daysBetween(lastOrderAt, now)),
      orderCadenceDays: orders < 2 ? null : spanDays / (orders - 1),
      status: purchaseRecencyOf(metrics, now).status,
    },
    engagementHealth: {
      messagesSent: metrics.messagesSent,
      messagesEngaged: metrics.messagesEngaged,
      responseRatePercent: share(100 * metrics.messagesEngaged, metrics.messagesSent),
      lastEngagedAt: metrics.lastEngagedAt,
    },
    accountHealth: {
      returnRatePercent: share(100 * metrics.ordersReturned, orders),
      churnRisk: churn && { ...churn, ...exactRisk(metrics, churnModel, now) },
    },
    loyalty: {
      score,
      band: (bands.findLast(({ from }) => score >= from) ?? bands[0])?.band ?? null,
      activityRank: rfm.activity.rank,
      frequencyRank: rfm.frequency.rank,
      monetaryRank: rfm.monetary.rank,
    },
  };
}

/** P(alive) and the risk, by the formula of the product page. */
function exactRisk(
  { orders, firstOrderAt, lastOrderAt }: Picture['metrics'],
  model: RuleContext['churnModel'],
  now: Instant,
) {
  const { r, alpha, a, b } = model;
  const x = orders - 1;
  const tx = firstOrderAt && lastOrderAt ? daysBetween(firstOrderAt, lastOrderAt) : 0;
  const T = Math.max(tx, firstOrderAt ? daysBetween(firstOrderAt, now) : 0);
  const logOdds = Math.log(a / (b + x - 1)) + (r + x) * Math.log((alpha + T) / (alpha + tx));
  const aliveProbability = x === 0 ? 1 : 1 / (1 + Math.exp(logOdds));
  return { aliveProbability, probability: 1 - aliveProbability * (1 - ((alpha + T) / (alpha + T + 90)) ** (r + x)) };
}

function pointsParts({ profile, account }: Picture, context: RuleContext, now: Instant) {
  const then = caughtUp(opened(account), clerk, now).account;
  const { tiersUpdatedAt, settings } = context;
  const since = tiersUpdatedAt !== null && tiersUpdatedAt > profile.createdAt ? tiersUpdatedAt : profile.createdAt;
  return { points: pointsShown(then), tier: tierShown(then, settings, since) };
}

/** `segmentIds`: the segments that the consumer is in. */
export function naivelyHolds(
  rule: Rule,
  picture: Picture,
  context: RuleContext,
  now: Instant,
  segmentIds: readonly string[],
): boolean {
  const detail = { ...exactDetail(picture, context, now), segments: [...segmentIds] };
  const walk = (node: Rule): boolean => {
    if ('all' in node) return node.all.every(walk);
    if ('any' in node) return node.any.some(walk);
    return 'not' in node ? !walk(node.not) : conditionHolds(node, picture, detail, now);
  };
  return walk(rule);
}

export function conditionHolds(condition: Condition, picture: Picture, detail: JsonObject, now: Instant): boolean {
  if ('event' in condition) return eventHolds(condition, picture, now);
  if (condition.attribute === 'segments') return segmentHolds(condition, detail['segments'] as string[]);
  return isMet(condition as WhereCondition, actualIn(detail, condition.attribute), now);
}

/** Segments are named by their very ids. */
function segmentHolds({ operator, value }: AttributeCondition, own: readonly string[]): boolean {
  const named = [value].flat().map(String);
  if (operator === 'contains_all') return named.every((id) => own.includes(id));
  return named.some((id) => own.includes(id)) === (operator !== 'not_contains_any');
}

export function actualIn(detail: JsonObject, path: string): Json | undefined {
  if (path === 'syncSources') return Object.keys((detail['syncSources'] ?? {}) as JsonObject);
  const counted = /^challenges\.[^.]+\.(progress|completions)$/.test(path);
  return valuesAt(detail, path) ?? (counted ? 0 : undefined);
}

function eventHolds(condition: EventCondition, { metrics }: Picture, now: Instant): boolean {
  const tallied = talliedIn(condition);
  const counted = tallyValueAt(metrics.tallies[tallyKeyOf(tallied)], tallied, msOf(now));
  const { operator, value } = condition;
  return isMet({ attribute: 'a', operator, value }, counted, now);
}
