import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { balancesOf } from '../../../shared/domain/points/account.ts';
import { acceptAwards, type Earned, type EarningTerms } from '../../../shared/domain/points/awards.ts';
import { caughtUp } from '../../../shared/domain/points/passing-of-time.ts';
import { type EarningRule, MOST_POINTS, modulesSchema } from '../../../shared/domain/points/settings.ts';
import { event } from '../metrics/histories.ts';
import { clerk, lotsIn } from './books.ts';
import { earnt, NOW, orderOf, termsOf } from './terms.ts';

const review: EarningRule = { ruleId: 'r', event: 'review_written', points: 10 };
const perUnit: EarningRule = { ruleId: 'u', event: 'order_placed', pointsPerMajorUnit: 1 };
const reviewAt = (at: string) => event('review_written', at);
const first = (terms: EarningTerms, one = reviewAt(NOW)): Earned | null => earnt(terms, [one]).earned[0] ?? null;
const modules = (off: Partial<EarningTerms['modules']>) => ({ modules: modulesSchema.parse(off) });

describe('an event', () => {
  it('earns nothing, and has nothing to say about it, where no rule is about its type', () => {
    expect(earnt(termsOf([]), [reviewAt(NOW)])).toMatchObject({ earned: [null], awards: [] });
    expect(first(termsOf([review]), event('visit', NOW))).toBeNull();
  });

  it('earns by every rule about its type, each in an entry of its own that keeps the rule as it was', () => {
    const rules = [review, { ...review, ruleId: 's', points: 3, pendingDays: 2 }, { ...perUnit, ruleId: 't' }];
    const { books, earned } = earnt(termsOf(rules), [event('review_written', NOW, {}, 'e1')]);
    expect(earned).toEqual([{ awarded: 10, pending: 3 }]);
    expect(
      books.entries.map(({ type, points, reason, textKey, about }) => [type, points, reason, textKey, about]),
    ).toEqual([
      ['add', 10, 'rule:r', 'point_add', { eventId: 'e1', rule: rules[0] }],
      ['add_pending', 3, 'rule:s', 'point_add', expect.objectContaining({ eventId: 'e1', rule: rules[1] })],
    ]);
  });

  it('of an order leaves an award for each rule, by which refunds will find what it gave', () => {
    const rules = [perUnit, { ...perUnit, ruleId: 'f', pointsPerMajorUnit: undefined, points: 7, pendingDays: 1 }];
    const { books, awards } = earnt(termsOf(rules), [orderOf(500)]);
    const [added, waiting] = books.entries;
    expect(awards).toEqual([
      { ruleId: 'u', points: 5, lotId: added?.entryId, holdId: null, taken: 0 },
      { ruleId: 'f', points: 7, lotId: null, holdId: waiting?.entryId, taken: 0 },
    ]);
    expect(books.account.lots[0]?.lotId).toBe(added?.entryId);
    expect(books.account.holds).toMatchObject([{ holdId: waiting?.entryId, orderId: 'o1' }]);
    expect(books.entries.map(({ about }) => about.orderId)).toEqual(['o1', 'o1']);
  });
});

