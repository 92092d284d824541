/** What a consumer agrees to: each statement is kept for ever, and the profile says what they come to. */
import { isDeepStrictEqual } from 'node:util';
import { nextInstant, purposeIn, type Statement, stated } from '../../domain/consent/standing.ts';
import type { Consents, Instant } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import { absenceOf } from '../common/absence.ts';
import { retrying } from '../common/retrying.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Write } from '../ports/store.ts';

export interface NewConsent extends Statement {
  /** Where it was said, and how. */
  source: string;
  method: string;
  wordingVersion: string | null;
}
type ConsentRecord = RecordOf<'consent'>;
export type ListedConsent = ReturnType<typeof consentShown>;

interface Target {
  consumerId: string;
  /** The version of the consumer that the caller has seen; another one refuses the statement. */
  ifMatch?: number | undefined;
  now: Instant;
}

/** Throws `Refusal` `consumer_not_found`, `erased`, `version_conflict`, and `invalid_request` for too many purposes. */
export const recordConsent = (
  deps: Deps,
  { consumerId, ifMatch, now }: Target,
  said: NewConsent,
  commit: Commit,
): Promise<ListedConsent> =>
  recordConsents(deps, now, commit, {
    find: async () => {
      const [profile] = await deps.store.get([{ kind: 'profile', consumerId }], true);
      if (!profile) throw await absenceOf(deps.store, consumerId);
      return profile;
    },
    decide: ({ version }) => {
      if (ifMatch === undefined || ifMatch === version) return [said];
      throw new Refusal('version_conflict', `The consumer is at version ${version}, not ${ifMatch}.`);
    },
    answer: ([record]) => {
      if (!record) throw new TypeError('a statement without a record');
      return consentShown(record);
    },
  });

interface Decision<T> {
  /** Read fresh; null where there is nobody: then nothing is stated. */
  find(): Promise<RecordOf<'profile'> | null>;
  decide(profile: RecordOf<'profile'>): NewConsent[];
  answer(records: readonly ConsentRecord[], profile: RecordOf<'profile'> | null): T;
}

/** Commits all statements with what they come to, as long as the profile is the one that they were decided on. */
export const recordConsents = <T>(
  deps: Deps,
  now: Instant,
  commit: Commit,
  { find, decide, answer }: Decision<T>,
): Promise<T> => {
  let attempted: { records: ConsentRecord[]; profile: RecordOf<'profile'> } | null = null;
  return retrying(deps, async () => {
    // An attempt that took effect unnoticed stands, whatever was said after it.
    if (attempted && (await isCommitted(deps, attempted.records))) return answer(attempted.records, attempted.profile);
    const profile = await find();
    const said = profile ? decide(profile) : [];
    if (profile === null || said.length === 0) return answer([], profile);
    const at = nextInstant(profile.consents, now);
    const records = said.map((one) => recordOf(deps.newId(at), profile, one, at));
    const consents = records.reduce<Consents>((before, record) => stated(before, record, at), profile.consents);
    const after = { ...profile, consents, version: profile.version + 1, updatedAt: now };
    attempted = { records, profile: after };
    const writes: Write[] = [
      { put: after, expect: { version: profile.version } },
      ...records.map((put): Write => ({ put, expect: 'absent' })),
    ];
    return commit(writes, answer(records, after));
  });
};

const isCommitted = async ({ store }: Deps, records: readonly ConsentRecord[]): Promise<boolean> =>
  isDeepStrictEqual(await store.get(records, true), records);

const recordOf = (
  consentId: string,
  { consumerId, consents }: RecordOf<'profile'>,
  said: NewConsent,
  at: Instant,
): ConsentRecord => {
  const { channel, purpose, state, source, method, wordingVersion } = said;
  return {
    ...{ kind: 'consent', consumerId, consentId, at, channel, state, source, method, wordingVersion },
    purpose: purposeIn(consents, channel, purpose),
  };
};

export const consentShown = (record: ConsentRecord) => {
  const { consentId, at, channel, purpose, state, source, method, wordingVersion } = record;
  return { consentId, at, channel, purpose, state, source, method, wordingVersion };
};
