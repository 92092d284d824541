/** Every number that tunes Regulars, once: its unit is last in its name, its source is product.md's section 3. */
import * as z from 'zod/mini';
import { influenceSchema } from './advocates/settings.ts';
import { contactSchema } from './consent/settings.ts';
import type { JsonObject } from './facts.ts';
import { MINUTE_MS } from './instants.ts';
import { earningRulesSchema, modulesSchema, pointReasonsSchema, tiersSchema } from './points/settings.ts';
import { isTimezone } from './timezones.ts';

const MOST_DAYS = 36_500;
const days = z.number().check(z.gte(1), z.lte(MOST_DAYS));
const weight = z.number().check(z.gte(0), z.lte(1_000_000));
const shortText = z.string().check(z.minLength(1), z.maxLength(200));

/** The one organization that this deployment serves: its money and its clock on the wall. */
export const organizationSchema = z.strictObject({
  currency: z._default(z.string().check(z.refine(isCurrency, { error: 'must be a currency of ISO 4217' })), 'USD'),
  timezone: z._default(z.string().check(z.refine(isTimezone, { error: 'must be an IANA timezone' })), 'UTC'),
  name: z._default(shortText, 'Regulars'),
});

/** What makes a profile complete, and when an unused one leaves the population. */
export const profileSchema = z.strictObject({
  completenessFields: z._default(
    z
      .array(z.string().check(z.refine(isProfilePath, { error: 'must name a field of the profile' })))
      .check(z.maxLength(100), z.refine(allDistinct, { error: 'must not name a field twice' })),
    [
      'fullName',
      'email',
      'phone',
      'gender',
      'birthday',
      'pictureUrl',
      'facebookId',
      'locationContext.country',
      'answers',
    ],
  ),
  archiveAfterDays: z._default(days, 730),
});

/** Weights of the loyalty score, in score points. */
export const loyaltyWeightsSchema = z.strictObject({
  order: z._default(weight, 10),
  /** Per major currency unit, fractions counted: 1 per 10. */
  orderPerMajorUnit: z._default(weight, 0.1),
  /** For the whole order, `order` included. */
  orderMost: z._default(weight, 40),
  messageEngaged: z._default(weight, 1),
  participated: z._default(weight, 2),
  reviewWritten: z._default(weight, 3),
  friendReferred: z._default(weight, 5),
});

const bandSchema = z.strictObject({
  band: z.string().check(z.regex(/^[a-z][a-z0-9_]{0,39}$/)),
  /** The first score that belongs to the band; it ends where the next one begins. */
  from: z.number().check(z.gte(0), z.lte(1_000_000_000)),
});

/** The loyalty score and who takes part in the programme. */
export const loyaltySchema = z.strictObject({
  halfLifeDays: z._default(days, 90),
  /** Half-life of the activity dimension of RFM. */
  activityHalfLifeDays: z._default(days, 30),
  weights: z.prefault(loyaltyWeightsSchema, {}),
  bands: z._default(
    z
      .array(bandSchema)
      .check(
        z.minLength(1),
        z.maxLength(20),
        z.refine(beginsAtZeroAndAscends, { error: 'must begin at 0 and ascend' }),
        z.refine(hasDistinctBands, { error: 'must not name a band twice' }),
      ),
    [
      { band: 'new', from: 0 },
      { band: 'returning', from: 25 },
      { band: 'regular', from: 50 },
      { band: 'loyal', from: 100 },
      { band: 'vip', from: 150 },
    ],
  ),
  /** A registered consumer joins by itself. */
  autoJoin: z._default(z.boolean(), true),
});

export type LoyaltySettings = z.output<typeof loyaltySchema>;
export type LoyaltyWeights = LoyaltySettings['weights'];
export type LoyaltyBand = LoyaltySettings['bands'][number];

/** The settings documents, by their name in the API. */
export const SETTINGS_DOCUMENTS = {
  organization: organizationSchema,
  profile: profileSchema,
  loyalty: loyaltySchema,
  'earning-rules': earningRulesSchema,
  tiers: tiersSchema,
  modules: modulesSchema,
  'point-reasons': pointReasonsSchema,
  influence: influenceSchema,
  contact: contactSchema,
} as const;

