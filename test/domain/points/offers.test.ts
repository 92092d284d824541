import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../../shared/domain/facts.ts';
import { isEveryone, isInAudience, type Memberships } from '../../../shared/domain/points/audience.ts';
import {
  advanced,
  type Challenge,
  contribution,
  NO_PROGRESS,
  type Progress,
} from '../../../shared/domain/points/challenges.ts';
import { type Reward, reasonsAgainst } from '../../../shared/domain/points/rewards.ts';
import { event } from '../metrics/histories.ts';

const NOW = '2026-03-01T12:00:00.000Z';
const JUST_BEFORE = '2026-03-01T11:59:59.999Z';
const everyone = { segments: [], lists: [] };
const members = (segments: string[], lists: string[] = []): Memberships => ({
  segments: new Set(segments),
  lists: new Set(lists),
});
const nobody = members([]);

describe('an audience', () => {
  it.each<[string, Parameters<typeof isInAudience>[0], Memberships, boolean]>([
    ['none named', undefined, nobody, true],
    ['of everyone', everyone, nobody, true],
    ['its segment', { segments: ['s1'], lists: [] }, members(['s1']), true],
    ['one of its segments', { segments: ['s1', 's2'], lists: [] }, members(['s2']), true],
    ['its list, not its segment', { segments: ['s1'], lists: ['l1'] }, members([], ['l1']), true],
    ['its segment, not its list', { segments: ['s1'], lists: ['l1'] }, members(['s1']), true],
    ['none of them', { segments: ['s1'], lists: ['l1'] }, members(['s2'], ['l2']), false],
    ['a list by the name of its segment', { segments: ['s1'], lists: [] }, members([], ['s1']), false],
    ['a segment by the name of its list', { segments: [], lists: ['l1'] }, members(['l1']), false],
  ])('%s', (_, audience, memberships, isIn) => {
    expect(isInAudience(audience, memberships)).toBe(isIn);
  });

  it.each([
    [everyone, true],
    [{ segments: ['s1'], lists: [] }, false],
    [{ segments: [], lists: ['l1'] }, false],
  ])('%j is everyone: %s', (audience, isAll) => {
    expect(isEveryone(audience)).toBe(isAll);
  });
});

describe('against a claim of a reward', () => {
  const reward: Reward = {
    ...{ rewardId: 'r1', name: 'Mug', costPoints: 10, limitPerConsumer: null, audience: everyone, status: 'active' },
    ...{ activeFrom: null, activeUntil: null },
  };
  const claimer = { isActive: true, memberships: members(['s1']) };
  it.each<[string, Partial<Reward>, Partial<typeof claimer>, string[]]>([
    ['speaks nothing', {}, {}, []],
    ['its state', { status: 'inactive' }, {}, ['reward_inactive']],
    ['that it has not begun', { activeFrom: '2026-03-01T12:00:00.001Z' }, {}, ['not_started']],
    ['nothing, as it begins', { activeFrom: NOW }, {}, []],
    ['nothing, 1 ms before it ends', { activeUntil: '2026-03-01T12:00:00.001Z' }, {}, []],
    ['that it ends now', { activeUntil: NOW }, {}, ['ended']],
    ['that it ended', { activeUntil: JUST_BEFORE }, {}, ['ended']],
    ['the audience', { audience: { segments: ['s2'], lists: ['l1'] } }, {}, ['not_in_audience']],
    ['nothing, in the audience', { audience: { segments: ['s1'], lists: [] } }, {}, []],
    ['an inactive consumer', {}, { isActive: false }, ['consumer_inactive']],
    [
      'all of it at once',
      { status: 'inactive', activeFrom: '2027-01-01T00:00:00.000Z', audience: { segments: ['s2'], lists: [] } },
      { isActive: false },
      ['reward_inactive', 'not_started', 'not_in_audience', 'consumer_inactive'],
    ],
  ])('%s', (_, change, who, reasons) => {
    expect(reasonsAgainst({ ...reward, ...change }, { ...claimer, ...who }, NOW)).toEqual(reasons);
  });
});

const challengeOf = (goal: Partial<Challenge['goal']>, change: Partial<Challenge> = {}): Challenge => ({
  ...{ challengeId: 'c1', name: 'Walk', kind: 'custom', points: 5, audience: everyone, repeatable: false },
  ...{ activeFrom: null, activeUntil: null },
  ...change,
  goal: { event: 'activity', where: [], measure: 'count', target: 10, ...goal },
});

