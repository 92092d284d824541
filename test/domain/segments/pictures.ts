/** Consumers as rules see them: one who has nothing, to write tables with, and a generator of all sorts. */
import fc from 'fast-check';
import { decaying, minus, plus } from '../../../shared/domain/decay.ts';
import type {
  AttributeValue,
  ConsentState,
  Consents,
  MetricsState,
  Profile,
  Seen,
  SyncSource,
  Tag,
} from '../../../shared/domain/facts.ts';
import { instantOf, msOf } from '../../../shared/domain/instants.ts';
import { PRIOR_MODEL } from '../../../shared/domain/metrics/churn-risk.ts';
import { emptyMetrics } from '../../../shared/domain/metrics/fold.ts';
import { type Account, emptyAccount } from '../../../shared/domain/points/account.ts';
import {
  add,
  addPending,
  type Books,
  debit,
  opened,
  type PostingContext,
  reserve,
} from '../../../shared/domain/points/posting.ts';
import { ladderOf } from '../../../shared/domain/points/tiers.ts';
import type { Picture, RuleContext } from '../../../shared/domain/segments/picture.ts';
import { newTally, type Tally, tallyKeyOf } from '../../../shared/domain/segments/tally.ts';
import { settingsOf } from '../../../shared/domain/settings.ts';
import { rebuiltFrom } from '../../../shared/domain/summary.ts';
import { event } from '../metrics/histories.ts';

export const NOW = '2026-06-01T12:00:00.000Z';
export const NOW_MS = msOf(NOW);
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const settings = settingsOf({
  tiers: {
    value: {
      tiers: [
        { tierId: 'silver', name: 'Silver', threshold: 100 },
        { tierId: 'gold', name: 'Gold', threshold: 200 },
      ],
    },
  },
});
export const context: RuleContext = {
  settings,
  summary: rebuiltFrom([
    { activity: -1, frequency: 1, monetary: 1_000 },
    { activity: 0, frequency: 1, monetary: 2_000 },
    { activity: 5, frequency: 2, monetary: 2_000 },
    { activity: 9, frequency: 3, monetary: 9_000 },
  ]),
  churnModel: { ...PRIOR_MODEL, fittedAt: '2026-05-01T00:00:00.000Z' },
  tiersUpdatedAt: '2026-02-01T00:00:00.000Z',
};

const nobody: Profile = {
  consumerId: 'c1',
  version: 1,
  status: 'active',
  membership: 'none',
  archived: false,
  fullName: null,
  email: null,
  emailVerified: false,
  phone: null,
  phoneVerified: false,
  gender: null,
  birthday: null,
  pictureUrl: null,
  handler: null,
  facebookId: null,
  tags: [],
  customAttributes: {},
  answers: {},
  syncSources: [],
  consents: {},
  joinedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};

export type Some = Partial<Omit<Picture, 'profile' | 'metrics' | 'account'>> & {
  profile?: Partial<Profile>;
  metrics?: Partial<Picture['metrics']>;
  account?: Partial<Account>;
};

/** One who has nothing but this. */
export const pictureOf = ({ profile, metrics, account, ...rest }: Some = {}): Picture => ({
  profile: { ...nobody, ...profile },
  metrics: {
    ...emptyMetrics(),
    eligible: true,
    halfLifeDays: settings.loyalty.halfLifeDays,
    activityHalfLifeDays: settings.loyalty.activityHalfLifeDays,
    ...metrics,
  },
  account: { ...emptyAccount(), ...account },
  claims: {},
  challenges: {},
  lists: [],
  imported: [],
  ...rest,
});

export const clerk: PostingContext = {
  ladder: ladderOf(settings.tiers.tiers, true),
  mark: 'MARK0000',
  actor: 'staff',
};

export const seen = <T>(value: T): Seen<T> => ({ value, at: NOW, eventId: 'e1' });

/** What the generated rules ask of events. */
export const TALLIED = [
  { event: 'order_placed', where: [], measure: 'count', within: { days: 30 } },
  { event: 'order_placed', where: [], measure: { sum: 'totalMinor' }, within: null },
  { event: 'visit', where: [], measure: 'count', within: { hours: 36 } },
] as const;

const talliesOf = (events: readonly { type: string; ms: number; totalMinor: number }[]): Record<string, Tally> => {
  const entries = TALLIED.map((readOnly) => {
    const tallied = { ...readOnly, where: [] };
    const tallying = newTally(tallied, undefined, 10_000);
    for (const { type, ms, totalMinor } of events.toSorted((a, b) => a.ms - b.ms)) {
      tallying.add(event(type, instantOf(ms), { totalMinor }));
    }
    return [tallyKeyOf(tallied), tallying.tally()] as const;
  });
  return Object.fromEntries(entries.flatMap(([key, tally]) => (tally === undefined ? [] : [[key, tally]])));
};