export type Settings = { [N in keyof typeof SETTINGS_DOCUMENTS]: z.output<(typeof SETTINGS_DOCUMENTS)[N]> };

/** The settings in force: stored documents, where there are any, on top of the defaults. */
export function settingsOf(documents: { [name: string]: { value: JsonObject } | undefined }): Settings {
  const parsed = Object.entries(SETTINGS_DOCUMENTS).map(([name, schema]) => [
    name,
    schema.parse(documents[name]?.value ?? {}),
  ]);
  return Object.fromEntries(parsed) as Settings;
}

/** Days since the last order; each status ends where the next one begins. Without orders: `none`. */
export const RECENCY = [
  { status: 'fresh', fromDays: 0 },
  { status: 'active', fromDays: 7 },
  { status: 'at_risk', fromDays: 30 },
  { status: 'dormant', fromDays: 60 },
] as const;

/** Local hours `[fromHour, toHour)` whose engagements speak for sending at `localHour`; the earlier wins a tie. */
export const SEND_WINDOWS = [
  { window: 'morning', fromHour: 6, toHour: 10, localHour: 8 },
  { window: 'midday', fromHour: 10, toHour: 14, localHour: 12 },
  { window: 'afternoon', fromHour: 14, toHour: 18, localHour: 15 },
  { window: 'evening', fromHour: 18, toHour: 22, localHour: 19 },
] as const;

/** Clocks of storefronts may be ahead by this much. */
export const TOLERATED_AHEAD_MS = 5 * MINUTE_MS;

/** What segment rules ask of events, kept with each consumer. */
export const TALLIES = {
  /** Of one tally: so many of the newest instants are kept to the millisecond. */
  mostExact: 1_000,
  /** Of all tallies of a consumer together: with many conditions, each is left less. */
  mostTogether: 20_000,
  leastExact: 50,
  /** What is older than these is kept in so many steps of the window. */
  coarseSteps: 64,
} as const;

/** How many of the newest engagements speak for the best time to send. */
export const ENGAGEMENTS_KEPT = 100;

/** Churn risk: BG/NBD (Fader, Hardie, Lee 2005). */
export const CHURN = {
  horizonDays: 90,
  /** Probabilities; each level ends where the next one begins. */
  levels: [
    { level: 'low', from: 0 },
    { level: 'medium', from: 0.3 },
    { level: 'high', from: 0.7 },
  ],
  /** Until there is enough history: the published CDNOW fit (4.41360 weeks), in days. */
  prior: { r: 0.24259, alpha: 4.4136 * 7, a: 0.79292, b: 2.42591 },
  /** Below these the likelihood is too flat to say anything. */
  leastConsumers: 100,
  leastRepeatConsumers: 30,
} as const;

/** The population's percentile summaries. */
export const SUMMARY = {
  /** What is promised; a rebuild comes before it is reached. */
  promisedErrorPoints: 0.1,
  mostErrorPoints: 0.08,
  rebuiltAfterDays: 1,
  /**
   * Changes remembered, so that one delivered twice counts once. The stream has one batch of up to 200 changes on its way
   * per shard: with ten shards, each may deliver its last one again after all others counted a full one. What comes
   * again later than that counts twice until the next rebuild.
   */
  recentMarks: 2_048,
} as const;

/** Digits of the minor unit: 2 for USD, 0 for JPY, 3 for KWD. */
export const minorDigitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

function isCurrency(text: string): boolean {
  return Intl.supportedValuesOf('currency').includes(text);
}

const PROFILE_PATH =
  /^(?:fullName|email|phone|gender|birthday|pictureUrl|handler|facebookId|tags|customAttributes|answers|locationContext\.(?:city|region|country|timezone)|(?:customAttributes|answers)\..{1,100})$/u;

function isProfilePath(path: string): boolean {
  return PROFILE_PATH.test(path);
}

function allDistinct(items: readonly unknown[]): boolean {
  return new Set(items).size === items.length;
}

function hasDistinctBands(bands: readonly { band: string }[]): boolean {
  return allDistinct(bands.map(({ band }) => band));
}

function beginsAtZeroAndAscends(bands: readonly { from: number }[]): boolean {
  return bands.every(({ from }, index) => (index === 0 ? from === 0 : from > (bands[index - 1]?.from ?? 0)));
}