describe('an event brings to a challenge', () => {
  const walked = (attributes: JsonObject, at = NOW) => event('activity', at, attributes);
  const steps = { measure: { sum: 'quantity' } };
  const isWalk = { where: [{ attribute: 'kind', operator: 'eq' as const, value: 'fitbit_steps' }] };
  it.each<[string, number, Challenge, JsonObject]>([
    ['one, counted', 1, challengeOf({}), { kind: 'fitbit_steps', quantity: 900 }],
    ['its number, summed up', 900.5, challengeOf(steps), { quantity: 900.5 }],
    [
      'all its numbers',
      5,
      challengeOf({ measure: { sum: 'items.quantity' } }),
      { items: [{ quantity: 2 }, { quantity: 3 }] },
    ],
    ['nothing without a number', 0, challengeOf(steps), { quantity: 'many' }],
    ['nothing where the number is negative', 0, challengeOf(steps), { quantity: -3 }],
    ['a number that can still be counted', 1e12, challengeOf(steps), { quantity: [1e308, 1e308] }],
    ['nothing of another type', 0, challengeOf({ event: 'visit' }), {}],
    ['one that meets the condition', 1, challengeOf(isWalk), { kind: 'fitbit_steps' }],
    ['nothing that doesn’t', 0, challengeOf(isWalk), { kind: 'fitbit_floors' }],
    ['nothing outside the audience', 0, challengeOf({}, { audience: { segments: ['s1'], lists: [] } }), {}],
    ['nothing before it begins', 0, challengeOf({}, { activeFrom: '2026-03-01T12:00:00.001Z' }), {}],
    ['one as it begins', 1, challengeOf({}, { activeFrom: NOW }), {}],
    ['nothing as it ends', 0, challengeOf({}, { activeUntil: NOW }), {}],
    ['one just before', 1, challengeOf({}, { activeUntil: '2026-03-01T12:00:00.001Z' }), {}],
  ])('%s', (_, amount, challenge, attributes) => {
    expect(contribution(challenge, walked(attributes), nobody, '2027-01-01T00:00:00.000Z')).toBe(amount);
  });

  it('its part by when it happened, and by who the consumer is', () => {
    const march = challengeOf({}, { activeFrom: NOW, audience: { segments: [], lists: ['l1'] } });
    expect(contribution(march, walked({}, JUST_BEFORE), members([], ['l1']), NOW)).toBe(0);
    expect(contribution(march, walked({}), members([], ['l1']), NOW)).toBe(1);
  });
});

describe('progress', () => {
  const once = (target: number) => challengeOf({ target });
  const again = (target: number) => challengeOf({ target }, { repeatable: true });
  const progressAfter = (challenge: Challenge, ...amounts: number[]): { progress: Progress; times: number[] } => {
    let progress = NO_PROGRESS;
    const times = amounts.map((amount) => {
      const next = advanced(challenge, progress, amount, NOW);
      progress = next.progress;
      return next.times;
    });
    return { progress, times };
  };

  it.each<[string, Challenge, number[], number[], number]>([
    ['below the target', once(3), [1, 1], [0, 0], 2],
    ['at the target', once(3), [1, 1, 1], [0, 0, 1], 3],
    ['beyond it', once(3), [2, 2], [0, 1], 4],
    ['once only', once(3), [3, 3, 3], [1, 0, 0], 3],
    ['once, though it is reached twice at once', once(3), [7], [1], 7],
    ['again and again', again(3), [1, 1, 1, 1, 1, 1, 1], [0, 0, 1, 0, 0, 1, 0], 1],
    ['several times at once, what is over counts on', again(3), [7, 2], [2, 1], 0],
    ['decimals add up', once(1), Array(10).fill(0.1), [...Array(9).fill(0), 1], 1],
    ['decimals divide', again(0.1), [0.3], [3], 0],
    ['decimals divide, with something over', again(0.7), [2.2], [3], 0.1],
    ['not one step too early', once(10_000_000), [9_999_996, 3, 1], [0, 0, 1], 10_000_000],
    ['not a fraction too early', once(1_000_000_000), [999_999_999.999999, 0.000001], [0, 1], 1_000_000_000],
    ['a thousand times at once at most, what is over waits', again(1), [2_500, 1, 1], [1_000, 1_000, 502], 0],
  ])('%s', (_, challenge, amounts, times, left) => {
    const { progress, times: seen } = progressAfter(challenge, ...amounts);
    expect(seen).toEqual(times);
    expect(progress).toEqual({
      progress: left,
      completions: times.reduce((sum, one) => sum + one, 0),
      completedAt: times.some((one) => one > 0) ? NOW : null,
    });
  });

  it('says when it was completed last', () => {
    const done = advanced(once(1), NO_PROGRESS, 1, NOW).progress;
    expect(advanced(once(1), done, 1, '2027-01-01T00:00:00.000Z').progress).toBe(done);
    const twice = advanced(again(1), done, 1, '2027-01-01T00:00:00.000Z').progress;
    expect(twice.completedAt).toBe('2027-01-01T00:00:00.000Z');
  });

  it('is the same where the event brings nothing', () => {
    expect(advanced(once(1), NO_PROGRESS, 0, NOW)).toEqual({ progress: NO_PROGRESS, times: 0 });
  });

  it('of any decimals completes exactly as whole millionths do, however they are portioned', () => {
    const micros = fc.oneof(
      fc.integer({ min: 1, max: 3_000_000 }),
      fc.integer({ min: 1, max: 900 }).map((n) => n * 100_000),
    );
    fc.assert(
      fc.property(
        fc.array(micros, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 100_000, max: 5_000_000 }),
        (all, target) => {
          const { progress, times } = progressAfter(again(target / 1e6), ...all.map((one) => one / 1e6));
          const sum = all.reduce((total, one) => total + one, 0);
          expect(progress.completions).toBe(Math.floor(sum / target));
          expect(progress.progress).toBe((sum % target) / 1e6);
          expect(times.reduce((total, one) => total + one, 0)).toBe(progress.completions);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
