/**
 * Search: each typed word must begin some word of the name, or the email, or the phone; all words must match. The
 * directory holds one entry for each way to find a consumer, by which candidates are found; whether one matches is
 * always decided on the profile.
 */
import type { Profile } from '../facts.ts';
import { folded } from './text.ts';

export type WordFacet = 'word' | 'email' | 'phone';
export interface DirectoryEntry {
  facet: WordFacet | 'tag' | 'status';
  value: string;
}

/** More words of one name are not listed; they match all the same where another word finds the consumer. */
const MOST_WORDS_LISTED = 16;
/** A listed word is cut here, so that no index key grows too long. */
const LISTED_LENGTH = 64;

/** What a name is found by: its words as they stand, then the parts of those joined by hyphens and the like. */
export const wordsOf = (name: string): string[] => {
  const whole = folded(name);
  return [...new Set([...whole.split(/\s+/u), ...(whole.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])])].filter(Boolean);
};

/** A search as typed, in words; a phone number typed with blanks is one word. At least one, unless nothing was typed. */
export const searchWords = (text: string): string[] =>
  /^\s*\+[\d\s().-]*$/.test(text)
    ? [text.replace(/[^\d+]/g, '')]
    : [...new Set(folded(text).split(/\s+/u))].filter(Boolean);

/** Every entry under which a profile stands in the directory. Active is the rule and not listed. */
export const entriesOf = (profile: Profile): DirectoryEntry[] => [
  ...waysOf(profile).map(([facet, value]) => ({ facet, value: listed(value) })),
  ...profile.tags.map(({ name }) => ({ facet: 'tag' as const, value: folded(name) })),
  ...(profile.status === 'inactive' ? [{ facet: 'status' as const, value: profile.status }] : []),
];

const waysOf = (profile: Profile): [WordFacet, string][] => [
  ...wordsOf(profile.fullName ?? '')
    .slice(0, MOST_WORDS_LISTED)
    .map((word): [WordFacet, string] => ['word', word]),
  ...(profile.email === null ? [] : [['email', folded(profile.email)] satisfies [WordFacet, string]]),
  ...(profile.phone === null ? [] : [['phone', profile.phone.slice(1)] satisfies [WordFacet, string]]),
];

const listed = (value: string): string => [...value].slice(0, LISTED_LENGTH).join('');

/** The beginning by which candidates for a typed word are looked up in each facet; null where none can match. */
export const lookupsOf = (word: string): { facet: WordFacet; value: string }[] => {
  const digits = word.replace(/^\+/, '');
  return [
    { facet: 'word', value: listed(word) },
    ...(word.length > 1 || !word.startsWith('+') ? [{ facet: 'email' as const, value: listed(word) }] : []),
    ...(/^\d+$/.test(digits) ? [{ facet: 'phone' as const, value: digits }] : []),
  ];
};

export const matchesWord = (profile: Profile, word: string): boolean =>
  wordsOf(profile.fullName ?? '').some((own) => own.startsWith(word)) ||
  (profile.email !== null && folded(profile.email).startsWith(word)) ||
  (profile.phone !== null && (profile.phone.startsWith(word) || profile.phone.slice(1).startsWith(word)));

/** Of the several entries that may lead from a typed word to this profile the one that counts, so that it comes once. */
export const leadingEntry = (profile: Profile, word: string): DirectoryEntry | undefined => {
  const entries = entriesOf(profile);
  for (const { facet, value } of lookupsOf(word)) {
    const [first] = entries
      .filter((entry) => entry.facet === facet && entry.value.startsWith(value))
      .sort((a, b) => Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)));
    if (first) return first;
  }
  return undefined;
};

export const hasTag = (profile: Profile, tag: string): boolean =>
  profile.tags.some(({ name }) => folded(name) === folded(tag));
