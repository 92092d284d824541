import { describe, expect, it } from '@jest/globals';
import type { Operand, Operator } from '../../../shared/domain/conditions/operators.ts';
import { decaying } from '../../../shared/domain/decay.ts';
import type { Json } from '../../../shared/domain/facts.ts';
import { instantOf, plusDays } from '../../../shared/domain/instants.ts';
import { emptyAccount } from '../../../shared/domain/points/account.ts';
import { add, addPending, opened } from '../../../shared/domain/points/posting.ts';
import { attributeNamed, catalogue } from '../../../shared/domain/segments/attributes.ts';
import { evaluatedInColumns } from '../../../shared/domain/segments/columns.ts';
import { compiled, evaluate } from '../../../shared/domain/segments/evaluator.ts';
import { explained } from '../../../shared/domain/segments/explain.ts';
import type { Picture } from '../../../shared/domain/segments/picture.ts';
import { Reading } from '../../../shared/domain/segments/reading.ts';
import { type AttributeCondition, parsedRule, type Rule } from '../../../shared/domain/segments/rule.ts';
import { clerk, context, DAY_MS, NOW, NOW_MS, pictureOf, type Some, seen } from './pictures.ts';

const ago = (days: number) => plusDays(NOW, -days);
const later = (days: number) => plusDays(NOW, days);

/** 120 points there now, 40 of them until in five days; 30 more were accepted by time a day ago. */
const account = addPending(
  add(add(opened(emptyAccount()), clerk, { at: ago(50), points: 80, expiresAt: null }), clerk, {
    at: ago(40),
    points: 40,
    expiresAt: later(5),
  }),
  clerk,
  { at: ago(30), points: 30, holdId: null, settlesAt: ago(1), expiresAt: null, expiresAfterDays: null, orderId: null },
).account;

/** One who has a bit of everything. */
const rich: Some = {
  profile: {
    consumerId: 'ana',
    fullName: 'Ana Lóng',
    email: 'ana@example.com',
    emailVerified: true,
    phone: '+441134960000',
    gender: 'f',
    birthday: '1990-06-05',
    pictureUrl: 'https://example.com/a.png',
    handler: 'Bo',
    facebookId: 'fb1',
    membership: 'opted_in',
    tags: [
      { name: 'VIP', type: 'vip_status' },
      { name: 'early bird', type: null },
    ],
    customAttributes: { shoeSize: 42, likes: ['Vinyl', 'CD'], seenAt: ago(2), plain: 'x', yes: true },
    answers: { q1: 'Yes' },
    syncSources: [{ source: 'klaviyo', externalId: 'K1', lastSyncedAt: ago(1), status: 'pending' }],
    consents: {
      email: { marketing: { state: 'granted', at: ago(50) } },
      sms: { receipts: { state: 'granted', at: ago(40) }, marketing: { state: 'withdrawn', at: ago(30) } },
      push: { receipts: { state: 'granted', at: ago(20) } },
    },
    joinedAt: ago(90),
    createdAt: ago(100),
    updatedAt: ago(3),
  },
  metrics: {
    orders: 3,
    paidMinor: 10_000,
    refundedMinor: 1_000,
    ordersReturned: 1,
    firstOrderAt: ago(90),
    lastOrderAt: ago(10),
    loyaltySum: decaying(60, NOW, 90),
    activitySum: decaying(8, ago(30), 30),
    messagesSent: 7,
    messagesEngaged: 3,
    lastEngagedAt: ago(4),
    engagedMinutes: [4, 5, 6].map((days) => Math.floor((NOW_MS - days * DAY_MS + 7 * 3_600_000) / 60_000)),
    place: seen({ city: 'Leeds', region: 'England', country: 'GB' }),
    timezone: seen('Europe/London'),
    lastEventAt: ago(2),
  },
  account,
  claims: { mug: 1, pen: 0 },
  challenges: { run: { progress: 2, completions: 1, completedAt: NOW } },
  lists: ['press'],
  imported: ['emarsys-1'],
};

