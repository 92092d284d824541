/** Handles an inbound SMS. A keyword withdraws or grants consent; any other text changes nothing. */
import { type Keyword, keywordIn } from '../../domain/consent/keywords.ts';
import { MARKETING, purposesOf, standingOf } from '../../domain/consent/standing.ts';
import { normalizedPhone } from '../../domain/consumer/phone.ts';
import type { Instant } from '../../domain/facts.ts';
import type { Commit, Deps } from '../ports/deps.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';
import { WriteConflict } from '../ports/store.ts';
import { type NewConsent, recordConsents } from './record.ts';

export interface InboundSms {
  from: string;
  text: string;
  now: Instant;
}
export interface Received {
  /** Null if the text is not a keyword. */
  keyword: string | null;
  /** The owner of the number. Undefined if there is no owner, or no keyword. */
  consumerId: string | undefined;
}

/**
 * Records one statement for each purpose that changes, so that a repeated message changes nothing. Sender names and numbers
 * without an owner change nothing either. Refuses a number without its country code.
 */
export const receiveSms = async (deps: Deps, { from, text, now }: InboundSms, commit: Commit): Promise<Received> => {
  const phone = phoneIn(from);
  const keyword = keywordIn(text);
  if (keyword === null) return { keyword: null, consumerId: undefined };
  return recordConsents(deps, now, commit, {
    find: () => ownerOf(deps.store, phone),
    decide: (profile) => consentsFor(keyword, profile),
    answer: (_, profile) => ({ keyword: keyword.word, consumerId: profile?.consumerId }),
  });
};

/** Carriers also send names and short codes, which belong to no consumer. */
const NAME_OR_SHORT_CODE = /\p{Letter}|^\d{1,6}$/u;

/** Some carriers send an address, omit the plus sign, or write it as two zeros. Null for a name or a short code. */
const phoneIn = (from: string): string | null => {
  const number = from.trim().replace(/^(?:tel|sms):/i, '');
  return NAME_OR_SHORT_CODE.test(number) ? null : normalizedPhone(number.replace(/^(00)?(?=[1-9])/, '+'), 'from');
};

/** The current owner. A number may move to another consumer between the two reads; that is a conflict. */
const ownerOf = async (store: Store, phone: string | null): Promise<RecordOf<'profile'> | null> => {
  if (phone === null) return null;
  const [contact] = await store.get([{ kind: 'contact', channel: 'phone', contact: phone }], true);
  if (!contact) return null;
  const [profile] = await store.get([{ kind: 'profile', consumerId: contact.consumerId }], true);
  if (!profile) return null;
  if (profile.phone !== phone) throw new WriteConflict([]);
  return profile;
};

/** A stop keyword withdraws every known purpose and marketing. A start keyword grants marketing only. */
const consentsFor = ({ word, state }: Keyword, { consents }: RecordOf<'profile'>): NewConsent[] => {
  const purposes = state === 'granted' ? [MARKETING] : [...new Set([MARKETING, ...purposesOf(consents, 'sms')])];
  return purposes
    .filter((purpose) => standingOf(consents, 'sms', purpose)?.state !== state)
    .map((purpose) => ({
      channel: 'sms',
      purpose,
      state,
      source: 'inbound_sms',
      method: `keyword:${word}`,
      wordingVersion: null,
    }));
};
