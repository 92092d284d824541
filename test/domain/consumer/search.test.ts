import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  entriesOf,
  leadingEntry,
  lookupsOf,
  matchesWord,
  searchWords,
  wordsOf,
} from '../../../shared/domain/consumer/search.ts';
import { folded } from '../../../shared/domain/consumer/text.ts';
import { profileOf } from '../../support/records.ts';

const letters = fc.constantFrom(..."aàáAbBßsSςΣσéÉiİı1 2-’'.𝒳ｱ");
const name = fc.string({ unit: letters, maxLength: 24 });

describe('texts are compared', () => {
  it.each([
    ['STRASSE', 'straße'],
    ['É', 'e\u0301'],
    ['ΟΔΥΣΣΕΥΣ', 'Οδυσσεύς'.normalize('NFD').replace(/\u0301/g, '')],
    ['ǅ', 'ǆ'],
  ])('%s as %s', (one, other) => {
    expect(folded(one)).toBe(folded(other));
  });

  it('the same however often they are folded', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => folded(folded(text)) === folded(text)));
  });
});

describe('a search', () => {
  it('finds every word of a name by each of its beginnings, typed in any case', () => {
    fc.assert(
      fc.property(name, fc.nat(), (fullName, cut) => {
        const profile = profileOf('c', { fullName });
        for (const word of fullName.split(/\s+/u).filter(Boolean)) {
          const begun = [...word].slice(0, 1 + (cut % [...word].length)).join('');
          for (const typed of searchWords(begun)) expect(matchesWord(profile, typed)).toBe(true);
        }
      }),
    );
  });

  it('is led to a match by exactly one entry, among those it looks up', () => {
    const contact = fc.record({
      fullName: fc.option(name),
      email: fc.constantFrom(null, 'anna@example.org', '44@example.org'),
      phone: fc.constantFrom(null, '+447911123456'),
    });
    fc.assert(
      fc.property(contact, fc.oneof(name, fc.constantFrom('4', '44', '+44', 'an', '44@')), (profile, typed) => {
        const [word] = searchWords(typed);
        fc.pre(word !== undefined);
        const whole = profileOf('c', profile);
        const looked = lookupsOf(word).flatMap(({ facet, value }) =>
          entriesOf(whole).filter((entry) => entry.facet === facet && entry.value.startsWith(value)),
        );
        const leading = leadingEntry(whole, word);
        expect(leading !== undefined).toBe(matchesWord(whole, word));
        if (leading) expect(looked).toContainEqual(leading);
      }),
    );
  });

  it('takes a phone number with blanks for one word', () => {
    expect(searchWords(' +44 (0) 79-11 ')).toEqual(['+4407911']);
    expect(searchWords('Anna  ANNA Lång')).toEqual(['anna', 'lång']);
    expect(searchWords('   ')).toEqual([]);
  });

  it('knows the words inside a word too, whole ones first', () => {
    expect(wordsOf("Jean-Luc O'Brien")).toEqual(['jean-luc', "o'brien", 'jean', 'luc', 'o', 'brien']);
  });
});
