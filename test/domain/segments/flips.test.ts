import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decaying, minus } from '../../../shared/domain/decay.ts';
import type { Instant } from '../../../shared/domain/facts.ts';
import { instantOf, msOf, plusDays } from '../../../shared/domain/instants.ts';
import { compiled, evaluate } from '../../../shared/domain/segments/evaluator.ts';
import { LATEST_MS } from '../../../shared/domain/segments/moments.ts';
import type { Picture } from '../../../shared/domain/segments/picture.ts';
import type { AttributeCondition, Condition, Rule } from '../../../shared/domain/segments/rule.ts';
import { newTally, type Tallied, tallyKeyOf } from '../../../shared/domain/segments/tally.ts';
import { event } from '../metrics/histories.ts';
import { conditionHolds, exactDetail } from './naive.ts';
import { anyPicture, context, DAY_MS, HOUR_MS, NOW, NOW_MS, nearMs, pictureOf, type Some } from './pictures.ts';
import { anyCondition } from './rules.ts';

const only = (rule: Rule) => compiled([{ versionId: 'u', segmentId: 's', rule }]);
const holdsAt = (rule: Rule, picture: Picture, at: Instant): boolean =>
  evaluate(only(rule), picture, context, at).members.has(0);
const nextFlip = (rule: Rule, picture: Picture, at: Instant = NOW): Instant | null =>
  evaluate(only(rule), picture, context, at).nextFlipAt;

const at = (ms: number): Instant => instantOf(NOW_MS + ms);
const ordered = (lastOrderAt: Instant): Some => ({ metrics: { orders: 1, firstOrderAt: lastOrderAt, lastOrderAt } });
const lastOrder = (operator: 'within_last' | 'more_than_ago' | 'within_next', days: number): AttributeCondition => ({
  attribute: 'purchaseRecency.lastOrderAt',
  operator,
  value: { days },
});
const scored = (score: number, halfLifeDays = 90): Some => ({
  metrics: {
    halfLifeDays,
    loyaltySum: score < 0 ? minus('0', decaying(-score, NOW, halfLifeDays)) : decaying(score, NOW, halfLifeDays),
  },
});
const score = (operator: 'gt' | 'gte' | 'lt' | 'eq', value: number): Condition => ({
  attribute: 'loyalty.score',
  operator,
  value,
});
const anniversary = (days: number): Condition => ({
  attribute: 'birthday',
  operator: 'anniversary_within_next',
  value: { days },
});
const born = (birthday: string): Some => ({ profile: { birthday } });
const custom = (value: string | string[]): Some => ({ profile: { customAttributes: { seen: value } } });
const lot = (expiresAt: Instant | null, points: number): Some => ({
  account: {
    score: points,
    entries: 1,
    at: plusDays(NOW, -30),
    lots: [{ lotId: 'l', earnedAt: plusDays(NOW, -30), expiresAt, size: points, remaining: points }],
  },
});
const visits: Condition = { event: 'visit', measure: 'count', operator: 'gte', value: 2, within: { days: 7 } };
const visited = (...instants: Instant[]): Some => {
  const tallied: Tallied = { event: 'visit', where: [], measure: 'count', within: { days: 7 } };
  const tallying = newTally(tallied, undefined, 100);
  for (const instant of instants) tallying.add(event('visit', instant));
  return { metrics: { tallies: { [tallyKeyOf(tallied)]: tallying.tally() ?? '' } } };
};