/** The exact value, and what there is of one who has nothing: null is missing. Dates as instants. */
type Row = [name: string, value: Json, ofNobody: Json];
const ROWS: Row[] = [
  ['consumerId', 'ana', 'c1'],
  ['fullName', 'Ana Lóng', null],
  ['email', 'ana@example.com', null],
  ['emailVerified', true, false],
  ['phone', '+441134960000', null],
  ['phoneVerified', false, false],
  ['gender', 'f', null],
  ['birthday', '1990-06-05T00:00:00.000Z', null],
  ['pictureUrl', 'https://example.com/a.png', null],
  ['handler', 'Bo', null],
  ['facebookId', 'fb1', null],
  ['status', 'active', 'active'],
  ['identityLevel', 'verified', 'guest'],
  ['membership', 'opted_in', 'none'],
  ['archived', false, false],
  ['joinedAt', ago(90), null],
  ['createdAt', ago(100), '2026-01-01T00:00:00.000Z'],
  ['updatedAt', ago(3), '2026-01-01T00:00:00.000Z'],
  ['lastActivityAt', ago(2), '2026-01-01T00:00:00.000Z'],
  ['tags', ['VIP', 'early bird'], null],
  ['customAttributes.shoeSize', 42, null],
  ['customAttributes.likes', ['Vinyl', 'CD'], null],
  ['customAttributes.toString', null, null],
  ['answers.q1', 'Yes', null],
  ['profileCompleteness.filled', 9, 0],
  ['profileCompleteness.total', 9, 9],
  ['syncSources', ['klaviyo'], null],
  ['syncSources.klaviyo.status', 'pending', null],
  ['syncSources.klaviyo.externalId', 'K1', null],
  ['syncSources.klaviyo.lastSyncedAt', ago(1), null],
  ['syncSources.shopify.status', null, null],
  ['lists', ['press'], null],
  ['claimedRewards', ['mug'], null],
  ['completedChallenges', ['run'], null],
  ['challenges.run.progress', 2, 0],
  ['challenges.run.completions', 1, 0],
  ['customerValue.orders', 3, 0],
  ['customerValue.lifetimeValueMinor', 9_000, 0],
  ['customerValue.averageOrderValueMinor', 10_000 / 3, null],
  ['customerValue.percentile', 87.5, null],
  ['purchaseRecency.lastOrderAt', ago(10), null],
  ['purchaseRecency.daysSinceLastOrder', 10, null],
  ['purchaseRecency.orderCadenceDays', 40, null],
  ['purchaseRecency.status', 'active', 'none'],
  ['engagementHealth.messagesSent', 7, 0],
  ['engagementHealth.messagesEngaged', 3, 0],
  ['engagementHealth.responseRatePercent', 300 / 7, null],
  ['engagementHealth.lastEngagedAt', ago(4), null],
  ['locationContext.city', 'Leeds', null],
  ['locationContext.region', 'England', null],
  ['locationContext.country', 'GB', null],
  ['locationContext.timezone', 'Europe/London', null],
  ['locationContext.bestSendTime.window', 'evening', null],
  ['locationContext.bestSendTime.localHour', 19, null],
  ['locationContext.bestSendTime.engagements', 3, null],
  ['locationContext.bestSendTime.nextAt', '2026-06-01T18:00:00.000Z', null],
  ['accountHealth.returnRatePercent', 100 / 3, null],
  ['accountHealth.churnRisk.level', 'medium', null],
  ['accountHealth.churnRisk.fittedAt', '2026-05-01T00:00:00.000Z', null],
  ['loyalty.score', 60, 0],
  ['loyalty.band', 'regular', 'new'],
  ['loyalty.activityRank', 5, null],
  ['loyalty.frequencyRank', 5, null],
  ['loyalty.monetaryRank', 5, null],
  ['rfm.activity.value', 4, 0],
  ['rfm.activity.percentile', 100, null],
  ['rfm.activity.rank', 5, null],
  ['rfm.frequency.value', 3, 0],
  ['rfm.frequency.percentile', 87.5, null],
  ['rfm.frequency.rank', 5, null],
  ['rfm.monetary.value', 9_000, 0],
  ['rfm.monetary.percentile', 87.5, null],
  ['rfm.monetary.rank', 5, null],
  ['points.available', 150, 0],
  ['points.score', 150, 0],
  ['points.spent', 0, 0],
  ['points.pending', 0, 0],
  ['points.reserved', 0, 0],
  ['points.expired', 0, 0],
  ['points.nextExpiry.points', 40, null],
  ['points.nextExpiry.at', later(5), null],
  ['tier.tierId', 'silver', null],
  ['tier.name', 'Silver', null],
  ['tier.since', ago(40), null],
  ['tier.manual', false, null],
  ['tier.next.tierId', 'gold', null],
  ['tier.next.name', 'Gold', null],
  ['tier.next.pointsNeeded', 50, null],
  ['consents.email.state', 'granted', null],
  ['consents.email.at', ago(50), null],
  ['consents.sms.state', 'withdrawn', null],
  ['consents.sms.at', ago(30), null],
  ['consents.push.state', null, null],
  ['consents.push.at', null, null],
];