/** Near now, in whole hours and days mostly, so that what rules name is met to the millisecond. */
export const nearMs: fc.Arbitrary<number> = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: -40, max: 3 }).map((hours) => hours * HOUR_MS),
      fc.integer({ min: -70, max: 40 }).map((days) => days * DAY_MS),
      fc.integer({ min: -800, max: 400 }).map((days) => days * DAY_MS),
    ),
    fc.constantFrom(0, 0, 0, -1, 1, 12 * HOUR_MS),
  )
  .map(([offset, off]) => NOW_MS + offset + off);
const near = nearMs.map(instantOf);
const past = nearMs.map((ms) => instantOf(Math.min(ms, NOW_MS + 4 * 60_000)));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 3 });

export const WORDS = ['Vinyl', 'vinyl', 'CD', 'Straße', 'STRASSE', 'cafe\u0301', 'Café', 'red vinyl', 'x', ''] as const;
const word = fc.constantFrom(...WORDS);
const name = word.filter((text) => text !== '');
export const DATES = [
  '2026-06-01T12:00:00.000Z',
  '2026-05-02',
  '2024-02-29',
  '1990-06-02',
  '2026-06-08T12:00:00+02:00',
];
const dateText = fc.oneof(fc.constantFrom(...DATES), near);

export const attributeValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0.1, 0.5, 1e9, -0),
  fc.boolean(),
  word,
  dateText,
  fc.array(fc.oneof(word, dateText), { maxLength: 3 }),
);
const attributes = fc.dictionary(fc.constantFrom('a', 'b', 'c.d', 'toString'), attributeValue, { maxKeys: 3 });

const tag: fc.Arbitrary<Tag> = name.map((text) => ({ name: text, type: null }));
const source: fc.Arbitrary<SyncSource> = fc.record({
  source: fc.constantFrom('klaviyo', 'shopify'),
  externalId: fc.constantFrom('K1', 'k2'),
  lastSyncedAt: maybe(near),
  status: fc.constantFrom('synced', 'pending', 'error'),
});

const standing = fc.record({ state: fc.constantFrom<ConsentState>('granted', 'withdrawn'), at: past });
const consents: fc.Arbitrary<Consents> = fc.dictionary(
  fc.constantFrom('email', 'sms', 'push'),
  fc.dictionary(fc.constantFrom('marketing', 'receipts'), standing, { minKeys: 1 }),
);

const profile: fc.Arbitrary<Partial<Profile>> = fc
  .record({
    status: fc.constantFrom<Profile['status']>('active', 'inactive'),
    membership: fc.constantFrom<Profile['membership']>('none', 'opted_in', 'opted_out'),
    archived: fc.boolean(),
    fullName: maybe(name),
    email: maybe(fc.constantFrom('ana@example.com', 'BO@example.org')),
    emailVerified: fc.boolean(),
    phone: maybe(fc.constantFrom('+441134960000')),
    phoneVerified: fc.boolean(),
    gender: maybe(name),
    birthday: maybe(fc.oneof(fc.constantFrom('1990-06-01', '1990-06-02', '1988-02-29', '1969-12-31'), near.map(dayOf))),
    handler: maybe(name),
    tags: fc.array(tag, { maxLength: 3 }),
    customAttributes: attributes,
    answers: attributes,
    syncSources: fc.uniqueArray(source, { maxLength: 2, selector: (one) => one.source }),
    consents,
    joinedAt: maybe(near),
    createdAt: past,
    updatedAt: past,
  })
  .map((some) => ({ ...some, emailVerified: some.email !== null && some.emailVerified }));

function dayOf(instant: string): string {
  return instant.slice(0, 10);
}

const sum = (halfLifeDays: number) =>
  fc.array(fc.tuple(fc.constantFrom(1, 5, 25, 40, 100, 200, -30, 0.01), past), { maxLength: 4 }).map((entries) =>
    entries.reduce((total, [weight, at]) => {
      const one = decaying(Math.abs(weight), at, halfLifeDays);
      return weight < 0 ? minus(total, one) : plus(total, one);
    }, '0'),
  );

const orders = fc
  .array(fc.record({ ms: past.map(msOf), totalMinor: fc.constantFrom(0, 1_000, 2_500) }), { maxLength: 5 })
  .chain((placed) =>
    fc.record({
      placed: fc.constant(placed),
      refundedMinor: fc.constantFrom(0, 500),
      ordersReturned: fc.integer({ min: 0, max: placed.length }),
    }),
  );

