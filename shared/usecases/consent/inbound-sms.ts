/** An SMS that somebody sent us: a keyword withdraws consent, or gives it again; all else says nothing. */
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
  /** Null where the text is none. */
  keyword: string | null;
  /** Whose number it is; undefined where it is nobody's, or nothing was said. */
  consumerId: string | undefined;
}

/**
 * One statement for each purpose that it changes, so that the same message twice changes nothing. A number that is
 * nobody's changes nothing either, nor does the name of a sender. Refuses a number without its country.
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

/** Carriers send names and short codes too, which are no consumer's. */
const NAME_OR_SHORT_CODE = /\p{Letter}|^\d{1,6}$/u;

/** Some carriers send an address, leave the plus out, or write two zeros for it. Null for what is no consumer's number. */
const phoneIn = (from: string): string | null => {
  const number = from.trim().replace(/^(?:tel|sms):/i, '');
  return NAME_OR_SHORT_CODE.test(number) ? null : normalizedPhone(number.replace(/^(00)?(?=[1-9])/, '+'), 'from');
};

/** Whoever has the number now: a number may pass from one consumer to another between the two reads. */
const ownerOf = async (store: Store, phone: string | null): Promise<RecordOf<'profile'> | null> => {
  if (phone === null) return null;
  const [contact] = await store.get([{ kind: 'contact', channel: 'phone', contact: phone }], true);
  if (!contact) return null;
  const [profile] = await store.get([{ kind: 'profile', consumerId: contact.consumerId }], true);
  if (!profile) return null;
  if (profile.phone !== phone) throw new WriteConflict([]);
  return profile;
};

/** Stopping is about every purpose, those of which nobody knows yet by marketing; starting is about marketing alone. */
const consentsFor = ({ word, state }: Keyword, { consents }: RecordOf<'profile'>): NewConsent[] => {
  const purposes = state === 'granted' ? [MARKETING] : [...new Set([MARKETING, ...purposesOf(consents, 'sms')])];
  return purposes
    .filter((purpose) => standingOf(consents, 'sms', purpose)?.state !== state)
    .map((purpose) => ({
      ...{ channel: 'sms', purpose, state, source: 'inbound_sms', method: `keyword:${word}`, wordingVersion: null },
    }));
};