/** At the instant the answer turns from the first to the second, and not a millisecond before. */
type Row = [claim: string, rule: Rule, picture: Some, flipsAt: Instant, holds: boolean];
describe('the next flip is foretold to the millisecond', () => {
  it.each<Row>([
    ['an order leaves the last 30 days', lastOrder('within_last', 30), ordered(at(-DAY_MS)), at(29 * DAY_MS), true],
    ['an order is more than 7 days ago', lastOrder('more_than_ago', 7), ordered(at(-DAY_MS)), at(6 * DAY_MS), false],
    ['an order just ahead comes in', lastOrder('within_last', 30), ordered(at(60_000)), at(60_000), false],
    ['what was to come is there, and past', lastOrder('within_next', 1), ordered(at(60_000)), at(60_001), true],
    ['what is far comes near', lastOrder('within_next', 1), ordered(at(3 * DAY_MS)), at(2 * DAY_MS + 1), false],
    [
      'a window of hours',
      { ...lastOrder('within_last', 1), value: { hours: 36 } },
      ordered(NOW),
      at(36 * HOUR_MS),
      true,
    ],
    ['a score leaves a number', score('gt', 100), scored(200), at(90 * DAY_MS), true],
    ['a score is below a number', score('gte', 100), scored(200), at(90 * DAY_MS + 1), true],
    ['a score comes below another', score('lt', 50), scored(200), at(180 * DAY_MS + 1), false],
    ['a score of another half-life', score('gt', 100), scored(200, 10), at(10 * DAY_MS), true],
    ['a score below zero rises', score('gt', -50), scored(-100), at(90 * DAY_MS + 1), false],
    [
      'a band ends',
      { attribute: 'loyalty.band', operator: 'eq', value: 'vip' },
      scored(300),
      at(90 * DAY_MS + 1),
      true,
    ],
    [
      'days since the last order',
      { attribute: 'purchaseRecency.daysSinceLastOrder', operator: 'gte', value: 10 },
      ordered(at(-DAY_MS)),
      at(9 * DAY_MS),
      false,
    ],
    [
      'days since the last order, beyond a number',
      { attribute: 'purchaseRecency.daysSinceLastOrder', operator: 'gt', value: 10 },
      ordered(at(-DAY_MS)),
      at(9 * DAY_MS + 1),
      false,
    ],
    [
      'the status of an order',
      { attribute: 'purchaseRecency.status', operator: 'eq', value: 'at_risk' },
      ordered(at(-8 * DAY_MS)),
      at(22 * DAY_MS),
      false,
    ],
    [
      'points expire',
      { attribute: 'points.available', operator: 'gte', value: 100 },
      lot(at(DAY_MS), 100),
      at(DAY_MS),
      true,
    ],
    [
      'points expired',
      { attribute: 'points.expired', operator: 'gt', value: 0 },
      lot(at(DAY_MS), 100),
      at(DAY_MS),
      false,
    ],
    [
      'points that expire next come near',
      { attribute: 'points.nextExpiry.at', operator: 'within_next', value: { days: 7 } },
      lot(at(10 * DAY_MS), 100),
      at(3 * DAY_MS + 1),
      false,
    ],
    ['an event leaves its window', visits, visited(at(-DAY_MS), at(-6 * DAY_MS)), at(DAY_MS), true],
    ['an anniversary comes near', anniversary(7), born('1990-06-20'), '2026-06-13T00:00:00.001Z', false],
    ['an anniversary is over', anniversary(7), born('1990-06-01'), '2026-06-02T00:00:00.000Z', true],
    ['a leap day comes on the 28th', anniversary(1), born('1988-02-29'), '2027-02-27T00:00:00.001Z', false],
    [
      'a date of an attribute',
      { attribute: 'customAttributes.seen', operator: 'within_last', value: { days: 7 } },
      custom(at(-DAY_MS)),
      at(6 * DAY_MS),
      true,
    ],
    [
      'a date of several',
      { attribute: 'customAttributes.seen', operator: 'within_last', value: { days: 7 } },
      custom(['no date', at(-DAY_MS), at(-2 * DAY_MS)]),
      at(6 * DAY_MS),
      true,
    ],
  ])('%s', (_, rule, some, flipsAt, holds) => {
    const picture = pictureOf(some);
    expect(holdsAt(rule, picture, NOW)).toBe(holds);
    let told: Instant | null = NOW;
    for (let steps = 0; told !== null && told < flipsAt && steps < 10; steps++) told = nextFlip(rule, picture, told);
    expect(told).toBe(flipsAt);
    expect(holdsAt(rule, picture, instantOf(msOf(flipsAt) - 1))).toBe(holds);
    expect(holdsAt(rule, picture, flipsAt)).toBe(!holds);
  });

  it.each<[claim: string, rule: Rule, picture: Some]>([
    ['an order that left', lastOrder('within_last', 30), ordered(at(-30 * DAY_MS))],
    ['no order', lastOrder('more_than_ago', 30), {}],
    ['a score that is below', score('gt', 100), scored(100)],
    ['no score', score('gt', 100), {}],
    ['a score below zero', score('gt', 100), scored(-100)],
    ['points that don’t expire', { attribute: 'points.available', operator: 'gt', value: 10 }, lot(null, 100)],
    ['a fixed date', { attribute: 'createdAt', operator: 'after', value: '2026-01-01' }, {}],
    [
      'the last status',
      { attribute: 'purchaseRecency.status', operator: 'eq', value: 'dormant' },
      ordered(at(-90 * DAY_MS)),
    ],
    ['the first band', { attribute: 'loyalty.band', operator: 'eq', value: 'new' }, scored(20)],
    [
      'one order, and alive for ever',
      { attribute: 'accountHealth.churnRisk.aliveProbability', operator: 'gt', value: 0.5 },
      ordered(NOW),
    ],
    ['no birthday', anniversary(7), {}],
    ['no event', visits, {}],
    ['a text', { attribute: 'customAttributes.seen', operator: 'within_last', value: { days: 7 } }, custom('no date')],
  ])('%s never flips', (_, rule, some) => {
    expect(nextFlip(rule, pictureOf(some))).toBeNull();
  });

  it('a risk crosses a number at the instant that is foretold', () => {
    const rule: Rule = { attribute: 'accountHealth.churnRisk.probability', operator: 'gte', value: 0.7 };
    const picture = pictureOf({ metrics: { orders: 5, firstOrderAt: at(-200 * DAY_MS), lastOrderAt: at(-DAY_MS) } });
    const told = nextFlip(rule, picture) ?? '';
    expect(holdsAt(rule, picture, NOW)).toBe(false);
    expect(holdsAt(rule, picture, instantOf(msOf(told) - 1))).toBe(false);
    expect(holdsAt(rule, picture, told)).toBe(true);
    const level: Rule = { attribute: 'accountHealth.churnRisk.level', operator: 'eq', value: 'high' };
    expect(holdsAt(level, picture, told)).toBe(true);
    expect(holdsAt(level, picture, instantOf(msOf(told) - 1))).toBe(false);
  });

  it('windows are whole milliseconds, at least one', () => {
    const within = (days: number): Rule => ({ ...lastOrder('within_last', 1), value: { days } });
    expect(holdsAt(within(1e-9), pictureOf(ordered(NOW)), NOW)).toBe(true);
    expect(nextFlip(within(1e-9), pictureOf(ordered(NOW)))).toBe(at(1));
    expect(nextFlip(within(0.1 + 0.2), pictureOf(ordered(NOW)))).toBe(at(25_920_000));
    expect(holdsAt(within(0.1 + 0.2), pictureOf(ordered(at(-25_920_000))), NOW)).toBe(false);
  });

  it('of several it is the earliest', () => {
    const rule: Rule = { any: [lastOrder('within_last', 30), { not: score('gt', 100) }, anniversary(3)] };
    const picture = pictureOf({
      ...born('1990-06-20'),
      metrics: { ...ordered(NOW).metrics, ...scored(200, 20).metrics },
    });
    expect(nextFlip(rule, picture)).toBe('2026-06-17T00:00:00.001Z');
  });

  it('beyond the last year that there is nothing is foretold', () => {
    const rule: Rule = { attribute: 'customAttributes.seen', operator: 'more_than_ago', value: { days: 36_500 } };
    expect(nextFlip(rule, pictureOf(custom('9990-01-01')))).toBeNull();
    expect(nextFlip(rule, pictureOf(custom('9890-01-01')))).toBe('9989-12-08T00:00:00.000Z');
  });
});

