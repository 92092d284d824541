/** A population and a thousand rules about it, to measure segments with. */
import { type Chance, chanceOf } from '../../infra/local/demo/random.ts';
import { decaying, plus } from '../../shared/domain/decay.ts';
import { instantOf, msOf } from '../../shared/domain/instants.ts';
import { PRIOR_MODEL } from '../../shared/domain/metrics/churn-risk.ts';
import { emptyMetrics } from '../../shared/domain/metrics/fold.ts';
import { type Account, emptyAccount } from '../../shared/domain/points/account.ts';
import { add, opened } from '../../shared/domain/points/posting.ts';
import type { Picture, RuleContext } from '../../shared/domain/segments/picture.ts';
import type { AttributeCondition, Rule } from '../../shared/domain/segments/rule.ts';
import { settingsOf } from '../../shared/domain/settings.ts';
import { rankedOf, rebuiltFrom } from '../../shared/domain/summary.ts';

export const NOW = '2026-06-01T12:00:00.000Z';
const NOW_MS = msOf(NOW);
const DAY_MS = 86_400_000;
const TAGS = ['vinyl', 'cd', 'newsletter', 'beta', 'early bird', 'collector', 'VIP'] as const;
const COUNTRIES = ['GB', 'DE', 'FR', 'US', 'JP'] as const;
const ago = (days: number): string => instantOf(NOW_MS - Math.round(days * DAY_MS));

export const shoppers = (count: number): Picture[] => {
  const chance = chanceOf(3);
  return Array.from({ length: count }, (_, index) => shopperOf(index, chance));
};

const shopperOf = (index: number, chance: Chance): Picture => {
  const firstDays = chance.whole(1, 700);
  const times = Array.from({ length: chance.whole(0, 12) }, () => chance.uniform() * firstDays).sort((a, b) => b - a);
  const createdAt = ago(firstDays + 1);
  const engaged = Array.from({ length: chance.whole(0, 10) }, () => chance.uniform() * 100);
  return {
    profile: {
      consumerId: `c${index}`,
      version: 1,
      status: chance.happens(0.9) ? 'active' : 'inactive',
      membership: chance.happens(0.7) ? 'opted_in' : 'none',
      archived: false,
      fullName: `Shopper ${index}`,
      email: `shopper${index}@example.com`,
      emailVerified: chance.happens(0.5),
      phone: null,
      phoneVerified: false,
      gender: chance.pick(['f', 'm', 'x']),
      birthday: `${chance.whole(1950, 2005)}-0${chance.whole(1, 9)}-1${chance.whole(0, 9)}`,
      pictureUrl: null,
      handler: null,
      facebookId: null,
      tags: TAGS.filter(() => chance.happens(0.3)).map((name) => ({ name, type: null })),
      customAttributes: { shoeSize: chance.whole(36, 47), favourite: chance.pick(TAGS) },
      answers: { q1: chance.pick(['yes', 'no', 'maybe']) },
      syncSources: [],
      consents: {},
      joinedAt: createdAt,
      createdAt,
      updatedAt: createdAt,
    },
    metrics: metricsOf(times, engaged, chance),
    account: accountOf(chance),
    claims: {},
    challenges: {},
    lists: chance.happens(0.2) ? ['l1'] : [],
    imported: [],
  };
};

const metricsOf = (times: number[], engaged: number[], chance: Chance): Picture['metrics'] => ({
  ...emptyMetrics(),
  eligible: true,
  halfLifeDays: 90,
  activityHalfLifeDays: 30,
  orders: times.length,
  paidMinor: times.reduce((sum) => sum + chance.whole(500, 20_000), 0),
  firstOrderAt: times[0] === undefined ? null : ago(times[0]),
  lastOrderAt: times.length === 0 ? null : ago(times.at(-1) ?? 0),
  loyaltySum: times.reduce((sum, days) => plus(sum, decaying(chance.whole(10, 40), ago(days), 90)), '0'),
  activitySum: engaged.reduce((sum, days) => plus(sum, decaying(1, ago(days), 30)), '0'),
  messagesSent: 10,
  messagesEngaged: engaged.length,
  engagedMinutes: engaged.map((days) => Math.floor((NOW_MS - days * DAY_MS) / 60_000)).sort((a, b) => a - b),
  lastEngagedAt: engaged.length === 0 ? null : ago(Math.min(...engaged)),
  place: { value: { city: 'Leeds', region: 'England', country: chance.pick(COUNTRIES) }, at: NOW, eventId: 'e' },
  timezone: { value: 'Europe/London', at: NOW, eventId: 'e' },
  lastEventAt: ago(chance.uniform() * 100),
});