describe('points per major unit', () => {
  it.each([
    [1, 999, 2, 9],
    [1, 1_000, 2, 10],
    [1, 1_999, 2, 19],
    [0.29, 10_000, 2, 29],
    [0.57, 10_000, 2, 57],
    [0.1, 3_000, 2, 3],
    [0.1, 3_099, 2, 3],
    [1.1, 1_000, 2, 11],
    [2.675, 20_000, 2, 535],
    [0.000001, 100_000_000, 2, 1],
    [0.000001, 99_999_999, 2, 0],
    [0.01, 1_050, 0, 10],
    [1, 1_050, 0, 1_050],
    [0.3, 10, 0, 3],
    [1, 12_999, 3, 12],
    [0.29, 100_000, 3, 29],
    [1.005, 1_000_000, 3, 1_005],
    [5, 0, 2, 0],
  ])('%d of %d minor units with %d digits: %d', (pointsPerMajorUnit, totalMinor, currencyDigits, points) => {
    const rule = { ...perUnit, pointsPerMajorUnit };
    const { earned, awards } = earnt(termsOf([rule], { currencyDigits }), [orderOf(totalMinor)]);
    expect(earned).toEqual([{ awarded: points, pending: 0 }]);
    expect(awards).toHaveLength(points === 0 ? 0 : 1);
  });

  it('are the exact product, fractions cut off, whatever the rate', () => {
    const digits = fc.constantFrom(0, 2, 3);
    const micros = fc.integer({ min: 1, max: 2_000_000 });
    fc.assert(
      fc.property(micros, fc.integer({ min: 0, max: 100_000_000 }), digits, (micros, totalMinor, currencyDigits) => {
        const rule = { ...perUnit, pointsPerMajorUnit: micros / 1e6 };
        const exact = Number((BigInt(micros) * BigInt(totalMinor)) / 10n ** BigInt(6 + currencyDigits));
        expect(first(termsOf([rule], { currencyDigits }), orderOf(totalMinor))?.awarded).toBe(exact);
      }),
    );
  });

  it.each([0, 2, 3])('are never more than one entry may hold, whatever the order: %d digits', (currencyDigits) => {
    const rule = { ...perUnit, pointsPerMajorUnit: 1_000_000 };
    expect(first(termsOf([rule], { currencyDigits }), orderOf(1e12))?.awarded).toBe(MOST_POINTS);
  });
});

describe('a rule gives nothing, and says why', () => {
  const segment = { ...review, audience: { segments: ['s1'], lists: ['l1'] } };
  const member = (segments: string[], lists: string[]) => ({
    memberships: { segments: new Set(segments), lists: new Set(lists) },
  });
  it.each<[string, EarningRule, Partial<EarningTerms>, string | null]>([
    ['all is well', review, {}, null],
    ['module of the event', review, modules({ gamified_review: false }), 'module_off'],
    ['another module', review, modules({ friend_referral: false }), null],
    ['module of the rule', { ...review, module: 'social_follow' }, modules({ social_follow: false }), 'module_off'],
    ['module of the rule is on', { ...review, module: 'social_follow' }, modules({ gamified_review: false }), null],
    ['no member', review, { isMember: false }, 'not_member'],
    ['module before membership', review, { ...modules({ gamified_review: false }), isMember: false }, 'module_off'],
    ['not in the audience', segment, {}, 'not_in_audience'],
    ['in another segment', segment, member(['s2'], ['s1']), 'not_in_audience'],
    ['in the segment', segment, member(['s1'], []), null],
    ['in the list', segment, member([], ['l1']), null],
    ['audience of everyone', { ...review, audience: { segments: [], lists: [] } }, {}, null],
    ['membership before audience', segment, { isMember: false }, 'not_member'],
  ])('%s', (_, rule, terms, reason) => {
    const expected = { awarded: reason ? 0 : 10, pending: 0, ...(reason && { skipped: [{ ruleId: 'r', reason }] }) };
    const { earned, books } = earnt(termsOf([rule], terms), [reviewAt(NOW)]);
    expect(earned).toEqual([expected]);
    expect(books.entries).toHaveLength(reason ? 0 : 1);
  });

  it.each<[string, keyof EarningTerms['modules']]>([
    ['friend_referred', 'friend_referral'],
    ['review_written', 'gamified_review'],
    ['content_shared', 'social_share'],
  ])('%s belongs to %s', (type, module) => {
    const rule = { ...review, event: type };
    expect(first(termsOf([rule], modules({ [module]: false })), event(type, NOW))?.skipped).toHaveLength(1);
    const others = Object.fromEntries(Object.keys(modulesSchema.parse({})).map((name) => [name, name === module]));
    expect(first(termsOf([rule], modules(others)), event(type, NOW))?.awarded).toBe(10);
  });

  it('share impressions are no shares', () => {
    const rule = { ...review, event: 'share_impression' };
    expect(first(termsOf([rule], modules({ social_share: false })), event('share_impression', NOW))?.awarded).toBe(10);
  });

  it('while the others give theirs', () => {
    const rules = [
      { ...review, audience: { segments: ['s1'], lists: [] } },
      { ...review, ruleId: 's', points: 4 },
    ];
    expect(first(termsOf(rules))).toEqual({
      ...{ awarded: 4, pending: 0 },
      skipped: [{ ruleId: 'r', reason: 'not_in_audience' }],
    });
  });
});