describe('at any time', () => {
  const evaluatorOf = (conditions: readonly Condition[]) =>
    compiled(conditions.map((rule, index) => ({ versionId: `u${index}`, segmentId: `s${index}`, rule })));

  it('nothing flips before the instant that is foretold', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(anyCondition, { minLength: 1, maxLength: 12 }),
        anyPicture,
        nearMs,
        fc.array(share, { minLength: 2, maxLength: 2 }),
        (conditions, picture, nowMs, shares) => {
          const { nextFlipAt } = evaluate(evaluatorOf(conditions), picture, context, instantOf(nowMs));
          const endMs = nextFlipAt === null ? LATEST_MS + 1 : msOf(nextFlipAt);
          expect(endMs).toBeGreaterThan(nowMs);
          const moments = [endMs - 1, ...shares.map((one) => Math.floor(nowMs + one ** 4 * (endMs - nowMs)))];
          const answers = (ms: number): boolean[] => {
            const detail = exactDetail(picture, context, instantOf(ms));
            return conditions.map((condition) => conditionHolds(condition, picture, detail, instantOf(ms)));
          };
          const before = answers(nowMs);
          for (const ms of moments) {
            const after = answers(Math.min(ms, endMs - 1));
            conditions.forEach((condition, index) => {
              if (before[index] === after[index]) return;
              throw new Error(`${JSON.stringify(condition)} flips by ${instantOf(ms)}, before ${nextFlipAt}`);
            });
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('who looks again at each instant that is foretold sees every flip in turn', () => {
    fc.assert(
      fc.property(
        fc.array(anyCondition, { minLength: 1, maxLength: 8 }),
        anyPicture,
        nearMs,
        (conditions, picture, nowMs) => {
          const evaluator = evaluatorOf(conditions);
          let now: Instant | null = instantOf(nowMs);
          for (let steps = 0; now !== null && steps < 12; steps++) {
            const { members, nextFlipAt } = evaluate(evaluator, picture, context, now);
            const detail = exactDetail(picture, context, now);
            const held = conditions.flatMap((one, index) =>
              conditionHolds(one, picture, detail, now ?? '') ? [index] : [],
            );
            expect([...members]).toEqual(held);
            if (nextFlipAt !== null) expect(nextFlipAt > now).toBe(true);
            now = nextFlipAt;
          }
        },
      ),
      { numRuns: 600 },
    );
  });
});