const accountOf = (chance: Chance): Account => {
  let books = opened(emptyAccount());
  const clerk = { ladder: null, mark: 'MARK0000', actor: 'system' };
  for (let lots = chance.whole(0, 4); lots > 0; lots--) {
    const expiresAt = ago(-chance.whole(1, 365));
    books = add(books, clerk, { at: ago(20 + lots), points: chance.whole(10, 200), expiresAt });
  }
  return books.account;
};

export const contextOf = (pictures: readonly Picture[]): RuleContext => ({
  settings: settingsOf({}),
  summary: rebuiltFrom(pictures.slice(0, 10_000).flatMap(({ metrics }) => rankedOf(metrics, true) ?? [])),
  churnModel: PRIOR_MODEL,
  tiersUpdatedAt: null,
});

type Condition = AttributeCondition;
const ofNumber =
  (attribute: string, most: number) =>
  (chance: Chance): Condition => {
    const operator = chance.pick(['gt', 'gte', 'lt', 'between']);
    const value = chance.whole(0, most);
    return { attribute, operator, value: operator === 'between' ? [value, value + most / 5] : value };
  };
const ofDate =
  (attribute: string) =>
  (chance: Chance): Condition => ({
    attribute,
    operator: chance.pick(['within_last', 'more_than_ago']),
    value: { days: chance.whole(1, 400) },
  });
const ofText =
  (attribute: string, texts: readonly [string, ...string[]]) =>
  (chance: Chance): Condition =>
    chance.happens(0.5)
      ? { attribute, operator: 'eq', value: chance.pick(texts) }
      : { attribute, operator: 'in', value: [chance.pick(texts), chance.pick(texts)] };

/** What the conditions are about: as many kinds of attributes as staff use, the metrics most. */
const CONDITIONS = [
  ofNumber('customerValue.orders', 12),
  ofNumber('customerValue.lifetimeValueMinor', 100_000),
  ofNumber('customerValue.averageOrderValueMinor', 20_000),
  ofNumber('purchaseRecency.daysSinceLastOrder', 400),
  ofNumber('engagementHealth.messagesEngaged', 10),
  ofNumber('engagementHealth.responseRatePercent', 100),
  ofNumber('loyalty.score', 200),
  ofNumber('points.available', 500),
  ofNumber('rfm.monetary.percentile', 100),
  ofNumber('customAttributes.shoeSize', 47),
  (chance: Chance): Condition => ({
    attribute: 'accountHealth.churnRisk.probability',
    operator: 'gte',
    value: chance.whole(1, 99) / 100,
  }),
  ofDate('purchaseRecency.lastOrderAt'),
  ofDate('engagementHealth.lastEngagedAt'),
  ofDate('createdAt'),
  ofText('locationContext.country', COUNTRIES),
  ofText('membership', ['none', 'opted_in', 'opted_out']),
  ofText('gender', ['f', 'm', 'x']),
  ofText('loyalty.band', ['new', 'returning', 'regular', 'loyal', 'vip']),
  ofText('customAttributes.favourite', TAGS),
  (chance: Chance): Condition => ({ attribute: 'tags', operator: 'contains', value: chance.pick(TAGS) }),
  (chance: Chance): Condition => ({ attribute: 'emailVerified', operator: 'eq', value: chance.happens(0.5) }),
] as const;

/** Three conditions each: all of them, any of them, or one and not both of the others. */
export const rulesOf = (count: number): Rule[] => {
  const chance = chanceOf(4);
  const condition = (): Rule => chance.pick(CONDITIONS)(chance);
  return Array.from({ length: count }, () => {
    const rules = [condition(), condition(), condition()];
    const [first = condition(), ...others] = rules;
    const shapes: [Rule, Rule, Rule] = [{ all: rules }, { any: rules }, { all: [first, { not: { all: others } }] }];
    return chance.pick(shapes);
  });
};