const ordered = ({ placed, ...some }: { placed: { ms: number; totalMinor: number }[] }): Partial<MetricsState> => {
  const times = placed.map(({ ms }) => ms).sort((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  return {
    ...some,
    orders: placed.length,
    paidMinor: placed.reduce((total, { totalMinor }) => total + totalMinor, 0),
    firstOrderAt: first === undefined ? null : instantOf(first),
    lastOrderAt: last === undefined ? null : instantOf(last),
  };
};

const metrics: fc.Arbitrary<Partial<Picture['metrics']>> = fc
  .record({
    orders,
    visits: fc.array(past.map(msOf), { maxLength: 4 }),
    halfLifeDays: fc.constantFrom(90, 30, 1),
    activityHalfLifeDays: fc.constantFrom(30, 2),
    eligible: fc.boolean(),
    messages: fc.integer({ min: 0, max: 4 }),
    engaged: fc.array(past.map(msOf), { maxLength: 4 }),
    place: maybe(
      fc.record({
        city: maybe(fc.constantFrom('Leeds', 'leeds')),
        region: maybe(fc.constantFrom('England')),
        country: maybe(fc.constantFrom('GB', 'DE')),
      }),
    ),
    timezone: maybe(fc.constantFrom('Europe/London', 'Asia/Tokyo')),
    lastEventAt: maybe(past),
  })
  .chain(({ orders: bought, visits, messages, engaged, place, timezone, ...some }) =>
    fc.record({ loyaltySum: sum(some.halfLifeDays), activitySum: sum(some.activityHalfLifeDays) }).map((sums) => ({
      ...some,
      ...sums,
      ...ordered(bought),
      messagesSent: Math.max(messages, engaged.length),
      messagesEngaged: engaged.length,
      engagedMinutes: engaged.map((ms) => Math.floor(ms / 60_000)).sort((a, b) => a - b),
      lastEngagedAt: engaged.length === 0 ? null : instantOf(Math.max(...engaged)),
      place: place && seen(place),
      timezone: timezone === null ? null : seen(timezone),
      tallies: talliesOf([
        ...bought.placed.map((order) => ({ type: 'order_placed', ...order })),
        ...visits.map((ms) => ({ type: 'visit', ms, totalMinor: 0 })),
      ]),
    })),
  );

const operation = fc.record({
  type: fc.constantFrom('add', 'add', 'add_pending', 'reserve', 'spend'),
  points: fc.constantFrom(10, 50, 100, 120),
  endsAt: maybe(near),
});

/** Points as the ledger makes them, all posted long ago, with ends around now. */
const account: fc.Arbitrary<Account> = fc.array(operation, { maxLength: 5 }).map((operations) => {
  let books: Books = opened(emptyAccount());
  const at = instantOf(NOW_MS - 900 * DAY_MS);
  for (const { type, points, endsAt } of operations) {
    const available = books.account.lots.reduce((total, { remaining }) => total + remaining, 0);
    if (type === 'add') books = add(books, clerk, { at, points, expiresAt: endsAt });
    else if (type === 'add_pending') {
      const hold = { holdId: null, settlesAt: endsAt, expiresAt: null, expiresAfterDays: 10, orderId: null };
      books = addPending(books, clerk, { at, points, ...hold });
    } else if (available < points) continue;
    else if (type === 'spend') books = debit(books, clerk, { at, type, points });
    else books = reserve(books, clerk, { at, points, holdId: null, settlesAt: endsAt ?? NOW });
  }
  return books.account;
});

const SEGMENT_IDS = ['s1', 's2', 'S1', 'imported'] as const;
export const segmentId = fc.constantFrom(...SEGMENT_IDS);

export const anyPicture: fc.Arbitrary<Picture> = fc
  .record({
    profile,
    metrics,
    account,
    claims: fc.dictionary(fc.constantFrom('r1', 'r2'), fc.integer({ min: 0, max: 2 })),
    challenges: fc.dictionary(
      fc.constantFrom('ch1', 'ch2'),
      fc.record({
        progress: fc.integer({ min: 0, max: 3 }),
        completions: fc.integer({ min: 0, max: 2 }),
        completedAt: fc.constant(null),
      }),
    ),
    lists: fc.uniqueArray(fc.constantFrom('l1', 'l2')),
    imported: fc.uniqueArray(segmentId, { maxLength: 2 }),
  })
  .map(pictureOf);