const actualOf = (name: string, picture: Picture): Json => {
  const rule: Rule = { attribute: name, operator: 'exists' };
  const { tree } = explained(rule, picture, context, NOW, new Set());
  return tree.kind === 'condition' ? (tree.actual as Json) : null;
};

describe('each attribute', () => {
  it.each(ROWS)('%s is %j, and %j of nobody', (name, value, ofNobody) => {
    expect(actualOf(name, pictureOf(rich))).toEqual(value);
    expect(actualOf(name, pictureOf())).toEqual(ofNobody);
  });

  it('has its row in this table, but for those whose numbers only a model can tell, and segments', () => {
    const families = ROWS.map(([name]) => name).map((name) =>
      name.replace(/^(customAttributes|answers)\..*/, '$1.*').replace(/^(challenges|syncSources)\.[^.]+\./, '$1.*.'),
    );
    const others = catalogue().filter(({ name }) => !families.includes(name));
    expect(others.map(({ name }) => name)).toEqual([
      'segments',
      'accountHealth.churnRisk.probability',
      'accountHealth.churnRisk.aliveProbability',
    ]);
  });

  it('that is a name of the organization’s own is read as it is stored', () => {
    const odd = pictureOf({ profile: { customAttributes: JSON.parse('{"a.b.c": 1, "__proto__": 2, "": 3}') } });
    expect(actualOf('customAttributes.a.b.c', odd)).toBe(1);
    expect(actualOf('customAttributes.__proto__', odd)).toBe(2);
    expect(actualOf('customAttributes.a.b', odd)).toBeNull();
    expect(attributeNamed('customAttributes.')).toBeNull();
  });

  it('that is named like another one’s parts is another one', () => {
    const picture = pictureOf({ profile: { customAttributes: { a: true, 'a truth': 5, ': a': 'x', 'a value': 7 } } });
    const exactly = (name: string, value: Operand): Rule => ({
      attribute: `customAttributes.${name}`,
      operator: 'eq',
      value,
    });
    const rules = [
      exactly('a', true),
      exactly('a truth', 5),
      exactly(': a', 'x'),
      exactly('a value', 7),
      exactly('a', 5),
    ];
    expect(holds({ all: rules.slice(0, 4) }, picture)).toBe(true);
    expect(holds({ any: [exactly('a', 5), exactly('a truth', true), exactly('a value', 5)] }, picture)).toBe(false);
    expect(rules.map((rule) => holds(rule, picture))).toEqual([true, true, true, true, false]);
  });

  it('that there is no more is missing to all', () => {
    const gone = (operator: Operator, more: object = {}): Rule => ({ attribute: 'gone', operator, ...more });
    const rules = [gone('exists'), gone('not_exists'), gone('eq', { value: 1 }), gone('neq', { value: 1 })];
    const excluding = { missing: 'exclude' as const };
    rules.push(gone('neq', { value: 1, ...excluding }), gone('not_exists', excluding));
    const evaluator = compiled(rules.map((rule, index) => ({ versionId: `${index}`, segmentId: `s${index}`, rule })));
    expect([...evaluate(evaluator, pictureOf(), context, NOW).members]).toEqual([1, 3, 5]);
    expect([...evaluatedInColumns(evaluator, [pictureOf()], context, NOW).unitsOf(0)]).toEqual([1, 3, 5]);
  });

  it('is what the population was when its summary was renewed; nothing outside of it', () => {
    const outside = pictureOf({ ...rich, metrics: { ...rich.metrics, eligible: false } });
    for (const name of ['rfm.activity.percentile', 'loyalty.monetaryRank', 'customerValue.percentile']) {
      expect(actualOf(name, outside)).toBeNull();
      const before = new Reading(pictureOf(rich), { ...context, summary: null }, NOW);
      expect(attributeNamed(name)?.attribute.value(before, '')).toBeNull();
    }
  });
});