describe('points that wait', () => {
  const daily = { ...perUnit, pendingDays: 3, expiresAfterDays: 10 };
  const plain = { ...perUnit, expiresAfterDays: 10 };

  it.each<[string, EarningRule, boolean, Partial<Record<'settlesAt' | 'expiresAfterDays', unknown>> | null]>([
    ['for their days', daily, false, { settlesAt: '2026-03-04T12:00:00.000Z', expiresAfterDays: 10 }],
    ['for the order’s acceptance', plain, true, { settlesAt: null, expiresAfterDays: 10 }],
    ['for the order’s acceptance alone', daily, true, { settlesAt: null, expiresAfterDays: 10 }],
    ['for nothing', plain, false, null],
  ])('%s', (_, rule, pending, hold) => {
    const { books, earned } = earnt(termsOf([rule]), [orderOf(500, pending ? { pending } : {})]);
    expect(earned).toEqual([hold ? { awarded: 0, pending: 5 } : { awarded: 5, pending: 0 }]);
    expect(books.account.holds).toMatchObject(hold ? [{ points: 5, expiresAt: null, ...hold }] : []);
  });

  it('expire so long after they are there, not after they were earned', () => {
    const saying = { at: '2026-03-03T12:00:00.000Z', about: { eventId: 'e', orderId: 'o1' } };
    const { books: now } = earnt(termsOf([plain]), [orderOf(500)]);
    const { books, awards } = earnt(termsOf([daily]), [orderOf(500)]);
    expect(lotsIn(now)).toEqual(['12:00 5/5 until 03-11']);
    expect(lotsIn(caughtUp(books, clerk, '2026-03-05T00:00:00.000Z'))).toEqual(['12:00 5/5 until 03-14']);
    expect(lotsIn(acceptAwards(books, clerk, awards, saying))).toEqual(['12:00 5/5 until 03-13']);
  });

  it.each([
    ['2026-01-31T12:00:00.000Z', 1, '2026-02-28T12:00:00.000Z'],
    ['2028-01-31T12:00:00.000Z', 1, '2028-02-29T12:00:00.000Z'],
    ['2026-01-31T12:00:00.000Z', 2, '2026-03-31T12:00:00.000Z'],
    ['2028-02-29T12:00:00.000Z', 12, '2029-02-28T12:00:00.000Z'],
    ['2026-08-31T00:00:00.000Z', 1, '2026-09-30T00:00:00.000Z'],
  ])('of %s expire in %i calendar months, on the same day or the last one of the month', (at, months, expiresAt) => {
    const rule = { ...perUnit, expiresAfterMonths: months };
    const { books: now } = earnt(termsOf([rule]), [orderOf(500)], at);
    expect(now.account.lots).toMatchObject([{ expiresAt }]);
    const { books, awards } = earnt(termsOf([rule]), [orderOf(500, { pending: true })], '2026-01-01T00:00:00.000Z');
    const accepted = acceptAwards(books, clerk, awards, { at, about: { eventId: 'e', orderId: 'o1' } });
    expect(accepted.account.lots).toMatchObject([{ expiresAt }]);
  });

  it('and were accepted, are not accepted again', () => {
    const saying = { at: NOW, about: { eventId: 'e', orderId: 'o1' } };
    const { books, awards } = earnt(termsOf([daily]), [orderOf(500, { pending: true })]);
    const accepted = acceptAwards(books, clerk, awards, saying);
    expect(balancesOf(accepted.account)).toMatchObject({ available: 5, pending: 0 });
    expect(acceptAwards(accepted, clerk, awards, saying)).toBe(accepted);
  });

  it('may be of any event', () => {
    const { books } = earnt(termsOf([{ ...review, pendingDays: 1 }]), [reviewAt(NOW)]);
    expect(balancesOf(caughtUp(books, clerk, '2026-03-02T12:00:00.000Z').account)).toMatchObject({
      score: 10,
      pending: 0,
    });
  });
});
