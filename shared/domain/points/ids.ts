/**
 * Ids of ledger entries: text order is the order of the ledger. Like a ULID they begin with the instant, so that an
 * entry is found by its id alone.
 *
 *   01KDVM0Q80      00000012   7V3K9QZM
 *   milliseconds    number     mark of the request that posted it
 */
import { sha256 } from '../canonical.ts';
import type { Instant } from '../facts.ts';
import { instantOf, msOf } from '../instants.ts';

/** Crockford's base 32. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME = 10;
const NUMBER = 8;
const MARK = 8;

/** The id of the account's n-th entry. `mark`: 8 characters, made once for all attempts of a request. */
export const entryIdOf = (at: Instant, n: number, mark: string): string =>
  encoded(msOf(at), TIME) + encoded(n, NUMBER) + mark;

/** The mark that a new id gives. */
export const markOf = (ulid: string): string => ulid.slice(-MARK).padStart(MARK, '0');

/** The mark that texts give, the same for the same texts: of a request whose ids are known. */
export const markFrom = (...texts: string[]): string =>
  Buffer.from(sha256(texts.join('\n')), 'base64url')
    .toString('hex')
    .slice(0, MARK)
    .toUpperCase();

/** Whether the text could be an entry's id. */
export const isEntryId = (text: string): boolean => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);

function encoded(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / ALPHABET.length)) {
    text = ALPHABET[rest % ALPHABET.length] + text;
  }
  return text;
}

/** The instant that the id begins with. */
export const instantOfEntry = (entryId: string): Instant => instantOf(decoded(entryId.slice(0, TIME)));

/** What an entry's id is made of. */
export const partsOfEntryId = (entryId: string): { at: Instant; n: number; mark: string } => ({
  at: instantOfEntry(entryId),
  n: decoded(entryId.slice(TIME, TIME + NUMBER)),
  mark: entryId.slice(TIME + NUMBER),
});

const decoded = (text: string): number =>
  [...text].reduce((value, character) => value * ALPHABET.length + ALPHABET.indexOf(character), 0);

/** No entry of this instant or later has an id before this text. */
export const entriesFrom = (at: Instant): string => encoded(msOf(at), TIME);