/** The same by row, in columns, as a complement, and explained. */
function holds(rule: Rule, picture: Picture): boolean {
  const units = [rule, { not: rule }].map((each, index) => ({
    versionId: `${index}`,
    segmentId: `s${index}`,
    rule: parsedRule(each),
  }));
  const evaluator = compiled(units);
  const { members } = evaluate(evaluator, picture, context, NOW);
  const columns = evaluatedInColumns(evaluator, [pictureOf(), picture], context, NOW);
  expect([members.has(1), columns.has(1, 0), columns.has(1, 1)]).toEqual([
    !members.has(0),
    members.has(0),
    members.has(1),
  ]);
  expect(explained(rule, picture, context, NOW, new Set(picture.imported)).matches).toBe(members.has(0));
  return members.has(0);
}

type Claim = [
  attribute: string,
  operator: Operator,
  operand: Operand | undefined,
  expected: boolean,
  excluding?: 'exclude',
];
const says = (picture: Picture, [attribute, operator, value, expected, missing]: Claim): void => {
  const condition: AttributeCondition = {
    attribute,
    operator,
    ...(value !== undefined && { value }),
    ...(missing && { missing }),
  };
  expect(holds(condition, picture)).toBe(expected);
};

describe('of one who has everything', () => {
  it.each<Claim>([
    ['customerValue.orders', 'eq', 3, true],
    ['customerValue.orders', 'neq', 3, false],
    ['customerValue.orders', 'gt', 3, false],
    ['customerValue.orders', 'gte', 3, true],
    ['customerValue.orders', 'lt', 3, false],
    ['customerValue.orders', 'lte', 3, true],
    ['customerValue.orders', 'between', [3, 4], true],
    ['customerValue.orders', 'between', [2, 3], true],
    ['customerValue.orders', 'between', [4, 3], false],
    ['customerValue.orders', 'in', [1, 3], true],
    ['customerValue.orders', 'not_in', [1, 3], false],
    ['customerValue.orders', 'exists', undefined, true],
    ['customerValue.orders', 'not_exists', undefined, false],
    ['customerValue.averageOrderValueMinor', 'eq', 3333, false],
    ['customerValue.averageOrderValueMinor', 'gt', 3333, true],
    ['engagementHealth.responseRatePercent', 'gt', 42.85, true],
    ['engagementHealth.responseRatePercent', 'lt', 42.86, true],
    ['email', 'eq', 'ANA@example.com', true],
    ['email', 'neq', 'bo@example.com', true],
    ['email', 'contains', '@EXAMPLE.', true],
    ['email', 'not_contains', '@example.', false],
    ['email', 'starts_with', 'An', true],
    ['email', 'ends_with', '.org', false],
    ['email', 'in', ['x', 'ana@example.com'], true],
    ['email', 'not_in', ['x'], true],
    ['fullName', 'contains', 'lo\u0301ng', true],
    ['fullName', 'contains', 'long', false],
    ['purchaseRecency.lastOrderAt', 'before', ago(10), false],
    ['purchaseRecency.lastOrderAt', 'before', ago(9), true],
    ['purchaseRecency.lastOrderAt', 'after', ago(10), false],
    ['purchaseRecency.lastOrderAt', 'between', [ago(10), ago(10)], true],
    ['purchaseRecency.lastOrderAt', 'within_last', { days: 10 }, false],
    ['purchaseRecency.lastOrderAt', 'within_last', { hours: 241 }, true],
    ['purchaseRecency.lastOrderAt', 'more_than_ago', { days: 10 }, true],
    ['purchaseRecency.lastOrderAt', 'within_next', { days: 10 }, false],
    ['points.nextExpiry.at', 'within_next', { days: 5 }, false],
    ['points.nextExpiry.at', 'within_next', { hours: 121 }, true],
    ['points.nextExpiry.at', 'more_than_ago', { days: 1 }, false],
    ['birthday', 'anniversary_within_next', { days: 4 }, true],
    ['birthday', 'anniversary_within_next', { days: 3 }, false],
    ['birthday', 'before', '1990-06-06', true],
    ['tags', 'contains', 'vip', true],
    ['tags', 'contains', 'bird', false],
    ['tags', 'contains_any', ['x', 'Early Bird'], true],
    ['tags', 'contains_all', ['VIP', 'early bird'], true],
    ['tags', 'contains_all', ['VIP', 'x'], false],
    ['tags', 'not_contains_any', ['x', 'y'], true],
    ['tags', 'not_contains_any', ['x', 'VIP'], false],
    ['tags', 'exists', undefined, true],
    ['emailVerified', 'eq', true, true],
    ['phoneVerified', 'eq', false, true],
    ['segments', 'contains', 'emarsys-1', true],
    ['segments', 'contains', 'EMARSYS-1', false],
    ['segments', 'not_contains_any', ['other'], true],
    ['customAttributes.shoeSize', 'gte', 42, true],
    ['customAttributes.shoeSize', 'eq', '42', false],
    ['customAttributes.shoeSize', 'neq', '42', true],
    ['customAttributes.shoeSize', 'neq', '42', false, 'exclude'],
    ['customAttributes.shoeSize', 'exists', undefined, true],
    ['customAttributes.likes', 'contains', 'vinyl', true],
    ['customAttributes.likes', 'contains', 'vin', false],
    ['customAttributes.likes', 'not_contains', 'vin', true],
    ['customAttributes.likes', 'not_contains', 'cd', false],
    ['customAttributes.likes', 'starts_with', 'vin', true],
    ['customAttributes.likes', 'contains_all', ['CD', 'vinyl'], true],
    ['customAttributes.likes', 'eq', 'cd', true],
    ['customAttributes.plain', 'contains_any', ['x'], false],
    ['customAttributes.plain', 'not_contains_any', ['x'], true],
    ['customAttributes.plain', 'contains_all', ['x'], false],
    ['customAttributes.yes', 'eq', true, true],
    ['customAttributes.yes', 'eq', 1, false],
    ['customAttributes.seenAt', 'within_last', { days: 3 }, true],
    ['customAttributes.seenAt', 'after', ago(2), false],
    ['customAttributes.seenAt', 'starts_with', '2026-05', true],
  ])('%s %s %j: %s', (...claim) => {
    says(pictureOf(rich), claim);
  });
});

