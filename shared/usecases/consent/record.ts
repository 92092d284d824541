/** Records consent. Every statement is kept forever; the profile holds the resulting state per channel and purpose. */
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
  /** The place of the statement; `method` is how it was made. */
  source: string;
  method: string;
  wordingVersion: string | null;
}
type ConsentRecord = RecordOf<'consent'>;
export type ListedConsent = ReturnType<typeof consentShown>;

interface Target {
  consumerId: string;
  /** The version that the caller has read. Any other version is refused. */
  ifMatch?: number | undefined;
  now: Instant;
}

/** Throws `Refusal` `consumer_not_found`, `erased`, `version_conflict`, and `invalid_request` for too many purposes. */
export const recordConsent = (
  deps: Deps,
  { consumerId, ifMatch, now }: Target,
  consent: NewConsent,
  commit: Commit,
): Promise<ListedConsent> =>
  recordConsents(deps, now, commit, {
    find: async () => {
      const [profile] = await deps.store.get([{ kind: 'profile', consumerId }], true);
      if (!profile) throw await absenceOf(deps.store, consumerId);
      return profile;
    },
    decide: ({ version }) => {
      if (ifMatch === undefined || ifMatch === version) return [consent];
      throw new Refusal('version_conflict', `The consumer is at version ${version}, not ${ifMatch}.`);
    },
    answer: ([record]) => {
      if (!record) throw new TypeError('a statement without a record');
      return consentShown(record);
    },
  });

interface Decision<T> {
  /** A strongly consistent read. Null if there is no such consumer: then nothing is recorded. */
  find(): Promise<RecordOf<'profile'> | null>;
  decide(profile: RecordOf<'profile'>): NewConsent[];
  answer(records: readonly ConsentRecord[], profile: RecordOf<'profile'> | null): T;
}

/** Commits all statements with the resulting state, provided that the profile has not changed since they were decided. */
export const recordConsents = <T>(
  deps: Deps,
  now: Instant,
  commit: Commit,
  { find, decide, answer }: Decision<T>,
): Promise<T> => {
  let attempted: { records: ConsentRecord[]; profile: RecordOf<'profile'> } | null = null;
  return retrying(deps, async () => {
    // If an earlier attempt committed but its response was lost, its answer is returned, regardless of later statements.
    if (attempted && (await isCommitted(deps, attempted.records))) return answer(attempted.records, attempted.profile);
    const profile = await find();
    const consents = profile ? decide(profile) : [];
    if (profile === null || consents.length === 0) return answer([], profile);
    const at = nextInstant(profile.consents, now);
    const records = consents.map((consent) => recordOf(deps.newId(at), profile, consent, at));
    const resulting = records.reduce<Consents>((before, record) => stated(before, record, at), profile.consents);
    const after = { ...profile, consents: resulting, version: profile.version + 1, updatedAt: now };
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
  consent: NewConsent,
  at: Instant,
): ConsentRecord => {
  const { channel, purpose, state, source, method, wordingVersion } = consent;
  return {
    kind: 'consent',
    consumerId,
    consentId,
    at,
    channel,
    state,
    source,
    method,
    wordingVersion,
    purpose: purposeIn(consents, channel, purpose),
  };
};

export const consentShown = (record: ConsentRecord) => {
  const { consentId, at, channel, purpose, state, source, method, wordingVersion } = record;
  return { consentId, at, channel, purpose, state, source, method, wordingVersion };
};
