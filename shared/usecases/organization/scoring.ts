/** The settings that metrics are computed with, and a version number that identifies them. */
import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import { emptyMetrics } from '../../domain/metrics/fold.ts';
import type { ScoringRules } from '../../domain/metrics/scoring.ts';
import { scoringRulesOf } from '../../domain/metrics/scoring.ts';
import type { TalliedByKey } from '../../domain/metrics/tallies.ts';
import type { LoyaltySettings, Settings } from '../../domain/settings.ts';
import { settingsOf } from '../../domain/settings.ts';
import type { RecordOf } from '../ports/records.ts';

export interface Scoring {
  settings: Settings;
  rules: ScoringRules;
  /** A fingerprint of rules, bands and sums. Metrics with another version are rebuilt. */
  version: number;
}

/** The loyalty settings for reading stored sums: until a rebuild, the half-lives that the sums were computed with apply. */
export const readingOf = (loyalty: LoyaltySettings, metrics: HalfLives): LoyaltySettings => ({
  ...loyalty,
  ...halfLivesOf(metrics),
});
export const halfLivesOf = ({ halfLifeDays, activityHalfLifeDays }: HalfLives): HalfLives => ({
  halfLifeDays,
  activityHalfLifeDays,
});
type HalfLives = Pick<LoyaltySettings, 'halfLifeDays' | 'activityHalfLifeDays'>;

/** A visit is given its timezone when it is recorded, so that no later fold needs the map of the world. */
const nowhere = () => null;

/** A version is a safe integer of two parts: hexadecimal digits of the loyalty rules, then of what else is summed. */
const LOYALTY_DIGITS = 7;
const OTHER_DIGITS = 6;

/** Whether metrics of these versions have the same loyalty scores and bands, so that only something else is to be folded. */
export const isSameLoyalty = (one: number, other: number): boolean =>
  Math.floor(one / 16 ** OTHER_DIGITS) === Math.floor(other / 16 ** OTHER_DIGITS);

let last: { documents: string; scoring: Scoring } | null = null;

/** Defaults apply to settings that were never set. */
export const scoringOf = (record: RecordOf<'settings'> | undefined): Scoring => {
  const documents = JSON.stringify(record?.documents ?? {});
  if (last?.documents !== documents) last = { documents, scoring: madeOf(record) };
  return last.scoring;
};

/** Rules and version are made when first asked for: who only reads needs neither, and a cold start feels them. */
const madeOf = (record: RecordOf<'settings'> | undefined): Scoring => {
  const settings = settingsOf(record?.documents ?? {});
  let rules: ScoringRules | undefined;
  let version: number | undefined;
  return {
    settings,
    get rules() {
      rules ??= scoringRulesOf(settings, nowhere, talliedIn(record));
      return rules;
    },
    get version() {
      version ??= fingerprintOf(this.rules, settings);
      return version;
    },
  };
};

/** The event counts that segment rules need. Each edit of a rule stores them with the settings. */
export const talliedIn = (record: RecordOf<'settings'> | undefined): TalliedByKey | undefined =>
  (record?.documents['segments']?.value as { tallied?: TalliedByKey } | undefined)?.tallied;

/** The keys fully identify the event counts. A changed set of sums requires a rebuild for every consumer. */
const fingerprintOf = ({ tallied, timezoneAt: _, ...rules }: ScoringRules, { loyalty }: Settings): number => {
  const others = { tallied: Object.keys(tallied).sort(), sums: Object.keys(emptyMetrics()).sort() };
  return (
    digestOf({ ...rules, bands: loyalty.bands }, LOYALTY_DIGITS) * 16 ** OTHER_DIGITS + digestOf(others, OTHER_DIGITS)
  );
};

const digestOf = (content: object, digits: number): number =>
  Number.parseInt(
    Buffer.from(sha256(canonicalJson(content)), 'base64url')
      .toString('hex')
      .slice(0, digits),
    16,
  );