describe('what is missing meets negative operators alone, and not where it is excluded', () => {
  it.each<Claim>([
    ['customerValue.averageOrderValueMinor', 'lt', 5, false],
    ['customerValue.averageOrderValueMinor', 'lte', 5, false],
    ['customerValue.averageOrderValueMinor', 'eq', 0, false],
    ['customerValue.averageOrderValueMinor', 'neq', 0, true],
    ['customerValue.averageOrderValueMinor', 'neq', 0, false, 'exclude'],
    ['customerValue.averageOrderValueMinor', 'not_in', [0], true],
    ['customerValue.averageOrderValueMinor', 'not_in', [0], false, 'exclude'],
    ['customerValue.averageOrderValueMinor', 'exists', undefined, false],
    ['customerValue.averageOrderValueMinor', 'not_exists', undefined, true],
    ['customerValue.averageOrderValueMinor', 'not_exists', undefined, true, 'exclude'],
    ['customerValue.orders', 'lt', 5, true],
    ['customerValue.orders', 'exists', undefined, true],
    ['gender', 'eq', 'f', false],
    ['gender', 'neq', 'f', true],
    ['gender', 'neq', 'f', false, 'exclude'],
    ['gender', 'not_contains', 'f', true],
    ['gender', 'not_contains', 'f', false, 'exclude'],
    ['gender', 'starts_with', 'f', false],
    ['birthday', 'before', '2030-01-01', false],
    ['birthday', 'more_than_ago', { days: 1 }, false],
    ['birthday', 'anniversary_within_next', { days: 400 }, false],
    ['tags', 'not_contains_any', ['x'], true],
    ['tags', 'not_contains_any', ['x'], false, 'exclude'],
    ['tags', 'exists', undefined, false],
    ['tier.manual', 'eq', false, false],
    ['segments', 'not_contains_any', ['x'], true],
    ['answers.q1', 'neq', 5, true],
    ['answers.q1', 'neq', 5, false, 'exclude'],
    ['answers.q1', 'not_exists', undefined, true],
  ])('%s %s %j: %s %s', (...claim) => {
    says(pictureOf(), claim);
  });

  it.each([[''], [[]], [['']]])('%j is nothing', (nothing) => {
    const picture = pictureOf({ profile: { answers: { q1: nothing } } });
    says(picture, ['answers.q1', 'exists', undefined, false]);
    says(picture, ['answers.q1', 'neq', 'x', true]);
    says(picture, ['answers.q1', 'neq', 'x', false, 'exclude']);
  });
});

describe('segments that name segments', () => {
  const names = (id: string, operator: Operator = 'contains'): Rule => ({
    attribute: 'segments',
    operator,
    value: operator === 'contains' ? id : [id],
  });
  const active: Rule = { attribute: 'status', operator: 'eq', value: 'active' };
  const inactive: Rule = { attribute: 'status', operator: 'eq', value: 'inactive' };
  const membersOf = (units: Parameters<typeof compiled>[0], picture = pictureOf()): string[] => {
    const evaluator = compiled(units);
    const { members } = evaluate(evaluator, picture, context, NOW);
    expect([...evaluatedInColumns(evaluator, [picture], context, NOW).unitsOf(0)]).toEqual([...members]);
    return [...members].map((index) => evaluator.unitIds[index] ?? '');
  };

  it('see the others as they are now, whatever order they come in', () => {
    const units = [
      { versionId: 'd', segmentId: 'd', rule: { not: names('c') } },
      { versionId: 'c', segmentId: 'c', rule: names('b') },
      { versionId: 'b', segmentId: 'b', rule: names('a') },
      { versionId: 'a', segmentId: 'a', rule: active },
    ];
    expect(membersOf(units)).toEqual(['c', 'b', 'a']);
    expect(membersOf(units, pictureOf({ profile: { status: 'inactive' } }))).toEqual(['d']);
  });

  it('see the live rule of a segment that is being edited', () => {
    const units = (isNewLive: boolean) => [
      { versionId: 'naming', segmentId: 'n', rule: names('a') },
      { versionId: 'new', segmentId: 'a', isLive: isNewLive, rule: active },
      { versionId: 'old', segmentId: 'a', isLive: !isNewLive, rule: inactive },
    ];
    expect(membersOf(units(true))).toEqual(['naming', 'new']);
    expect(membersOf(units(false))).toEqual(['new']);
    expect(membersOf(units(true).reverse())).toEqual(['new', 'naming']);
    expect(membersOf(units(false).reverse())).toEqual(['new']);
  });

  it('see any of several, whichever it is', () => {
    const either = {
      versionId: 'e',
      segmentId: 'e',
      rule: { attribute: 'segments', operator: 'contains_any', value: ['a', 'b'] } as Rule,
    };
    const units = (a: Rule, b: Rule) => [
      either,
      { versionId: 'a', segmentId: 'a', rule: a },
      { versionId: 'b', segmentId: 'b', rule: b },
    ];
    expect(membersOf(units(active, inactive))).toEqual(['e', 'a']);
    expect(membersOf(units(inactive, active))).toEqual(['e', 'b']);
    expect(membersOf(units(inactive, inactive))).toEqual([]);
  });

  it('see nobody in one that there is not, and who was put in by another system', () => {
    const units = [{ versionId: 'u', segmentId: 'u', rule: names('x', 'contains_any') }];
    expect(membersOf(units)).toEqual([]);
    expect(membersOf(units, pictureOf({ imported: ['x'] }))).toEqual(['u']);
  });

  it('in a circle end, and say the same each time', () => {
    const units = [
      { versionId: 'a', segmentId: 'a', rule: { any: [names('b'), active] } },
      { versionId: 'b', segmentId: 'b', rule: { all: [names('a'), active] } },
    ];
    expect(membersOf(units)).toEqual(membersOf(units));
    expect(membersOf([{ versionId: 'a', segmentId: 'a', rule: names('a') }])).toEqual([]);
  });
});

describe('the explanation', () => {
  it('is the rule again, each part with what came of it', () => {
    const rule: Rule = {
      all: [
        { attribute: 'loyalty.score', operator: 'gt', value: 100 },
        {
          not: {
            any: [
              { attribute: 'gender', operator: 'eq', value: 'f' },
              { event: 'visit', measure: 'count', operator: 'gte', value: 1 },
            ],
          },
        },
        { attribute: 'segments', operator: 'contains', value: 's1' },
      ],
    };
    const picture = pictureOf({ metrics: { loyaltySum: decaying(99.5, NOW, 90) } });
    const { matches, tree } = explained(rule, picture, context, NOW, new Set(['s1', 's2']));
    expect(matches).toBe(false);
    expect(tree).toEqual({
      kind: 'all',
      matches: false,
      children: [
        {
          kind: 'condition',
          matches: false,
          condition: { attribute: 'loyalty.score', operator: 'gt', value: 100 },
          actual: 99.5,
        },
        {
          kind: 'not',
          matches: true,
          children: [
            {
              kind: 'any',
              matches: false,
              children: [
                {
                  kind: 'condition',
                  matches: false,
                  condition: { attribute: 'gender', operator: 'eq', value: 'f' },
                  actual: null,
                },
                {
                  kind: 'condition',
                  matches: false,
                  condition: { event: 'visit', measure: 'count', operator: 'gte', value: 1 },
                  actual: 0,
                },
              ],
            },
          ],
        },
        {
          kind: 'condition',
          matches: true,
          condition: { attribute: 'segments', operator: 'contains', value: 's1' },
          actual: ['s1', 's2'],
        },
      ],
    });
  });

  it('as of another instant is of that instant', () => {
    const rule: Rule = { attribute: 'loyalty.score', operator: 'gte', value: 100 };
    const picture = pictureOf({ metrics: { loyaltySum: decaying(100, NOW, 90) } });
    expect(explained(rule, picture, context, NOW, new Set()).matches).toBe(true);
    expect(explained(rule, picture, context, instantOf(NOW_MS + 90 * DAY_MS), new Set())).toMatchObject({
      matches: false,
      tree: { actual: 50 },
    });
  });
});
